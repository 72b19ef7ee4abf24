"""Kernels of training: what a forward computes and the way back through it, on batches that lie channels-last."""
