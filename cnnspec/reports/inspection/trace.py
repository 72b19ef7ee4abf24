"""One input's way through a network: what every layer made of it, and each value's cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...engine.interpreter import execute
from ...graph.array import Array
from ...graph.graph import INPUT, Graph
from ...graph.shape import Shape
from .cell import Cell, explain_cell


@dataclass(frozen=True, eq=False)
class Trace:
    """`values` of `input` and of every layer, (*shape) each, by plain execution in float32."""

    graph: Graph
    tensors: Mapping[str, Array]
    values: Mapping[str, Array]

    def cell(self, name: str, place: Shape) -> Cell:
        """The value at a place of a layer's output. Raises KeyError for `input`, IndexError for a place outside."""
        step = self.graph.by_name[name]
        own = {key: self.tensors[f"{name}.{key}"] for key in step.tensors}
        return explain_cell(step, place, tuple(self.values[of] for of in step.inputs), own, self.values[name])

    def strongest(self, name: str) -> Shape:
        """Where the largest value of `input` or of a layer's output is; of NaN, the first."""
        values = self.values[name]
        return tuple(int(i) for i in np.unravel_index(values.argmax(), values.shape))


def trace(graph: Graph, tensors: Mapping[str, Array], x: Array) -> Trace:
    """Run a graph plainly on one input x (C, H, W)."""
    with np.errstate(all="ignore"):
        values = {name: y[0] for name, y in execute(graph, tensors, x[None])}
    return Trace(graph, tensors, {INPUT: x} | values)
