"""Graph and weights -> operations, the engine's own form of a network: what passes rewrite and kernels carry out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..graph import Graph
from ..kernels.windows import Array
from ..layer import Layer, Shape


@dataclass(frozen=True, slots=True)
class Operation:
    """A layer with its arrays, and what is done to its output on the way: `plus` another tensor, then `activation`.

    `name` is the tensor that it makes, `inputs` are those that it takes; shapes leave the batch out.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    arriving: tuple[Shape, ...]
    shape: Shape
    arrays: Mapping[str, Array] = field(default_factory=dict)
    plus: str | None = None
    activation: Layer | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        """Every tensor that must exist before it runs."""
        return self.inputs if self.plus is None else (*self.inputs, self.plus)


Program = tuple[Operation, ...]


def program(graph: Graph, tensors: Mapping[str, Array]) -> Program:
    """The steps that the outputs hang on, as they are."""
    needed = graph.reached(graph.outputs)
    return tuple(
        Operation(
            step.name,
            step.layer,
            step.inputs,
            step.arriving,
            step.shape,
            {key: tensors[f"{step.name}.{key}"] for key in step.tensors},
        )
        for step in graph.steps
        if step.name in needed
    )
