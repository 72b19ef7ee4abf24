"""How many inputs run together."""

from __future__ import annotations

from ..graph.graph import Graph

ACTIVATIONS = 256 * 2**20
"""Bytes that the activations of a batch may take."""


def batch_size(graph: Graph, most: int) -> int:
    """As many as their activations have room for, at least 1 and at most `most`."""
    return max(1, min(most, ACTIVATIONS // graph.totals.peak_activation_bytes))
