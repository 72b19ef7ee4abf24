"""Batch normalisation and the way back through it, on (N, H, W, C).

Ioffe and Szegedy: "Batch Normalization", 2015. Statistics are sums over the cells of all workers' images; each pass
goes over strips that stay in the cache.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...graph.array import Array
from ..channels_last import column_totals, fold, in_rows, parts, repeat

AllReduce = Callable[[Array], Array]
"""The sum over all workers."""
BatchNormPullback = Callable[[Array], tuple[Array, Array, Array]]
"""From the gradient by the output to those by the image, the weight and the bias."""


class Statistics(NamedTuple):
    """Mean and variance (C,) of each channel over so many cells, in float64."""

    mean: Array
    variance: Array
    cells: float

    @property
    def unbiased(self) -> Array:
        """The variance of what the cells are a sample of. One cell alone says nothing of it."""
        return np.asarray(self.variance * (self.cells / max(self.cells - 1, 1)))


def statistics(x: Array, all_reduce: AllReduce) -> Statistics:
    """Those of a batch (N, H, W, C) over all workers: the variance about the mean, so that no digits are lost."""
    total = all_reduce(np.append(_total(x), x.size // x.shape[-1]))
    mean, count = total[:-1] / total[-1], float(total[-1])
    return Statistics(mean, all_reduce(_squares(x, mean)) / count, count)


def normalise(
    x: Array, weight: Array, bias: Array, seen: Statistics, eps: float, all_reduce: AllReduce | None
) -> tuple[Array, BatchNormPullback]:
    """(x - mean)/sqrt(variance + eps)*weight + bias. `all_reduce` says that the statistics are those of x itself:
    the way back leads through them as well."""
    scale = 1 / np.sqrt(seen.variance + eps)
    factor = weight * scale

    def back(dy: Array) -> tuple[Array, Array, Array]:
        by_bias, by_weight = _moments(dy, x, seen.mean)
        if all_reduce is None:
            dx = _mixed((dy, factor), plus=np.zeros(x.shape[-1]))
        else:
            shared = all_reduce(np.stack([by_bias, by_weight])) / seen.cells
            slope = -factor * scale * scale * shared[1]
            dx = _mixed((dy, factor), (x, slope), plus=-factor * shared[0] - slope * seen.mean)
        return dx, (by_weight * scale).astype(dy.dtype), by_bias.astype(dy.dtype)

    return _mixed((x, factor), plus=bias - seen.mean * factor), back


def _total(x: Array) -> Array:
    """The sums (C,) of cells x (N, H, W, C), in float64."""
    return fold(column_totals(in_rows(x)).astype(np.float64), x.shape[-1])


def _squares(x: Array, mean: Array) -> Array:
    """The sums of (x - mean)²."""
    rows = in_rows(x)
    middle = repeat(mean.astype(x.dtype), rows)
    total = np.zeros(rows.shape[1])
    for strip in parts(rows, 3):
        apart = rows[strip] - middle
        total += column_totals(np.multiply(apart, apart, out=apart))
    return fold(total, x.shape[-1])


def _moments(dy: Array, x: Array, mean: Array) -> tuple[Array, Array]:
    """The sums of dy and of dy*(x - mean)."""
    by_output, rows, C = in_rows(dy), in_rows(x), x.shape[-1]
    middle = repeat(mean.astype(x.dtype), rows)
    zeroth, first = np.zeros(rows.shape[1]), np.zeros(rows.shape[1])
    for strip in parts(rows, 3):
        apart = rows[strip] - middle
        zeroth += column_totals(by_output[strip])
        first += column_totals(np.multiply(apart, by_output[strip], out=apart))
    return fold(zeroth, C), fold(first, C)


def _mixed(*factors: tuple[Array, Array], plus: Array) -> Array:
    """The sum of x times values (C,), for each (x, values), plus values (C,)."""
    first = in_rows(factors[0][0])
    dtype = first.dtype
    repeated = [(in_rows(x), repeat(values.astype(dtype), first)) for x, values in factors]
    offset = repeat(plus.astype(dtype), first)
    y = np.empty_like(first)
    for strip in parts(first, 3):
        np.multiply(first[strip], repeated[0][1], out=y[strip])
        y[strip] += offset
        for x, factor in repeated[1:]:
            y[strip] += x[strip] * factor
    return y.reshape(factors[0][0].shape)
