"""Layers that leave the shape as it is, value after value: `math` and loops, float64, a single input."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from operator import add, mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


# Value by value.


def each(x: Array, rule: Callable[[float], float]) -> Array:
    """`rule` of every value."""
    return np.array([rule(float(v)) for v in x.flat]).reshape(x.shape)


def between(v: float, low: float, high: float) -> float:
    return min(max(v, low), high)


def logistic(v: float) -> float:
    return (1 + math.tanh(v / 2)) / 2


def relu(layer: Any, x: Array) -> Array:
    return each(x, lambda v: v if v > 0 else 0.0)


def relu6(layer: Any, x: Array) -> Array:
    return each(x, lambda v: between(v, 0, 6))


def sigmoid(layer: Any, x: Array) -> Array:
    return each(x, logistic)


def tanh(layer: Any, x: Array) -> Array:
    return each(x, math.tanh)


def silu(layer: Any, x: Array) -> Array:
    return each(x, lambda v: v * logistic(v))


def hardsigmoid(layer: Any, x: Array) -> Array:
    return each(x, lambda v: between(layer.slope * v + layer.offset, 0, 1))


def hardswish(layer: Any, x: Array) -> Array:
    return each(x, lambda v: v * between(v + 3, 0, 6) / 6)


def leakyrelu(layer: Any, x: Array) -> Array:
    return each(x, lambda v: v if v > 0 else layer.slope * v)


def elu(layer: Any, x: Array) -> Array:
    return each(x, lambda v: v if v > 0 else layer.alpha * (math.exp(v) - 1))


def celu(layer: Any, x: Array) -> Array:
    return each(x, lambda v: v if v > 0 else layer.alpha * (math.exp(v / layer.alpha) - 1))


def selu(layer: Any, x: Array) -> Array:
    return each(x, lambda v: 1.0507009873554805 * (v if v > 0 else 1.6732632423543772 * (math.exp(v) - 1)))


def exp(layer: Any, x: Array) -> Array:
    return each(x, math.exp)


def abs(layer: Any, x: Array) -> Array:
    return each(x, math.fabs)


def sqrt(layer: Any, x: Array) -> Array:
    return each(x, lambda v: math.sqrt(v) if v >= 0 else math.nan)


def softplus(layer: Any, x: Array) -> Array:
    return each(x, log_of_one_and_power)


def log_of_one_and_power(v: float) -> float:
    return v + math.log1p(math.exp(-v)) if v > 0 else math.log1p(math.exp(v))


def softsign(layer: Any, x: Array) -> Array:
    return each(x, lambda v: v / (1 + math.fabs(v)))


def mish(layer: Any, x: Array) -> Array:
    return each(x, lambda v: v * math.tanh(log_of_one_and_power(v)))


def thresholdedrelu(layer: Any, x: Array) -> Array:
    return each(x, lambda v: v if v > layer.alpha else 0.0)


def clip(layer: Any, x: Array) -> Array:
    low, high = (-math.inf if layer.min is None else layer.min), (math.inf if layer.max is None else layer.max)
    return each(x, lambda v: between(v, low, high))


def gelu(layer: Any, x: Array) -> Array:
    if layer.approx == "tanh":
        return each(x, lambda v: v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))) / 2)
    return each(x, lambda v: v * (1 + math.erf(v / math.sqrt(2))) / 2)


def dropout(layer: Any, x: Array) -> Array:
    return x


def droppath(layer: Any, x: Array) -> Array:
    return x


# Channel by channel.


def scale(layer: Any, x: Array, *, weight: Array, bias: Array | None = None) -> Array:
    y = np.stack([each(channel, partial(mul, w)) for channel, w in zip(x, weight, strict=True)])
    return y if bias is None else np.stack([each(channel, partial(add, b)) for channel, b in zip(y, bias, strict=True)])


def prelu(layer: Any, x: Array, *, weight: Array) -> Array:
    return np.stack([each(channel, partial(_bent, w)) for channel, w in zip(x, weight, strict=True)])


def _bent(slope: float, v: float) -> float:
    return v if v > 0 else slope * v


def batchnorm(layer: Any, x: Array, *, running_mean: Array, running_var: Array, **tensors: Array) -> Array:
    y = np.empty_like(x)
    for place in np.ndindex(x.shape):
        c = place[0]
        deviation = math.sqrt(running_var[c] + layer.eps)
        y[place] = (x[place] - running_mean[c]) / deviation
    return learned(y, **tensors)


# By what other values there are.


def standard(x: Array, places: Iterable[tuple[int, ...]], eps: float, y: Array) -> None:
    """Set y at `places` to x there at mean 0 and variance 1."""
    places = list(places)
    mean = math.fsum(x[p] for p in places) / len(places)
    variance = math.fsum((x[p] - mean) ** 2 for p in places) / len(places)
    for p in places:
        y[p] = (x[p] - mean) / math.sqrt(variance + eps)


def learned(y: Array, weight: Array | None = None, bias: Array | None = None) -> Array:
    """y times weight plus bias, of each place or of its channel, where there are some."""
    if weight is None or bias is None:
        return y
    for p in np.ndindex(y.shape):
        own = p[: weight.ndim]
        y[p] = y[p] * weight[own] + bias[own]
    return y


def layernorm(layer: Any, x: Array, **tensors: Array) -> Array:
    y = np.empty_like(x)
    if layer.over == "all":
        standard(x, np.ndindex(x.shape), layer.eps, y)
    else:
        for spot in np.ndindex(x.shape[1:]):
            standard(x, ((c, *spot) for c in range(len(x))), layer.eps, y)
    return learned(y, **tensors)


def in_groups(x: Array, G: int, eps: float) -> Array:
    y = np.empty_like(x)
    depth = len(x) // G
    for g in range(G):
        standard(x, (p for p in np.ndindex(x.shape) if p[0] // depth == g), eps, y)
    return y


def groupnorm(layer: Any, x: Array, **tensors: Array) -> Array:
    return learned(in_groups(x, layer.G, layer.eps), **tensors)


def instancenorm(layer: Any, x: Array, **tensors: Array) -> Array:
    return learned(in_groups(x, len(x), layer.eps), **tensors)


def rmsnorm(layer: Any, x: Array, *, weight: Array) -> Array:
    y = np.empty_like(x)
    for place in np.ndindex(x.shape):
        fellows = x if layer.over == "all" else x[(slice(None), *place[1:])]
        squares = math.fsum(v * v for v in map(float, fellows.flat))
        y[place] = x[place] / math.sqrt(squares / fellows.size + layer.eps) * weight[place[: weight.ndim]]
    return y


def constant(layer: Any, x: Array, *, weight: Array) -> Array:
    y = np.empty_like(x)
    for place in np.ndindex(x.shape):
        y[place] = x[place] + weight[place] if layer.by == "add" else x[place] * weight[place]
    return y


def lrn(layer: Any, x: Array) -> Array:
    y = np.empty_like(x)
    first = -(layer.size // 2)
    for c, h, w in np.ndindex(x.shape):
        around = [n for n in range(c + first, c + first + layer.size) if 0 <= n < len(x)]
        squares = math.fsum(x[n, h, w] ** 2 for n in around)
        y[c, h, w] = x[c, h, w] / (layer.k + layer.alpha * squares / layer.size) ** layer.beta
    return y


def logsoftmax(layer: Any, x: Array) -> Array:
    y = np.empty_like(x)
    axis = "CHW".index(layer.axis)
    for place in np.ndindex(x.shape):
        scores = [float(x[(*place[:axis], n, *place[axis + 1 :])]) for n in range(x.shape[axis])]
        largest = max(scores)
        y[place] = scores[place[axis]] - largest - math.log(math.fsum(math.exp(s - largest) for s in scores))
    return y


def softmax(layer: Any, x: Array) -> Array:
    return each(logsoftmax(layer, x), math.exp)
