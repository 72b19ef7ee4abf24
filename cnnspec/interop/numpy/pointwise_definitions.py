"""The same for what works value by value, and along one axis."""

import math

import numpy as np

from ..code.shared_definitions import Array


def relu(x: Array) -> Array:
    """x above 0, else 0."""
    return np.maximum(x, 0)


def relu6(x: Array) -> Array:
    """x between 0 and 6."""
    return np.clip(x, 0, 6)


def leakyrelu(x: Array, slope: float) -> Array:
    """x above 0, below it times the slope."""
    return np.maximum(x, 0) + slope * np.minimum(x, 0)


def thresholdedrelu(x: Array, alpha: float) -> Array:
    """x above alpha, else 0."""
    return np.where(x <= alpha, x.dtype.type(0), x)


def elu(x: Array, alpha: float) -> Array:
    """x above 0, below it alpha * (exp(x) - 1)."""
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0))


def celu(x: Array, alpha: float) -> Array:
    """x above 0, below it alpha * (exp(x / alpha) - 1)."""
    return np.maximum(x, 0) + alpha * np.expm1(np.minimum(x, 0) / alpha)


def selu(x: Array) -> Array:
    """An ELU whose outputs keep mean 0 and variance 1."""
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    return scale * elu(x, alpha)


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), without exp of what is large."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def silu(x: Array) -> Array:
    """x * sigmoid(x)."""
    return x * sigmoid(x)


def hardsigmoid(x: Array, slope: float, offset: float) -> Array:
    """slope * x + offset between 0 and 1."""
    return np.clip(slope * x + offset, 0, 1)


def hardswish(x: Array) -> Array:
    """x * (x + 3) / 6, the second factor between 0 and 1."""
    return x * np.clip(x + 3, 0, 6) / 6


def softplus(x: Array) -> Array:
    """log(1 + exp(x))."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softsign(x: Array) -> Array:
    """x / (1 + |x|)."""
    return x / (1 + np.abs(x))


def mish(x: Array) -> Array:
    """x * tanh(softplus(x))."""
    return x * np.tanh(softplus(x))


def gelu(x: Array) -> Array:
    """x times the share of the normal distribution that lies below x."""
    values = np.frompyfunc(math.erf, 1, 1)(x * 0.5**0.5).astype(x.dtype)
    return x / 2 * (1 + values)


def gelu_tanh(x: Array) -> Array:
    """An approximation of gelu."""
    return x / 2 * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)))


def softmax(x: Array, axis: int = 1) -> Array:
    """exp(x) / sum(exp(x)), the largest taken off first."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def logsoftmax(x: Array, axis: int = 1) -> Array:
    """The logarithm of softmax."""
    x = x - x.max(axis=axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=axis, keepdims=True))


def sqrt(x: Array) -> Array:
    """The root of x; NaN below 0."""
    with np.errstate(invalid="ignore"):
        return np.sqrt(x)
