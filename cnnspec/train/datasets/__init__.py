"""Data sets: pairs of an input and what the network ought to make of it, read from files or from memory."""

from __future__ import annotations

from .dataset import Dataset
from .open import Arrays, open_dataset

__all__ = ["Arrays", "Dataset", "open_dataset"]
