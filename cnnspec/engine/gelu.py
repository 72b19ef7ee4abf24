"""GELU in calls: NumPy lacks the error function, and what stands in for it in `kernels` chooses value by value.

For float32 one formula serves all values:

    gelu(x) = max(x, 0) - a/2 * erfc(a/sqrt(2)),  a = |x|
    erfc(z) = t*(A1 + t*(A2 + ... t*A5)) * exp(-z*z),  t = 1/(1 + P*z)

Error: below 1.5e-7 in erfc, as large as float32's own rounding.
Abramowitz, Stegun: "Handbook of Mathematical Functions", 1964, 7.1.26.
"""

from __future__ import annotations

from functools import partial
from math import pi, sqrt
from typing import Any

import numpy as np

from ..kernels.strips import Call, Scratch
from ..kernels.windows import Array

P = 0.3275911
A = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)
VANISHED = np.float32(16)
"""From here on erfc is 0 in float32, and the square of what is larger might be infinite."""


def gelu(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    """Calls that apply it to x, which they may spoil, and write to out of the same shape."""
    return (_by_tanh if layer.approx == "tanh" else _by_erfc)(x, out, scratch)


def _by_erfc(x: Array, out: Array, scratch: Scratch) -> list[Call]:
    a, t, tail = (scratch.take(*x.shape) for _ in range(3))
    calls: list[Call] = [
        partial(np.abs, x, out=a),
        partial(np.minimum, a, VANISHED, out=a),
        partial(np.multiply, a, np.float32(P / sqrt(2)), out=t),
        partial(np.add, t, np.float32(1), out=t),
        partial(np.reciprocal, t, out=t),
        partial(np.multiply, t, np.float32(A[-1]), out=tail),
    ]
    for coefficient in A[-2::-1]:
        calls += [partial(np.add, tail, np.float32(coefficient), out=tail), partial(np.multiply, tail, t, out=tail)]
    return [
        *calls,
        partial(np.multiply, tail, a, out=tail),
        partial(np.multiply, a, a, out=a),
        partial(np.multiply, a, np.float32(-1 / 2), out=a),
        partial(np.exp, a, out=a),
        partial(np.multiply, tail, a, out=tail),
        partial(np.multiply, tail, np.float32(1 / 2), out=tail),
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
