"""Where a network looked: how the places of a layer's maps, or of the input, speak for a value, by the layers' own
derivatives.

Grad-CAM: Selvaraju et al.: "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", 2017.
The input gradient: Simonyan et al.: "Deep Inside Convolutional Networks", 2014.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from ...graph.array import Array
from ...graph.graph import INPUT, Graph
from ...graph.shape import Shape, is_image
from .sources import strongest_source
from .trace import Trace


@dataclass(frozen=True, eq=False)
class Attribution:
    """How the places of the layer `at` speak for the value at a `place` of the layer `name`: `signed` (H, W), above 0
    for it, below against it.

    Of Grad-CAM there are the `weights` (C,) of the maps: of each the mean of the value's gradient. At `input` it is the
    input gradient, the largest size over the channels, which has no sign, and `weights` are None.
    """

    name: str
    place: Shape
    value: float
    at: str
    maps: Array
    weights: Array | None
    signed: Array

    @property
    def is_against(self) -> bool:
        """Whether no place speaks for the value, and some against it: Grad-CAM, which leaves those out, is empty."""
        return bool(self.signed.max() <= 0 and self.signed.min() < 0)

    @cached_property
    def contributions(self) -> Array | None:
        """What each map (C,) brings, weight times sum: together they are the sum of `signed`."""
        return None if self.weights is None else self.weights * self.maps.sum(axis=(1, 2), dtype=float)

    @cached_property
    def heat(self) -> Array:
        """From 0 to 1 (H, W), what speaks against the value left out; from -1 to 0 where that is all there is. What is
        not finite is 0."""
        shown = np.nan_to_num(self.signed, nan=0.0, posinf=0.0, neginf=0.0)
        shown = np.minimum(shown, 0) if self.is_against else np.maximum(shown, 0)
        return np.asarray(shown / (np.abs(shown).max() or 1))


def attribution(trace: Trace, name: str, place: Shape, at: str) -> Attribution:
    """Grad-CAM at the layer `at`, or the input gradient at `input`, for the value at a place of the layer `name`.
    Raises ValueError where the value does not hang on `at`, or that has no rows and columns, or others than the
    input."""
    if not is_image(trace.values[at].shape):
        raise ValueError(f"'{at}' has no rows and columns")
    if mover := displaced(trace.graph).get(at):
        where = "" if mover == at else f" behind '{mover}'"
        raise ValueError(f"rows and columns of '{at}'{where} do not stand for those of the input")
    if at == name or (at != INPUT and at not in trace.graph.reached([name])):
        raise ValueError(f"'{name}' does not hang on '{at}'")
    gradient = gradients(trace, name, place, [at])[at]
    maps, weights = trace.values[at], None
    with np.errstate(all="ignore"):
        if at == INPUT:
            signed = np.abs(gradient).max(axis=0).astype(float)
        else:
            weights = gradient.mean(axis=(1, 2), dtype=float)
            signed = np.einsum("c,chw->hw", weights, maps.astype(float))
    return Attribution(name, place, float(trace.values[name][place]), at, maps, weights, signed)


def gradients(trace: Trace, name: str, place: Shape, wanted: Collection[str]) -> dict[str, Array]:
    """The gradient (*shape) of the value at a place of the layer `name` by each tensor that is `wanted`: `input`, or a
    layer that it hangs on."""
    steps = trace.graph.until(name).steps
    on_the_way = set(wanted)
    for step in steps:
        if not on_the_way.isdisjoint(step.inputs):
            on_the_way.add(step.name)
    seed = np.zeros_like(trace.values[name])[None]
    seed[0][place] = 1
    back, found = {name: seed}, {}
    for step in reversed(steps):
        if step.name not in back:
            continue
        gradient = back.pop(step.name)
        if step.name in wanted:
            found[step.name] = gradient[0].copy()
        if on_the_way.isdisjoint(step.inputs):
            continue
        own = {key: trace.tensors[f"{step.name}.{key}"] for key in step.tensors}
        with np.errstate(all="ignore"):
            _, pull = step.layer.vjp(*(trace.values[of][None] for of in step.inputs), **own)
            by_inputs, _ = pull(gradient)
        for of, part in zip(step.inputs, by_inputs, strict=True):
            if of in on_the_way:
                back[of] = back[of] + part if of in back else part
    return found | {of: gradient[0] for of, gradient in back.items() if of in wanted}


def class_output(trace: Trace) -> str | None:
    """The first output that is a vector, or C x 1 x 1: a value for each class. None where there is none."""
    shapes = {name: trace.values[name].shape for name in trace.graph.outputs}
    return next((name for name, shape in shapes.items() if name != INPUT and prod(shape) == shape[0]), None)


def class_score(trace: Trace, output: str, index: int) -> tuple[str, Shape]:
    """The layer and the place where the score of a class of an output stands: before softmax, logsoftmax or sigmoid,
    whose derivative goes to 0 where the network is sure."""
    name, place = output, (index, 0, 0)[: trace.values[output].ndim]
    while name in trace.graph.by_name:
        step = trace.graph.by_name[name]
        before, arrived = step.inputs[0], place
        if step.layer.is_view:
            source = strongest_source(trace.cell(name, place))
            assert source is not None, "a view moves each value"
            arrived = source.place
        elif not step.layer.part_of_loss:
            break
        if before == INPUT:
            break
        name, place = before, arrived
    return name, place


def last_image(trace: Trace, name: str) -> str | None:
    """The last layer that the layer `name` hangs on whose rows and columns, several, stand for those of the input."""
    reached = trace.graph.reached([name]) - {name} - displaced(trace.graph).keys()
    shapes = ((step.name, step.shape) for step in reversed(trace.graph.steps) if step.name in reached)
    return next((layer for layer, shape in shapes if is_image(shape) and prod(shape[1:]) > 1), None)


def displaced(graph: Graph) -> dict[str, str]:
    """The layers whose rows and columns do not stand for those of the input, and for each the first that put values
    elsewhere, such as a `permute` or a `flatten`."""
    found: dict[str, str] = {}
    for step in graph.steps:
        movers = [found[of] for of in step.going_on if of in found]
        if movers or not step.layer.keeps_places:
            found[step.name] = movers[0] if movers else step.name
    return found


def spread(image: Array, size: tuple[int, int]) -> Array:
    """An image (h, w) at another size (H, W), bilinearly between the middles of its cells."""
    rows, columns = (_between(n, N) for n, N in zip(image.shape, size, strict=True))
    return np.asarray(rows @ image @ columns.T)


def _between(few: int, many: int) -> Array:
    """The shares (many, few) of an axis' cells in each of the new ones."""
    places = (np.arange(many) + 0.5) * few / many - 0.5
    return np.stack([np.interp(places, np.arange(few), cell) for cell in np.eye(few)], axis=1)
