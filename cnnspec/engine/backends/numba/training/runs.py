"""Neighbouring outputs along an axis whose windows see the same taps of what lies there."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from .....graph.window import SlidingWindow


class Run(NamedTuple):
    """`length` outputs from `first` on: their windows see `taps` taps from number `tap` on, for the first output from
    the axis' cell `cell` on."""

    first: int
    length: int
    cell: int
    taps: int
    tap: int


def runs(window: SlidingWindow) -> list[Run]:
    """All outputs of an axis, in order."""
    found = []
    for (tap, taps), outputs in groupby(range(window.outputs), lambda i: _seen(window, i)):
        first, *others = outputs
        found.append(Run(first, 1 + len(others), window.inside(first).first, taps, tap))
    return found


def _seen(window: SlidingWindow, output: int) -> tuple[int, int]:
    """The number of the first tap that is seen, and how many are."""
    seen = window.inside(output)
    return (seen.first - window.read_at(output).first) // window.D, seen.length
