"""What a network computes but for rounding: the layers' own definitions over numbers of 64 bits."""

from __future__ import annotations

from collections.abc import Mapping

from ..graph.array import Array
from ..graph.graph import Graph


def in_float64(graph: Graph, tensors: Mapping[str, Array], x: Array) -> dict[str, Array]:
    """The outputs (N, *shape) by name for x (N, C, H, W). Slow, and for comparisons."""
    import numpy as np

    from ..engine.interpreter import execute

    wide = {name: array.astype(np.float64) for name, array in tensors.items()}
    return {name: made for name, made in execute(graph, wide, x.astype(np.float64)) if name in graph.outputs}
