"""Arrays with infinite values and with what is no number, and what two arrays say of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
VALUES = (np.nan, np.inf, -np.inf)


def poisoned(shape: tuple[int, ...], dtype: str = "float64") -> Iterator[Array]:
    """Batches of two: one with a single cell of each sort, in the middle, and one with all sorts near the edges."""
    for value in VALUES:
        x = np.random.default_rng(0).standard_normal((2, *shape)).astype(dtype)
        x[(0, *(size // 2 for size in shape))] = value
        yield x
    x = np.random.default_rng(1).standard_normal((2, *shape)).astype(dtype)
    x.flat[[1, min(5, x.size - 1), -2]] = VALUES
    yield x


def agree(found: Array, wanted: Array, close: float) -> None:
    """They are infinite, and no number, at the same places, and equal up to so much of their scale elsewhere."""
    np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted))
    for value in (np.inf, -np.inf):
        np.testing.assert_array_equal(found == value, wanted == value)
    finite = np.isfinite(wanted)
    scale = max(1.0, float(np.abs(wanted[finite]).max(initial=0)))
    np.testing.assert_allclose(found[finite], wanted[finite], rtol=0, atol=close * scale)
