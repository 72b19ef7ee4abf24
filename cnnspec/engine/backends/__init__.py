"""The backends: each gives kernels for the operations of a program."""
