"""Sums over neighbouring channels."""

from __future__ import annotations

from ...graph.array import Array


def neighbours_total(x: Array, before: int, behind: int) -> Array:
    """For each channel of x (N, C, ...) the sum over it, `before` channels before it and `behind` behind it;
    channels that do not exist count as 0."""
    total = x.copy("K")
    C = x.shape[1]
    for step in range(1, min(before, C - 1) + 1):
        total[:, step:] += x[:, :-step]
    for step in range(1, min(behind, C - 1) + 1):
        total[:, :-step] += x[:, step:]
    return total
