"""A network whose images may have any height and width: what is written is the same for all of them.

It is looked for, not reasoned: the network is written at other sizes, and a layer whose operators, attributes or
constants differ fixes the size. So no rule of a layer has to know of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...diagnostics import Diagnostic
from ...graph.graph import Graph, Step
from ...graph.shape import is_image
from .expression import OperatorCall, Own, Value
from .operators import KINDS

if TYPE_CHECKING:
    from ...spec import Spec

Dimensions = tuple["int | str", ...]

LARGER = ((0, 1), (1, 0), (2, 3), (3, 2), (0, 32), (32, 0), (64, 96), (224, 160))
"""By how much other sizes are higher and wider: odd and even, each by itself, and what halves five times."""


def other_sizes(spec: Spec) -> list[Graph]:
    """The part of the network that is written, at those other sizes at which the spec has no mistakes. A vector has no
    other."""
    if not is_image(spec.graph.input):
        return []
    C, H, W = spec.graph.input
    graphs = (spec.at((C, H + rows, W + columns)) for rows, columns in LARGER)
    return [graph.until(*graph.outputs) for graph in graphs if graph is not None]


def fixed(graph: Graph, others: Sequence[Graph]) -> list[Diagnostic]:
    """E428 at the first layer that is written otherwise at another size, or where there is no other size."""
    if not is_image(graph.input):
        why = f"`input` is a vector of {graph.input[0]}, which has no height and width"
        return [_diagnostic("the network takes no images", None, why, "leave out `--free-size`")]
    free = [any(other.input[axis] != graph.input[axis] for other in others) for axis in (1, 2)]
    if not all(free):
        why = "at no other size that was tried is the spec without mistakes"
        return [_diagnostic("the network takes images of one size", None, why)]
    for step, *same in zip(graph.steps, *(other.steps for other in others), strict=True):
        for other, at in zip(others, same, strict=True):
            if not _is_same(step, at):
                size = "x".join(map(str, other.input))
                why = f"`{step.kind}` is written otherwise where the input is {size}: numbers in it come from the size"
                return [_diagnostic(f"`{step.name}` fixes the size of the input", step, why)]
    return []


def dimensions(name: str, graph: Graph, others: Sequence[Graph]) -> Dimensions:
    """The shape of a step's output, or of `input`, with names for what changes with the size."""
    return tuple(
        size if all(other.shape(name)[axis] == size for other in others) else _called(name, axis, graph, others)
        for axis, size in enumerate(graph.shape(name))
    )


def _called(name: str, axis: int, graph: Graph, others: Sequence[Graph]) -> str:
    """`H` and `W` are the input's, wherever they are the same."""
    for place, letter in ((1, "H"), (2, "W")):
        if all(each.shape(name)[axis] == each.input[place] for each in (graph, *others)):
            return letter
    return f"{name}_{'CHW'[axis]}"


def _is_same(step: Step, other: Step) -> bool:
    shapes = ({key: tensor.shape for key, tensor in each.tensors.items()} for each in (step, other))
    here, there = (KINDS[each.kind].write(each.layer, each) for each in (step, other))
    return next(shapes) == next(shapes) and _equal(here, there)


def _equal(value: Value, other: Value) -> bool:
    import numpy as np

    if isinstance(value, OperatorCall) and isinstance(other, OperatorCall):
        return (value.op, value.attributes, len(value.inputs)) == (
            other.op,
            other.attributes,
            len(other.inputs),
        ) and all(_equal(*pair) for pair in zip(value.inputs, other.inputs, strict=True))
    if isinstance(value, str | Own | OperatorCall) or isinstance(other, str | Own | OperatorCall):
        return value == other
    return np.array_equal(value, other)


CURE = "leave out `--free-size`; or write the network at the size that is needed, with `--input C,H,W`"


def _diagnostic(message: str, step: Step | None, why: str, help: str = CURE) -> Diagnostic:
    return Diagnostic("E428", message, span=step.span if step else None, why=why, help=help)
