"""Limits of processor time that move with the machine: a slow one is given more, and all are given plenty.

A limit is there to find work that grows without bound, by a factor of hundreds. It does not measure speed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from time import process_time

MARGIN = 20
ORDINARY = 0.014
"""Seconds that `yardstick` takes on an ordinary machine of today."""


@cache
def slowness() -> float:
    """How many times longer than an ordinary machine this one takes; at least 1."""
    return max(1.0, min(yardstick() for _ in range(3)) / ORDINARY)


def yardstick() -> float:
    """Seconds of the processor that a fixed piece of Python takes."""
    begun = process_time()
    found: dict[str, int] = {}
    for number in range(100_000):
        word = str(number % 1000)
        found[word] = found.get(word, 0) + number
    return process_time() - begun


def limit(seconds: float) -> float:
    """The most that may be used here by what takes `seconds` on an ordinary machine."""
    return MARGIN * slowness() * seconds


@contextmanager
def about(seconds: float) -> Iterator[None]:
    """The block takes about so many seconds of the processor on an ordinary machine, `MARGIN` times that at most."""
    begun = process_time()
    yield
    assert process_time() - begun < limit(seconds)
