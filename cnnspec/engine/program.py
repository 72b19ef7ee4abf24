"""Graph -> operations, the engine's own form of a network: what passes rewrite and kernels carry out.

Operations are settled without arrays: what memory a plan takes is known before there are weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ..graph.graph import INPUT, Graph, Step
from ..graph.layer import Layer
from ..graph.shape import Shape
from ..layers._affine import Absorbs, Affine
from .halo import NONE, Halo

if TYPE_CHECKING:
    from ..graph.array import Array


@dataclass(frozen=True, slots=True)
class Operation:
    """A step with its arrays, and what is done to its output on the way: `plus` another tensor, then `activation`.

    `name` is the tensor that it makes, `inputs` are those that it takes. The steps that were `folded` into it live on
    in its weights. Which `kernel` carries it out, and which border (`halo`) its first input should have, is chosen
    where there is a choice; `arrays` are there once all else is settled.

    Operations that are carried out together, a few rows at a time, are one: that of the last of its `parts`, which
    takes what the first one takes. What the others make never exists as a whole.
    """

    name: str
    step: Step
    inputs: tuple[str, ...]
    folded: tuple[Step, ...] = ()
    plus: str | None = None
    activation: Layer | None = None
    kernel: str = ""
    halo: Halo = NONE
    arrays: Mapping[str, Array] = field(default_factory=dict)
    parts: tuple[Operation, ...] = ()

    @property
    def each(self) -> tuple[Operation, ...]:
        """Its parts; one that has none is its own."""
        return self.parts or (self,)

    @property
    def layer(self) -> Layer:
        return self.step.layer

    @property
    def arriving(self) -> tuple[Shape, ...]:
        return self.each[0].step.arriving

    @property
    def shape(self) -> Shape:
        """Of its output, without the batch."""
        return self.step.shape

    @property
    def reads(self) -> tuple[str, ...]:
        """Every tensor that must exist before it runs."""
        return self.inputs if self.plus is None else (*self.inputs, self.plus)

    @property
    def tensors(self) -> tuple[str, ...]:
        """The network's tensors that it takes."""
        steps = (step for part in self.each for step in (part.step, *part.folded))
        return tuple(f"{step.name}.{key}" for step in steps for key in step.tensors)


Program = tuple[Operation, ...]


def program(graph: Graph) -> Program:
    """The steps that the outputs hang on, as they are."""
    needed = graph.reached(graph.outputs)
    return tuple(Operation(step.name, step, step.inputs) for step in graph.steps if step.name in needed)


def verify(operations: Program, graph: Graph, outputs: tuple[str, ...]) -> None:
    """Hold what every pass may rely on; an AssertionError is a bug in a pass."""
    shapes = {INPUT: graph.input}
    for operation in operations:
        assert operation.name not in shapes, f"{operation.name}: made twice"
        assert set(operation.reads) <= set(shapes), f"{operation.name}: runs before what it reads"
        read = tuple(shapes[name] for name in operation.inputs)
        assert read == operation.arriving, f"{operation.name}: {read} arrive"
        for before, after in pairwise(operation.parts):
            assert after.inputs == (before.name,), f"{operation.name}: {after.inputs} in a row"
        assert operation.plus is None or shapes[operation.plus] == operation.shape, f"{operation.name}: what is added"
        assert graph.shape(operation.name) == operation.shape, f"{operation.name}: its shape"
        shapes[operation.name] = operation.shape
    assert set(outputs) <= set(shapes), "an output is not made"


def with_arrays(operation: Operation, tensors: Mapping[str, Array]) -> Operation:
    """The operation with its arrays, those of the folded steps worked into them."""
    if operation.parts:
        return replace(operation, parts=tuple(with_arrays(part, tensors) for part in operation.parts))
    arrays = _own(operation.step, tensors)
    for step in operation.folded:
        assert isinstance(step.layer, Affine)
        assert isinstance(operation.layer, Absorbs)
        factor, offset = step.layer.line(**_own(step, tensors))
        arrays = operation.layer.absorb(factor, offset, **arrays)
    return replace(operation, arrays=arrays)


def _own(step: Step, tensors: Mapping[str, Array]) -> dict[str, Array]:
    return {key: tensors[f"{step.name}.{key}"] for key in step.tensors}
