"""Kernels that a compiler turns into machine code: sources for numba, with inner loops of LLVM's vectors."""
