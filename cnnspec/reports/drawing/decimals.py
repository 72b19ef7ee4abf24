"""Numbers as they are shown: so many significant digits, equal decimals within a grid."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ...graph.array import Array

LEAST, MOST = 1e-3, 1e6
"""A grid whose largest number is beyond these has powers of ten."""


class Decimals(NamedTuple):
    """How many significant digits a number has, and a grid's largest."""

    digits: int = 4

    def one(self, value: float) -> str:
        """A whole number is as short as it can be; what was rounded has all its digits: 5 is 5, but 4.9996 5.000."""
        value += 0.0  # no sign before a 0
        return f"{value:.{self.digits}g}" if value.is_integer() or self.digits == 1 else f"{value:#.{self.digits}g}"

    def grid(self, values: Array) -> list[list[str]]:
        """The numbers of an array (rows, columns), all as wide; whole ones, if they all are, without decimals."""
        finite = np.abs(values[np.isfinite(values)])
        largest = float(finite.max(initial=0.0))
        if largest and not LEAST <= largest < MOST:
            texts = [[f"{value:.{self.digits - 1}e}" for value in row] for row in values.tolist()]
        else:
            decimals = max(0, self.digits - 1 - (math.floor(math.log10(largest)) if largest >= 1 else 0))
            decimals *= bool((values != np.floor(values)).any())
            texts = [[_signed(value, decimals) for value in row] for row in values.tolist()]
        width = max((len(text) for row in texts for text in row), default=0)
        return [[text.rjust(width) for text in row] for row in texts]


def _signed(value: float, decimals: int) -> str:
    """What rounds to 0 has no sign; an exact 0 is short."""
    text = f"{value:.{decimals}f}"
    if value == 0:
        return "0"
    return text.removeprefix("-") if float(text) == 0 else text
