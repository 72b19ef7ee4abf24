"""The error function's complement, which NumPy lacks.

In double precision by rational functions on three intervals: Cody, "Rational Chebyshev Approximations for the Error
Function", Mathematics of Computation 23, 1969. In single precision by one formula for all values, of the form that
Abramowitz and Stegun give ("Handbook of Mathematical Functions", 1964, 7.1.26):

    erfc(y) = t * (c0 + c1*t + ... + c7*t**7) * exp(-y*y),  t = 1 / (1 + SLOPE*y),  y >= 0

with coefficients of our own: theirs bound the absolute error, these the relative one, to 1.6e-7 for y up to 10.3;
beyond, erfc is 0 in float32. They come of weighted least squares, weights shifted to the largest errors (Lawson, 1961).
"""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from ...graph.array import Array

NEAR, FAR = 0.46875, 4.0
VANISHED = 30.0  # erfc is 0 in float64 from 27 on, and the squares of what is larger might overflow

# Numerator and denominator, highest power first.
Ratio = tuple[tuple[float, ...], tuple[float, ...]]
ERF: Ratio = (
    (
        1.85777706184603153e-1, 3.16112374387056560, 1.13864154151050156e2, 3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)  # fmt: skip
MIDDLE: Ratio = (
    (
        2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1,
        2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
        3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
    ),
)  # fmt: skip
TAIL: Ratio = (
    (
        1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
        1.60837851487422766e-2, 6.58749161529837803e-4,
    ),
    (
        1.0, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)  # fmt: skip
SLOPE = 0.4375
SINGLE = (
    0.071983597, -0.286402684, 0.318249601, -0.0358047194, 0.223034864, 0.214430833, 0.247711875, 0.246796787,
)  # fmt: skip


def erfc(x: Array) -> Array:
    """1 - erf(x): 2/sqrt(pi) times the integral of exp(-t*t) from x on. Tiny values keep their digits."""
    y = np.minimum(np.abs(x), VANISHED)
    if x.dtype == np.float32:
        e = _single(y)
    else:
        e = np.piecewise(y, [y <= NEAR, (y > NEAR) & (y <= FAR)], [_near, _middle, _tail])
    return np.abs(2 * (x < 0).astype(x.dtype) - e)  # 2 - e below 0


def _single(y: Array) -> Array:
    t = 1 / (1 + SLOPE * y)
    return t * _polynomial(SINGLE, t) * _bell(y)


def _near(y: Array) -> Array:
    return 1 - y * _ratio(ERF, y * y)


def _middle(y: Array) -> Array:
    return _bell(y) * _ratio(MIDDLE, y)


def _tail(y: Array) -> Array:
    z = 1 / (y * y)
    return _bell(y) / y * (1 / sqrt(pi) - z * _ratio(TAIL, z))


def _bell(y: Array) -> Array:
    """exp(-y*y) by way of y cut to sixteenths: its square is exact, and exp would magnify a rounded one."""
    cut = np.trunc(y * 16) / 16
    return np.asarray(np.exp(-cut * cut) * np.exp((cut - y) * (cut + y)))


def _ratio(ratio: Ratio, x: Array) -> Array:
    above, below = (_polynomial(coefficients, x) for coefficients in ratio)
    return above / below


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    total = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        total *= x
        total += coefficient
    return total
