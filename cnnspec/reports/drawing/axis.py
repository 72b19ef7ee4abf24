"""The axis of a plot: a range of values with round ticks in it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

WIDE = 30
"""From this ratio of the largest to the smallest value on, a plot's axis is logarithmic."""

CLOSE = 1e-9
"""Values nearer than so much of their size have the axis of a single one: no ticks would tell them apart."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`, which differ, with `ticks` in order; logarithmic where `is_log`."""

    low: float
    high: float
    ticks: tuple[float, ...]
    is_log: bool = False

    def place(self, value: float) -> float:
        """Where a value stands: 0 at the low end, 1 at the high one."""
        if self.is_log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def linear(values: Iterable[float], most: int = 5) -> Axis:
    """An axis around `values` (one at least) that begins and ends at a tick, with about `most` ticks."""
    values = list(values)
    low, high = min(values), max(values)
    if high - low <= CLOSE * max(abs(low), abs(high)):
        low, high = low - (abs(low) / 2 or 0.5), high + (abs(high) / 2 or 0.5)
    step = _round_step((high - low) / (most - 1))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(round(i * step, 12) for i in range(first, last + 1))
    return Axis(ticks[0], ticks[-1], ticks)


def logarithmic(values: Iterable[float]) -> Axis:
    """A logarithmic axis around positive `values`, with ticks at the powers of ten, or at 1, 2 and 5 of each."""
    values = list(values)
    low, high = min(values), max(values)
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    fine = [digit * 10.0**ten for ten in tens for digit in (1, 2, 5)]
    begin = max((tick for tick in fine if tick <= low), default=low)
    end = min((tick for tick in fine if tick >= high and tick > begin), default=high)
    decades = [10.0**ten for ten in tens if begin <= 10.0**ten <= end]
    ticks = decades[:: len(decades) // 7 + 1] if len(decades) > 2 else [tick for tick in fine if begin <= tick <= end]
    return Axis(begin, end, tuple(float(f"{tick:.1g}") for tick in ticks), is_log=True)


def fitting(values: Iterable[float]) -> Axis:
    """The axis on which positive values can be told apart; linear where they are of one size, or not all positive."""
    values = list(values)
    return logarithmic(values) if min(values) > 0 and max(values) >= WIDE * min(values) else linear(values)


def counting(last: int, most: int = 6) -> Axis:
    """An axis over 1 to `last` with ticks at whole numbers; a single one stands in the middle."""
    if last == 1:
        return Axis(0, 2, (1,))
    step = max(1, round(_round_step((last - 1) / most)))
    return Axis(1, last, (1, *range(step if step > 1 else 2, last + 1, step)))


def _round_step(step: float) -> float:
    """The smallest of 1, 2, 5, 10, ... times a power of ten that is no smaller."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= step * (1 - 1e-9))
