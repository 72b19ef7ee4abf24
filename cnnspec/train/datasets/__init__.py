"""Data sets: pairs of an input and what the network ought to make of it, read from files."""

from __future__ import annotations

from .dataset import Dataset
from .open import data_path, open_dataset

__all__ = ["Dataset", "data_path", "open_dataset"]
