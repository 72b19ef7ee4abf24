"""Functions of one value and of two, for a vector of them: what activations, joins and softmax compute.

exp(x) = 2^n * exp(r), n = x/log(2) rounded, by a polynomial in r; tanh by exp, and near 0 by a polynomial of its own:
Moshier's Cephes library, expf and tanhf. log(x) = n*log(2) + log(m), x = 2^n * m, by the series of the inverse
hyperbolic tangent: log(1 + t) = 2*artanh(t/(2 + t)). They are off by no more than two units in the last digit. What is
no number stays so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, nan, pi, sqrt
from typing import Any

from llvmlite import ir

from ..reference.error_function import SINGLE, SLOPE
from .emitter import I32, Emitter
from .layout import FUNCTIONS, JOINS, SLOPES

Value = Any
Function = Callable[[Emitter, Value, Sequence[Value]], Value]
"""Of a vector, and parameters as vectors."""

LOG2E, LN2_HIGH, LN2_LOW = 1.44269504, 0.693359375, -2.12194440e-4
ROUNDING = 12582912.0
"""1.5 * 2^23: a number that is added to it is rounded, and stands in its last bits."""
EXP = (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
TANH = (-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1)
ARTANH = tuple(2 / (2 * k + 1) for k in range(7, 0, -1))
"""Twice its series, from the highest power on to the third: beyond them nothing is left of a third, the largest."""
SMALLEST, HALF_ROOT = 0x00800000, 0x3F3504F3
"""The bits of the smallest number that has all its digits, and those of sqrt(1/2)."""
LOWEST, HIGHEST = -104.0, 89.0
"""Beyond them exp is 0 and infinite in float32."""


def polynomial(e: Emitter, x: Value, coefficients: Sequence[float]) -> Value:
    """The highest power's coefficient first."""
    found = e.constant(coefficients[0])
    for coefficient in coefficients[1:]:
        found = e.multiply_add(found, x, e.constant(coefficient))
    return found


def power(e: Emitter, x: Value) -> tuple[Value, Value, Value]:
    """exp(x); and exp(r) - 1, and whether n is 0."""
    b = e.builder
    whole = ir.VectorType(I32, e.lanes)

    def whole_number(value: int) -> Value:
        return ir.Constant(whole, [value] * e.lanes)

    x = e.clamp(x, e.constant(LOWEST), e.constant(HIGHEST))
    rounding = e.constant(ROUNDING)
    rounded = e.multiply_add(x, e.constant(LOG2E), rounding)
    n = b.fsub(rounded, rounding)
    r = e.multiply_add(n, e.constant(-LN2_LOW), e.multiply_add(n, e.constant(-LN2_HIGH), x))
    less_one = e.multiply_add(polynomial(e, r, EXP), b.fmul(r, r), r)
    exponent = b.sub(b.bitcast(rounded, whole), b.bitcast(rounding, whole))
    half = b.ashr(exponent, whole_number(1))
    found = b.fadd(less_one, e.constant(1))
    for part in (half, b.sub(exponent, half)):  # in two parts: 2^n alone may be no float32
        bits = b.shl(b.add(part, whole_number(127)), whole_number(23))
        found = b.fmul(found, b.bitcast(bits, e.vector))
    return found, less_one, b.icmp_signed("==", exponent, whole_number(0))


def exp(e: Emitter, x: Value, parameters: Sequence[Value] = ()) -> Value:
    return power(e, x)[0]


def less_one(e: Emitter, x: Value) -> Value:
    """exp(x) - 1, right near 0 too."""
    found, near, is_near = power(e, x)
    return e.builder.select(is_near, near, e.builder.fsub(found, e.constant(1)))


def log_above(e: Emitter, t: Value) -> Value:
    """log(1 + t), t from sqrt(1/2) - 1 to 1."""
    b = e.builder
    s = b.fdiv(t, b.fadd(e.constant(2), t))
    square = b.fmul(s, s)
    return e.multiply_add(b.fmul(polynomial(e, square, ARTANH), square), s, b.fadd(s, s))


def log(e: Emitter, x: Value) -> Value:
    b = e.builder
    whole = ir.VectorType(I32, e.lanes)

    def whole_number(value: int) -> Value:
        return ir.Constant(whole, [value] * e.lanes)

    is_tiny = b.icmp_signed("<", b.bitcast(x, whole), whole_number(SMALLEST))
    bits = b.bitcast(b.select(is_tiny, b.fmul(x, e.constant(2.0**23)), x), whole)
    exponent = b.ashr(b.sub(bits, whole_number(HALF_ROOT)), whole_number(23))
    m = b.bitcast(b.sub(bits, b.shl(exponent, whole_number(23))), e.vector)
    n = b.sitofp(b.sub(exponent, b.select(is_tiny, whole_number(23), whole_number(0))), e.vector)
    small = e.multiply_add(n, e.constant(LN2_LOW), log_above(e, b.fsub(m, e.constant(1))))
    found = e.multiply_add(n, e.constant(LN2_HIGH), small)
    found = b.select(b.fcmp_ordered("<", x, e.constant(inf)), found, x)
    found = b.select(b.fcmp_ordered("==", x, e.zeros()), e.constant(-inf), found)
    return b.select(b.fcmp_ordered("<", x, e.zeros()), e.constant(nan), found)


def absolute(e: Emitter, x: Value, parameters: Sequence[Value] = ()) -> Value:
    return e.unary("fabs", x)


def sigmoid(e: Emitter, x: Value, parameters: Sequence[Value] = ()) -> Value:
    b = e.builder
    return b.fdiv(e.constant(1), b.fadd(e.constant(1), exp(e, b.fsub(e.constant(-0.0), x))))


def silu(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    return e.builder.fmul(x, sigmoid(e, x))


def tanh(e: Emitter, x: Value, parameters: Sequence[Value] = ()) -> Value:
    b = e.builder
    size, square = absolute(e, x), b.fmul(x, x)
    t = exp(e, b.fmul(size, e.constant(-2)))
    far = b.fdiv(b.fsub(e.constant(1), t), b.fadd(e.constant(1), t))
    near = e.multiply_add(b.fmul(polynomial(e, square, TANH), square), x, x)
    return b.select(b.fcmp_ordered("<", size, e.constant(0.625)), near, e.signed(far, x))


def gelu(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    """max(x, 0) - a/2 * erfc(a/sqrt(2)), a = |x|, as the NumPy backend has it."""
    b = e.builder
    far = e.constant(16)  # erfc is 0 from here on; gelu of -infinity is no number, as defined
    low, minus = b.select(b.fcmp_ordered("<", far, x), far, x), b.fsub(e.constant(-0.0), x)
    a = b.select(b.fcmp_ordered("<", low, minus), minus, low)
    t = b.fdiv(e.constant(1), e.multiply_add(a, e.constant(SLOPE / sqrt(2)), e.constant(1)))
    tail = b.fmul(polynomial(e, t, [c / 2 for c in SINGLE]), b.fmul(t, a))
    tail = b.fmul(tail, exp(e, b.fmul(b.fmul(a, a), e.constant(-1 / 2))))
    return b.fsub(b.select(b.fcmp_ordered(">", e.zeros(), x), e.zeros(), x), tail)


def gelu_tanh(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    b = e.builder
    slope = e.multiply_add(b.fmul(x, x), e.constant(0.044715 * sqrt(2 / pi)), e.constant(sqrt(2 / pi)))
    gate = b.fadd(tanh(e, b.fmul(slope, x)), e.constant(1))
    return b.fmul(x, b.fmul(gate, e.constant(1 / 2)))


def hardsigmoid(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    slope, offset, *_ = parameters
    return e.clamp(e.multiply_add(x, slope, offset), e.zeros(), e.constant(1))


def hardswish(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    return e.builder.fmul(x, hardsigmoid(e, x, parameters))


def leakyrelu(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    b = e.builder
    return b.select(b.fcmp_ordered("<", x, e.zeros()), b.fmul(x, parameters[0]), x)


def elu(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    """scale*x above 0, below it scale*alpha*(exp(rate*x) - 1)."""
    alpha, rate, scale = parameters
    b = e.builder
    below = b.fmul(alpha, less_one(e, b.fmul(rate, x)))
    return b.fmul(scale, b.select(b.fcmp_ordered(">", x, e.zeros()), x, below))


def falling(e: Emitter, x: Value) -> Value:
    """exp(-|x|)."""
    return exp(e, e.builder.fsub(e.constant(-0.0), absolute(e, x)))


def mish(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    """x * tanh(log(1 + exp(x))), which is a ratio of sums of powers of t = exp(-|x|)."""
    b = e.builder
    t = falling(e, x)
    above, below = e.multiply_add(t, e.constant(2), e.constant(1)), b.fmul(t, b.fadd(t, e.constant(2)))
    is_above = b.fcmp_ordered(">", x, e.zeros())
    over = b.select(is_above, above, below)
    under = b.fadd(over, b.select(is_above, b.fmul(b.fadd(t, t), t), e.constant(2)))
    return b.fmul(x, b.fdiv(over, under))


def softplus(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    """max(x, 0) + log(1 + exp(-|x|))."""
    b = e.builder
    return b.fadd(b.select(b.fcmp_ordered(">", e.zeros(), x), e.zeros(), x), log_above(e, falling(e, x)))


def root(e: Emitter, x: Value, parameters: Sequence[Value] = ()) -> Value:
    return e.unary("sqrt", x)


def scaled(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    return e.builder.fmul(x, parameters[0])


def softsign(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    return e.builder.fdiv(x, e.builder.fadd(e.constant(1), absolute(e, x)))


def thresholdedrelu(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    b = e.builder
    return b.select(b.fcmp_ordered("<=", x, parameters[0]), e.zeros(), x)


def clamp(e: Emitter, x: Value, parameters: Sequence[Value]) -> Value:
    return e.clamp(x, *parameters[:2])


OF_ONE: dict[str, Function] = {
    "abs": absolute,
    "clamp": clamp,
    "elu": elu,
    "exp": exp,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "hardsigmoid": hardsigmoid,
    "hardswish": hardswish,
    "leakyrelu": leakyrelu,
    "mish": mish,
    "root": root,
    "scaled": scaled,
    "sigmoid": sigmoid,
    "silu": silu,
    "softplus": softplus,
    "softsign": softsign,
    "tanh": tanh,
    "thresholdedrelu": thresholdedrelu,
}
assert tuple(OF_ONE) == FUNCTIONS


def bend(e: Emitter, x: Value, slope: Value) -> Value:
    """max(x, 0) + slope*min(x, 0)."""
    b, zero = e.builder, e.zeros()
    above = b.select(b.fcmp_ordered(">", zero, x), zero, x)
    below = b.select(b.fcmp_ordered("<", zero, x), zero, x)
    return b.fadd(above, b.fmul(slope, below))


def larger(e: Emitter, x: Value, y: Value) -> Value:
    return _chosen(e, ">", x, y)


def smaller(e: Emitter, x: Value, y: Value) -> Value:
    return _chosen(e, "<", x, y)


def _chosen(e: Emitter, comparison: str, x: Value, y: Value) -> Value:
    """What is no number wins."""
    b = e.builder
    goes_first = b.fcmp_ordered(comparison, x, y)
    return b.select(b.or_(goes_first, b.fcmp_unordered("uno", x, x)), x, y)


OF_TWO: dict[str, Callable[[Emitter, Value, Value], Value]] = {
    "add": lambda e, x, y: e.builder.fadd(x, y),
    "bend": bend,
    "divide": lambda e, x, y: e.builder.fdiv(x, y),
    "larger": larger,
    "multiply": lambda e, x, y: e.builder.fmul(x, y),
    "smaller": smaller,
    "subtract": lambda e, x, y: e.builder.fsub(x, y),
}
assert tuple(OF_TWO) == JOINS


def _where(e: Emitter, condition: Value, x: Value) -> Value:
    """x, and 0 where the condition does not hold, whatever x is there."""
    return e.builder.select(condition, x, e.zeros())


def between(e: Emitter, dy: Value, y: Value, parameters: Sequence[Value]) -> Value:
    """Nothing goes back where y is at a limit, or no number."""
    b = e.builder
    low, high, *_ = parameters
    return _where(e, b.and_(b.fcmp_ordered(">", y, low), b.fcmp_ordered("<", y, high)), dy)


OF_GRADIENT: dict[str, Callable[[Emitter, Value, Value, Sequence[Value]], Value]] = {
    "between": between,
    "relu": lambda e, dy, y, _: _where(e, e.builder.fcmp_unordered("!=", y, e.zeros()), dy),
    "sigmoid": lambda e, dy, y, _: e.builder.fmul(dy, e.builder.fmul(y, e.builder.fsub(e.constant(1), y))),
    "tanh": lambda e, dy, y, _: e.builder.fmul(dy, e.builder.fsub(e.constant(1), e.builder.fmul(y, y))),
}
assert tuple(OF_GRADIENT) == SLOPES
