"""Data sets: pairs of an input and what the network ought to make of it, read from files."""

from __future__ import annotations

from .dataset import Examples
from .open import data_path, open_examples

__all__ = ["Examples", "data_path", "open_examples"]
