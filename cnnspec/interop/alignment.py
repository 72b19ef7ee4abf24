"""Which layer of one graph is which of another one, when both are one network whose layers are called otherwise.

A layer is known by its weights' shapes and by all that lies between the input and it. Where two of a graph cannot be
told apart in this way, such as equal branches, their names decide, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..graph.graph import INPUT, Graph, Step
from ..graph.shape import Shape, trimmed

Order = NDArray[np.intp] | None
"""Where each cell stood when it was made; None where all stand there still."""

REORDERING: dict[str, Callable[[NDArray[np.intp], Any], NDArray[np.intp]]] = {
    "flatten": lambda cells, layer: cells,
    "permute": lambda cells, layer: cells.transpose(["CHW".index(axis) for axis in layer.order]),
    "reshape": lambda cells, layer: cells,
}
"""Kinds that change nothing but the places of cells: how."""
MOVING = frozenset({"channelshuffle", "pixelshuffle", "pixelunshuffle", "slice"})
"""Kinds behind which cells stand elsewhere, so that weights behind them are others."""
UNORDERED = frozenset({"add", "mul", "max", "min", "mean"})
AS_COLUMNS = frozenset({"conv", "dense"})
"""Kinds that are one where an image has a single cell."""
FACTORS = frozenset({"scale"})
"""Kinds that are written in other words, too: as activations, or before the network."""


class Match(NamedTuple):
    """What a layer is called in the other graph, and where its weight has each column, if not in the same place."""

    name: str
    columns: Order


class Place(NamedTuple):
    """A layer with weights, the number of all that it is known by, and the order of the cells that arrive."""

    name: str
    number: int
    order: Order


def aligned(graph: Graph, other: Graph) -> dict[str, Match]:
    """For layers with weights in `graph` that can be told for certain, which they are in `other`."""
    numbers: dict[tuple[object, ...], int] = {}
    is_scaled = all(any(step.kind in FACTORS for step in each.steps) for each in (graph, other))
    theirs: dict[int, list[Place]] = {}
    for place in _places(other, numbers, is_scaled):
        theirs.setdefault(place.number, []).append(place)
    ours = _places(graph, numbers, is_scaled)
    alone = {place.number for place in ours if sum(each.number == place.number for each in ours) == 1}
    found: dict[str, Match] = {}
    for place in ours:
        there = theirs.get(place.number, [])
        if place.number not in alone or len(there) > 1:
            there = [each for each in there if _spelled(each.name) == _spelled(place.name)]
        if len(there) == 1:
            found[place.name] = Match(there[0].name, _columns(place.order, there[0].order))
    return found


def _spelled(name: str) -> str:
    """A name as in programs whose names have no dots."""
    return name.replace(".", "_")


def _columns(own: Order, there: Order) -> Order:
    """Where each column of ours is among theirs."""
    if own is None and there is None:
        return None
    size = (own if own is not None else there).size  # type: ignore[union-attr]
    own, there = (np.arange(size) if each is None else each.ravel() for each in (own, there))
    columns: NDArray[np.intp] = np.argsort(there)[own]
    return None if np.array_equal(columns, np.arange(size)) else columns


def _places(graph: Graph, numbers: dict[tuple[object, ...], int], is_scaled: bool) -> list[Place]:
    """The layers with weights. Activations, pooling and the like leave no sign: programs have them in other words, such
    as a product with itself. Nor do factors, where only one network has any."""
    known: dict[str, tuple[int, Order]] = {INPUT: (0, None)}
    found: list[Place] = []

    def number(*sign: object) -> int:
        return numbers.setdefault(sign, len(numbers) + 1)

    for step in graph.steps:
        inputs = [known[each] for each in step.inputs]
        signs = [sign if order is None else number(sign, order.tobytes()) for sign, order in inputs]
        if step.tensors and (is_scaled or step.kind not in FACTORS):
            sign, order = inputs[0]
            is_columns = step.kind in AS_COLUMNS and len(inputs) == 1 and step.arriving[0][1:] in ((), (1, 1))
            kind = "columns" if step.kind in AS_COLUMNS else step.kind
            made = number(kind, _shapes(step), *([sign] if is_columns else signs))
            found.append(Place(step.name, made, order if is_columns else None))
            known[step.name] = made, None
        elif step.kind in REORDERING:
            known[step.name] = inputs[0][0], _moved(step, inputs[0][1])
        elif step.kind in MOVING:
            known[step.name] = number(repr(step.layer), *signs), None
        elif len(set(signs)) == 1:
            keeps = step.layer.family == "activation" or step.kind in FACTORS
            known[step.name] = inputs[0] if keeps else (signs[0], None)
        else:
            known[step.name] = number(step.kind, *(sorted(signs) if step.kind in UNORDERED else signs)), None
    return found


def _moved(step: Step, order: Order) -> Order:
    """The order behind a layer that moves cells and changes none."""
    cells = np.arange(np.prod(step.arriving[0])) if order is None else order
    moved = REORDERING[step.kind](cells.reshape(step.arriving[0]), step.layer).reshape(step.shape)
    return None if np.array_equal(moved.ravel(), np.arange(moved.size)) else np.ascontiguousarray(moved)


def _shapes(step: Step) -> tuple[tuple[str, Shape], ...]:
    return tuple((key, trimmed(step.tensors[key].shape)) for key in sorted(step.tensors))


def differences(graph: Graph, other: Graph, names: Mapping[str, Match]) -> list[str]:
    """Where layers that are one have another `eps`, which their weights do not show."""
    steps = {step.name: step for step in other.steps}
    found = []
    for step in graph.steps:
        if step.name in names:
            own, there = (getattr(each.layer, "eps", 0.0) for each in (step, steps[names[step.name].name]))
            if own != there:
                found.append(f"`{step.name}` has the eps {own:g} in the spec, {there:g} in the model")
    return found
