"""Describe a convolutional network in YAML; check it, count it, run it with NumPy."""

__version__ = "0.1.0"
