"""GELU in calls that take no memory of their own, in float32:

    gelu(x) = max(x, 0) - a/2 * erfc(a/sqrt(2)),  a = |x|

erfc by the formula that `kernels.error_function` has for single precision; exp(-a*a/2) in one go, which is not done
there: far below 0, where gelu(x) is tiny, that costs some of its last digits (a relative error of 2.2e-6 at -9).
"""

from __future__ import annotations

from functools import partial
from math import pi, sqrt
from typing import Any

import numpy as np

from ....graph.array import Array
from ....kernels.reference.error_function import SINGLE, SLOPE
from ....kernels.strips import Call, Scratch

VANISHED = np.float32(16)
"""From here on erfc is 0 in float32; 0 times infinity would not be."""


def gelu(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    """Calls that apply it to x, which they may spoil, and write to out of the same shape."""
    return (_by_tanh if layer.approx == "tanh" else _by_erfc)(x, out, scratch)


def _by_erfc(x: Array, out: Array, scratch: Scratch) -> list[Call]:
    a, t, tail = (scratch.take(*x.shape) for _ in range(3))
    calls: list[Call] = [
        # |x|, where that is above `VANISHED` and x is positive `VANISHED`: gelu of -infinity is no number, as defined.
        partial(np.minimum, x, VANISHED, out=a),
        partial(np.negative, x, out=t),
        partial(np.maximum, a, t, out=a),
        partial(np.multiply, a, np.float32(SLOPE / sqrt(2)), out=t),
        partial(np.add, t, np.float32(1), out=t),
        partial(np.reciprocal, t, out=t),
        partial(np.multiply, t, np.float32(SINGLE[0] / 2), out=tail),
    ]
    for coefficient in SINGLE[1:]:
        calls += [partial(np.add, tail, np.float32(coefficient / 2), out=tail), partial(np.multiply, tail, t, out=tail)]
    return [
        *calls,
        partial(np.multiply, tail, a, out=tail),
        partial(np.multiply, a, a, out=a),
        partial(np.multiply, a, np.float32(-1 / 2), out=a),
        partial(np.exp, a, out=a),
        partial(np.multiply, tail, a, out=tail),
        partial(np.maximum, x, np.float32(0), out=x),
        partial(np.subtract, x, tail, out=out),
    ]


def _by_tanh(x: Array, out: Array, scratch: Scratch) -> list[Call]:
    """x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715*x**3)))."""
    gate = scratch.take(*x.shape)
    return [
        partial(np.multiply, x, x, out=gate),
        partial(np.multiply, gate, np.float32(0.044715 * sqrt(2 / pi)), out=gate),
        partial(np.add, gate, np.float32(sqrt(2 / pi)), out=gate),
        partial(np.multiply, gate, x, out=gate),
        partial(np.tanh, gate, out=gate),
        partial(np.add, gate, np.float32(1), out=gate),
        partial(np.multiply, gate, np.float32(1 / 2), out=gate),
        partial(np.multiply, x, gate, out=out),
    ]
