"""Layers that bring values to mean 0 and variance 1 by their own statistics, then scale and shift them.

Means are products with a row or a column of 1/size. The variance is taken of what is left without the mean: the mean
of squares less the square of the mean would cancel.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ....graph.array import Array
from ....kernels.strips import Call, Scratch, Strip, strips
from ...lowering import BoundMemory, Lowering
from ...program import Operation
from ...schedule import Stage, WorkItem
from .elementwise import Elementwise
from .epilogue import epilogue


def lower_layer(operation: Operation) -> Lowering:
    """Layer normalisation: each place by itself, or the whole image as one group."""
    layer: Any = operation.layer
    is_vector = len(operation.shape) == 1
    return AtPlaces(operation) if layer.over == "C" or is_vector else OverMaps(operation, 1)


def lower_groups(operation: Operation) -> Lowering:
    """Group normalisation."""
    layer: Any = operation.layer
    is_vector = len(operation.shape) == 1
    return AtPlaces(operation, layer.G) if is_vector else OverMaps(operation, layer.G)


def lower_maps(operation: Operation) -> Lowering:
    """Instance normalisation: each map is a group."""
    return OverMaps(operation, operation.shape[0])


class AtPlaces(Elementwise):
    """Over the C values of each place, which are neighbours, in G groups."""

    def __init__(self, operation: Operation, G: int = 1) -> None:
        super().__init__(operation)
        self.G = G

    def part(self, inputs: list[Array], out: Array, scratch: Scratch) -> WorkItem:
        layer: Any = self.operation.layer
        x, result, weight, bias = map(self._grouped, (inputs[0], out, *_affine(self.operation)))
        y, squares, one = scratch.take(*x.shape), scratch.take(*x.shape), scratch.take(*x.shape[:-1], 1)
        share = _shares(x.shape[-1])[:, None]
        return [
            partial(np.matmul, x, share, out=one),
            partial(np.subtract, x, one, out=y),
            partial(np.multiply, y, y, out=squares),
            partial(np.matmul, squares, share, out=one),
            *_deviation(one, layer.eps),
            partial(np.divide, y, one, out=y),
            partial(np.multiply, y, weight, out=y),
            partial(np.add, y, bias, out=y),
            *epilogue(y, result, None, self.operation.activation, scratch),
        ]

    def _grouped(self, x: Array) -> Array:
        return x if self.G == 1 else x.reshape(*x.shape[:-1], self.G, -1)


class OverMaps:
    """Over all places of the maps of a group, for G groups of each image.

    The image is read three times, strip by strip: for the means, for the variances, for the result.
    """

    def __init__(self, operation: Operation, G: int) -> None:
        self.operation = operation
        self.G = G

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        items = [self.item(x[i : i + 1], out[i : i + 1], scratch.fresh()) for i in range(len(x))]
        items[0] = [*memory.clear_border(self.operation.name), *items[0]]
        yield Stage(items)

    def item(self, x: Array, out: Array, scratch: Scratch) -> WorkItem:
        layer: Any = self.operation.layer
        _, H, W, C = x.shape
        weight, bias = (np.broadcast_to(v, x.shape) for v in _affine(self.operation))
        parts = list(strips(1, H, C, 2 * W * C))
        largest = parts[0].of(x).shape
        y, squares = scratch.take(*largest), scratch.take(*largest)
        sums, mean, deviation = scratch.take(H, 1, C), scratch.take(C), scratch.take(C)

        def apart(strip: Strip) -> tuple[Array, Call]:
            """A strip without its means, and the call that makes it."""
            seen = strip.of(x)
            values = y[:, : seen.shape[1]]
            return values, partial(np.subtract, seen, mean, out=values)

        calls: WorkItem = [partial(np.matmul, _shares(W), x[0], out=sums[:, 0]), *self._means(sums, mean)]
        for strip in parts:
            values, subtract = apart(strip)
            square = squares[:, : values.shape[1]]
            calls += [subtract, partial(np.multiply, values, values, out=square)]
            calls.append(partial(np.matmul, _shares(W), square[0], out=sums[strip.r0 : strip.r1, 0]))
        calls += [*self._means(sums, deviation), *_deviation(deviation, layer.eps)]
        for strip in parts:
            values, subtract = apart(strip)
            calls += [
                subtract,
                partial(np.divide, values, deviation, out=values),
                partial(np.multiply, values, strip.of(weight), out=values),
                partial(np.add, values, strip.of(bias), out=values),
                *epilogue(values, strip.of(out), None, self.operation.activation, scratch.branch()),
            ]
        return calls

    def _means(self, lines: Array, mean: Array) -> Iterator[Call]:
        """Over the rows (H, 1, C), then over the channels of a group, whose mean is given to each of them."""
        H, _, C = lines.shape
        yield partial(np.matmul, _shares(H), lines[:, 0], out=mean)
        if self.G < C:
            groups = mean.reshape(self.G, -1)
            together = np.empty(self.G, np.float32)
            yield partial(np.matmul, groups, _shares(C // self.G), out=together)
            yield partial(np.copyto, groups, together[:, None])


class RootMeanSquare:
    """x / sqrt(mean(x*x) + eps) * weight, over the channels of each place or over the whole image."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        layer: Any = self.operation.layer
        x, out = memory.inner(self.operation.inputs[0]), memory.inner(self.operation.name)
        weight = np.ascontiguousarray(np.moveaxis(self.operation.arrays["weight"], 0, -1))
        axes = tuple(range(1, x.ndim)) if layer.over == "all" else (-1,)
        y = scratch.fresh().take(*x.shape)
        one = scratch.take(*(x.shape[:1] + (1,) * (x.ndim - 1) if layer.over == "all" else (*x.shape[:-1], 1)))
        calls: WorkItem = [
            partial(np.square, x, out=y),
            partial(np.add.reduce, y, axis=axes, out=one, keepdims=True),
            partial(np.divide, one, np.float32(y.size / one.size), out=one),
            partial(np.add, one, np.float32(layer.eps), out=one),
            partial(np.sqrt, one, out=one),
            partial(np.divide, x, one, out=y),
            partial(np.multiply, y, weight, out=out),
        ]
        yield Stage([[*memory.clear_border(self.operation.name), *calls]])


def _affine(operation: Operation) -> tuple[Array, Array]:
    """Weight and bias as they lie beside the values: (C,), or (H, W, C) where each place has its own; where there are
    none, 1 and 0."""
    if "weight" not in operation.arrays:
        C = operation.shape[0]
        return np.ones(C, np.float32), np.zeros(C, np.float32)
    arrays = operation.arrays["weight"], operation.arrays["bias"]
    weight, bias = (np.ascontiguousarray(np.moveaxis(array, 0, -1)) for array in arrays)
    return weight, bias


def _shares(size: int) -> Array:
    """The product with it is a mean."""
    return np.full(size, 1 / size, np.float32)


def _deviation(variance: Array, eps: float) -> WorkItem:
    return [partial(np.add, variance, np.float32(eps), out=variance), partial(np.sqrt, variance, out=variance)]


class LRN(Elementwise):
    """x / (k + alpha/size * sum(v*v))**beta over neighbouring channels."""

    def part(self, inputs: list[Array], out: Array, scratch: Scratch) -> WorkItem:
        layer: Any = self.operation.layer
        x = inputs[0]
        C = x.shape[-1]
        squares, sums = scratch.take(*x.shape), scratch.take(*x.shape)
        calls: WorkItem = [partial(np.multiply, x, x, out=squares), partial(np.copyto, sums, squares)]
        for step in range(1, min(layer.size // 2, C - 1) + 1):
            behind = sums[..., step:]
            calls.append(partial(np.add, behind, squares[..., :-step], out=behind))
        for step in range(1, min((layer.size - 1) // 2, C - 1) + 1):
            before = sums[..., :-step]
            calls.append(partial(np.add, before, squares[..., step:], out=before))
        return [
            *calls,
            partial(np.multiply, sums, np.float32(layer.alpha / layer.size), out=sums),
            partial(np.add, sums, np.float32(layer.k), out=sums),
            partial(np.power, sums, np.float32(layer.beta), out=sums),
            partial(np.divide, x, sums, out=out),
        ]
