"""From the values of a layer's maps to brightness, and small enough to be shown."""

from __future__ import annotations

import numpy as np

from ....graph.array import Array


def by_strength(maps: Array) -> list[int]:
    """The maps (C, H, W) in the order of their mean size, the strongest first; those that are not finite last."""
    with np.errstate(all="ignore"):
        sizes = np.abs(maps).reshape(len(maps), -1).mean(axis=1, dtype=float)
    return [int(i) for i in np.argsort(-np.where(np.isfinite(sizes), sizes, -1), kind="stable")]


def bright(maps: Array) -> Array:
    """Brightness from 0 to 1 by one scale for all maps (C, H, W); what is not finite is dark."""
    finite = np.isfinite(maps)
    if not finite.any():
        return np.zeros_like(maps)
    low, high = float(maps[finite].min()), float(maps[finite].max())
    return np.where(finite, (maps.astype(float) - low) / (high - low or 1), 0)


def reduced(maps: Array, most: int) -> Array:
    """The maps (C, H, W) averaged over blocks so that no side has more than `most` cells."""
    step = -(-max(maps.shape[1:]) // most)
    if step == 1:
        return maps
    return np.stack([[_blocks(row, step) for row in _rows(image, step)] for image in maps])


def _rows(image: Array, step: int) -> list[Array]:
    return [image[i : i + step].mean(axis=0, dtype=float) for i in range(0, len(image), step)]


def _blocks(row: Array, step: int) -> Array:
    return np.array([row[i : i + step].mean() for i in range(0, len(row), step)])
