"""What is told of a cell, and how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ....graph.shape import Shape
from ...drawing.decimals import Decimals
from ..cell import Cell
from ..sources import Source


@dataclass(frozen=True, eq=False)
class Told:
    """A value of `input` or of a layer: its `cell` (None for `input`), the cells of the input that it hangs on, rows
    and columns from first to last (None where it has no place in the image), and the `trail` to follow, if asked for:
    each further cell with the source that led on from it."""

    name: str
    place: Shape
    value: float
    cell: Cell | None
    sees: tuple[tuple[int, int], tuple[int, int]] | None = None
    trail: Sequence[tuple[Told, Source | None]] = ()
    class_name: str = ""


@dataclass(frozen=True)
class Amount:
    """`channels` whose grids are shown, `terms` that are listed; the others are told together."""

    channels: int = 2
    terms: int = 5
    decimals: Decimals = field(default_factory=Decimals)
