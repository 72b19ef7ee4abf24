"""Neighbouring outputs along an axis that see the same taps of what lies there; those beside it are left out."""

from __future__ import annotations

from itertools import compress, groupby
from typing import NamedTuple

from .....graph.window import SlidingWindow
from ..phases import Phase


class Run(NamedTuple):
    """`length` outputs from `first` on, in the axis' steps: the `taps` that all of them see, and the `cells` in which
    these lie for the first of them."""

    first: int
    length: int
    taps: tuple[int, ...]
    cells: tuple[int, ...]


def runs(window: SlidingWindow) -> list[Run]:
    """All outputs of an axis, in order."""
    cells = tuple(range(window.first, window.first + window.extent, window.D))
    return _alike(Run(0, window.outputs, tuple(range(window.F)), cells), 1, window.S, window.size)


def runs_back(window: SlidingWindow, axis: list[Phase]) -> list[Run]:
    """All cells of the axis on the way back, phase by phase, S apart in each: what they see are outputs."""
    return [run for phase in axis for run in _alike(Run(*phase), window.S, 1, window.outputs)]


def _alike(whole: Run, step: int, S: int, size: int) -> list[Run]:
    """The runs of one whose taps may lie beside the `size` cells that there are: its outputs are a `step` apart, and
    see what lies `S` apart."""

    def seen(output: int) -> list[bool]:
        return [0 <= cell + output * S < size for cell in whole.cells]

    found = []
    for is_seen, outputs in groupby(range(whole.length), seen):
        first, *others = outputs
        taps = tuple(compress(whole.taps, is_seen))
        cells = tuple(cell + first * S for cell in compress(whole.cells, is_seen))
        found.append(Run(whole.first + first * step, 1 + len(others), taps, cells))
    return found
