"""Kernels over (N, C, H, W): the definition of what a layer computes."""
