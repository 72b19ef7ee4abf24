"""What the process runs on: cores, memory, BLAS and its threads, malloc, advice."""
