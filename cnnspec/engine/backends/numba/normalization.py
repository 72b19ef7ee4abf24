"""Layers that bring values to mean 0 and variance 1 by their own statistics, and local response normalisation: as calls
of `kernels/compiled/run_norm.py`, `map_norm.py` and `channel_response.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np

from ....graph.array import Array
from ....graph.shape import is_image
from ....kernels.compiled.vectors import Vectors
from ....kernels.strips import Scratch
from ...lowering import BoundMemory
from ...program import Operation
from ...schedule import Stage, WorkItem
from ..numpy.elementwise import pieces
from .native import NativeCall, function
from .values import ByValue, ended, runs

Part = Callable[[Array, Array, Scratch], WorkItem]
"""The calls that make an image (1, H, W, C) of the output, of that of the input."""


class ByImage:
    """Each image of a batch by itself, as one item; and the activation behind."""

    def __init__(self, operation: Operation, part: Part) -> None:
        self.operation = operation
        self.part = part

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        items = [self.part(x[i : i + 1], out[i : i + 1], scratch.fresh()) for i in range(len(x))]
        items[0] = [*memory.clear_border(self.operation.name), *items[0]]
        yield Stage(items)


def layer_norm(operation: Operation, vectors: Vectors, has_mean: bool = True) -> ByValue | ByImage:
    """Of each place by itself, or of the whole image as one group."""
    layer: Any = operation.layer
    is_alone = layer.over == "C" or not is_image(operation.shape)
    return (_at_places if is_alone else _over_all)(operation, vectors, has_mean)


rms_norm = partial(layer_norm, has_mean=False)


def group_norm(operation: Operation, vectors: Vectors) -> ByValue | ByImage:
    layer: Any = operation.layer
    if not is_image(operation.shape):
        return _at_places(operation, vectors, has_mean=True, G=layer.G)
    return _over_maps(operation, vectors, layer.G)


def instance_norm(operation: Operation, vectors: Vectors) -> ByImage:
    """Each map is a group."""
    return _over_maps(operation, vectors, operation.shape[0])


def local_response(operation: Operation, vectors: Vectors) -> ByValue:
    layer: Any = operation.layer
    before, behind = layer.around
    numbers = np.array([layer.alpha / layer.size, layer.k, -layer.beta], np.float32)

    def part(inputs: Sequence[Array], out: Array) -> WorkItem:
        sizes, steps, _ = runs(inputs[0], out, is_apart=True)
        addresses = inputs[0].ctypes.data, out.ctypes.data, numbers.ctypes.data
        fields = (*addresses, before, before + 1 + behind, *sizes, *steps)
        return [NativeCall(function("channel_response", vectors), fields, inputs[0], out, numbers)]

    return ByValue(operation, vectors, part)


def _at_places(operation: Operation, vectors: Vectors, has_mean: bool, G: int = 1) -> ByValue:
    """Over the C values of each place, which are neighbours, in G groups."""
    own = _own(operation)

    def part(inputs: Sequence[Array], out: Array) -> WorkItem:
        x, y, weight, bias = (_grouped(array, G) for array in (inputs[0], out, *own))
        return [_standardised(operation, x, y, weight, bias, has_mean, vectors)]

    return ByValue(operation, vectors, part)


def _grouped(x: Array, G: int) -> Array:
    """Values (..., C) as (..., 1, 1, C) or (..., G, 1, 1, C/G): groups of one row and one column each."""
    *places, C = x.shape
    return np.reshape(x, (*places, *([G] if G > 1 else []), 1, 1, C // G), copy=False)


def _over_all(operation: Operation, vectors: Vectors, has_mean: bool) -> ByImage:
    """Over the whole image."""
    weight, bias = (array[None, None, None] for array in _own(operation))

    def part(x: Array, out: Array, scratch: Scratch) -> WorkItem:
        place, ending = ended(out, operation.activation, scratch, vectors)
        return [
            _standardised(operation, x[None, None], place[None, None], weight, bias, has_mean, vectors),
            *ending,
        ]

    return ByImage(operation, part)


def _standardised(
    operation: Operation, x: Array, out: Array, weight: Array, bias: Array, has_mean: bool, vectors: Vectors
) -> NativeCall:
    """The call for groups that lie along all axes but the last three: rows, columns, values."""
    layer: Any = operation.layer
    outer, group = x.shape[:-3], x.shape[-3:]
    missing = 3 - len(outer)
    numbers = np.array([1 / prod(group), layer.eps], np.float32)

    def steps(array: Array) -> tuple[int, ...]:
        return *[0] * missing, *np.broadcast_to(array, x.shape).strides[:-1]

    addresses = (array.ctypes.data for array in (x, out, weight, bias, numbers))
    fields = (*addresses, not has_mean, *[1] * missing, *outer, *group, *steps(x), *steps(out), *steps(weight))
    return NativeCall(function("run_norm", vectors), fields, x, out, weight, bias, numbers)


def _over_maps(operation: Operation, vectors: Vectors, G: int) -> ByImage:
    """Over all places of the maps of a group: statistics first, then the result, strip by strip."""
    layer: Any = operation.layer
    C, H, W = operation.shape
    weight, bias = _own(operation)
    numbers = np.array([G / (H * W * C), layer.eps], np.float32)

    def part(x: Array, out: Array, scratch: Scratch) -> WorkItem:
        mean, factor = scratch.take(C), scratch.take(C)
        addresses = (array.ctypes.data for array in (x, mean, factor, weight, numbers))
        fields = (*addresses, H, W, C, C // G, *x.strides[1:3])
        calls: WorkItem = [NativeCall(function("map_statistics", vectors), fields, x, mean, factor, weight, numbers)]
        for strip in pieces(out):
            branch = scratch.branch()
            place, ending = ended(strip.of(out), operation.activation, branch, vectors)
            sizes, steps, _ = runs(strip.of(x), place, is_apart=True)
            addresses = (array.ctypes.data for array in (strip.of(x), place, mean, factor, bias))
            call = NativeCall(function("map_norm", vectors), (*addresses, *sizes, *steps), x, place, mean, factor, bias)
            calls += [call, *ending]
        return calls

    return ByImage(operation, part)


def _own(operation: Operation) -> tuple[Array, Array]:
    """Weight and bias as they lie beside the values: (C,), or (H, W, C) where each place has its own; where there are
    none, 1 and 0."""
    weight = operation.arrays.get("weight", np.ones(operation.shape[0], np.float32))
    bias = operation.arrays.get("bias", np.zeros_like(weight))
    weight, bias = (np.ascontiguousarray(np.moveaxis(array, 0, -1), np.float32) for array in (weight, bias))
    return weight, bias
