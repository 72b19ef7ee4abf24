"""From the values of a layer's maps to brightness, and small enough to be shown."""

from __future__ import annotations

import numpy as np

from ....graph.array import Array


def by_strength(maps: Array) -> list[int]:
    """The maps (C, H, W), or values of a vector, in the order of their mean size, the strongest first; those that are
    not finite last."""
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
