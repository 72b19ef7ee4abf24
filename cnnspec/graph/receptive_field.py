"""Which cells a cell hangs on, along one axis: the receptive field, exact also behind layers that enlarge.

After Araujo, Norris, Sim: "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019. There a
field moves by a fixed number of cells. Behind a transposed convolution of stride 2 it moves at every other cell,
and cells in between may see less: what repeats is a pattern of 2 cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import gcd, lcm

LONGEST = 256
"""Cells of the longest pattern that is worked out: 8 levels of a U-Net."""


@dataclass(frozen=True)
class Reach:
    """Cell i looks at cells `firsts[i]` to `lasts[i]`, and one pattern (`period` cells) further on at those `shift`
    further on. Cells are counted from the axis' first; padding goes on below 0 and past the end.

    A cell that looks at nothing, between two windows of a transposed convolution, has its last before its first.
    """

    firsts: tuple[int, ...] = (0,)
    lasts: tuple[int, ...] = (0,)
    shift: int = 1

    @property
    def period(self) -> int:
        return len(self.firsts)

    @property
    def size(self) -> int:
        """Cells from the first to the last that a cell looks at, at most."""
        return max(last - first for first, last in zip(self.firsts, self.lasts, strict=True)) + 1

    def first(self, i: int) -> int:
        return _ends(self.firsts, self.shift, (i,))[0]

    def last(self, i: int) -> int:
        return _ends(self.lasts, self.shift, (i,))[0]

    @cached_property
    def is_ordered(self) -> bool:
        """Later cells look later. A dilated transposed convolution mixes the order."""
        ends = ((*cells, cells[0] + self.shift) for cells in (self.firsts, self.lasts))
        return all(a <= b for cells in ends for a, b in pairwise(cells))

    def hull(self, a: int, b: int) -> tuple[int, int]:
        """First and last of all that cells a to b look at."""
        if b < a:
            return self.first(a), self.first(a) - 1
        # A whole pattern away everything lies `shift` further on.
        near = range(a, min(b, a + self.period - 1) + 1), range(max(a, b - self.period + 1), b + 1)
        return min(map(self.first, near[0])), max(map(self.last, near[1]))

    def through(self, field: Reach) -> Reach | None:
        """What a cell sees that looks like this at cells which themselves look like `field`."""
        if self == CELL:
            return field
        patterns = field.period // gcd(field.period, self.shift)
        period, shift = self.period * patterns, patterns * self.shift // field.period * field.shift
        if period > LONGEST:
            return None
        begins, ends = (_ends(cells, self.shift, range(period)) for cells in (self.firsts, self.lasts))
        if field.is_ordered:
            return Reach(_ends(field.firsts, field.shift, begins), _ends(field.lasts, field.shift, ends), shift)
        return repeating(period, shift, lambda i: field.hull(begins[i], ends[i]))


CELL = Reach()
"""Each cell looks at its own place alone."""

Reaches = tuple[Reach | None, Reach | None]
"""Rows and columns; None where a cell has no place in the image any more."""

PLACELESS: Reaches = (None, None)


def _ends(pattern: tuple[int, ...], shift: int, cells: Iterable[int]) -> tuple[int, ...]:
    """What a pattern that goes on in both directions says of `cells`."""
    period = len(pattern)
    return tuple([pattern[i % period] + i // period * shift for i in cells])


def moved(cells: int) -> Reach:
    """Each cell looks at the one that lies `cells` further on."""
    return Reach((cells,), (cells,))


def repeating(period: int, shift: int, span: Callable[[int], tuple[int, int]]) -> Reach | None:
    """The reach of cells that look at `span(i)`, for i below `period`; None for a pattern too long to work out."""
    if period > LONGEST:
        return None
    firsts, lasts = zip(*map(span, range(period)), strict=True)
    return Reach(firsts, lasts, shift)


def together(reaches: Iterable[Reach | None]) -> Reach | None:
    """What cells see that look along several paths: from the first of all to the last of all.

    Paths of different pace drift apart over the image; then the longest one counts.
    """
    paths = dict.fromkeys(reaches)
    known = [path for path in paths if path is not None]
    if len(known) < len(paths) or not known:
        return None
    if len(known) == 1:
        return known[0]
    period = lcm(*(path.period for path in known))
    shifts = {path.shift * (period // path.period) for path in known}
    if len(shifts) > 1:
        return max(known, key=lambda path: (path.size, path.shift / path.period))
    return repeating(
        period,
        shifts.pop(),
        lambda i: (min(path.first(i) for path in known), max(path.last(i) for path in known)),
    )


def behind(reach: Reach | None, fields: Iterable[Reach | None]) -> Reach | None:
    """The field of cells that look like `reach` at cells which themselves look like `fields`."""
    field = together(fields)
    return None if reach is None or field is None else reach.through(field)
