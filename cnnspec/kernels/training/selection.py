"""Keeping some values and setting the others to 0."""

from __future__ import annotations

import numpy as np

from ...graph.array import Array, Mask


def select(x: Array, mask: Array | Mask) -> None:
    """Set x to 0 where the mask, of `bool`, is not set, in place. The mask is spoilt.

    By bits: a product with 0 would leave what is infinite or no number, and NumPy's masked copies take three times as
    long.
    """
    bits, keep = x.view(f"i{x.itemsize}"), mask.view(np.int8)
    np.negative(keep, out=keep)
    bits &= keep


def selected(x: Array, mask: Array | Mask) -> Array:
    """A copy of x, 0 where the mask is not set. The mask is spoilt."""
    y = x.copy()
    select(y, mask)
    return y
