"""What a network is fed: images and arrays from files, in batches, read ahead."""

ARRAYS = (".npy", ".npz")
"""Suffixes of files of arrays. Whoever tells by them what a file is need not know yet how it is read."""
