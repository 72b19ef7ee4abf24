"""Which cells a cell hangs on, along one axis: the receptive field, exact also behind layers that enlarge.

After Araujo, Norris, Sim: "Computing Receptive Fields of Convolutional Neural Networks", Distill 2019. There a
field moves by a fixed number of cells. Behind a transposed convolution of stride 2 it moves at every other cell,
and cells in between may see less: what repeats is a pattern of 2 cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import gcd, lcm
from operator import sub
from typing import NamedTuple

LONGEST = 256
"""Cells of the longest pattern that is worked out: 8 levels of a U-Net."""


class ReceptiveField(NamedTuple):
    """Cell i looks at cells `starts[i]` to `ends[i]`, and one pattern (`period` cells) further on at those
    `effective_stride` further on. Cells are counted from the axis' first; padding goes on below 0 and past the end.

    A cell that looks at nothing, between two windows of a transposed convolution, has its last before its first.
    """

    starts: tuple[int, ...] = (0,)
    ends: tuple[int, ...] = (0,)
    effective_stride: int = 1

    @property
    def period(self) -> int:
        return len(self.starts)

    @property
    def size(self) -> int:
        """Cells from the first to the last that a cell looks at, at most."""
        sizes: Iterable[int] = map(sub, self.ends, self.starts)
        return max(sizes) + 1

    def first(self, i: int) -> int:
        return _seen(self.starts, self.effective_stride, (i,))[0]

    def last(self, i: int) -> int:
        return _seen(self.ends, self.effective_stride, (i,))[0]

    @property
    def is_ordered(self) -> bool:
        """Later cells look later. A dilated transposed convolution mixes the order."""
        if self.period == 1:
            return self.effective_stride >= 0
        ends = ((*cells, cells[0] + self.effective_stride) for cells in (self.starts, self.ends))
        return all(a <= b for cells in ends for a, b in pairwise(cells))

    def hull(self, a: int, b: int) -> tuple[int, int]:
        """First and last of all that cells a to b look at."""
        if b < a:
            return self.first(a), self.first(a) - 1
        # A whole pattern away everything lies `effective_stride` further on.
        near = range(a, min(b, a + self.period - 1) + 1), range(max(a, b - self.period + 1), b + 1)
        return min(map(self.first, near[0])), max(map(self.last, near[1]))

    def after(self, field: ReceptiveField) -> ReceptiveField | None:
        """What a cell sees that looks like this at cells which themselves look like `field`."""
        if self is IDENTITY or self == IDENTITY:
            return field
        patterns = field.period // gcd(field.period, self.effective_stride)
        period = self.period * patterns
        stride = patterns * self.effective_stride // field.period * field.effective_stride
        if period > LONGEST:
            return None
        first = _seen(self.starts, self.effective_stride, range(period))
        last = _seen(self.ends, self.effective_stride, range(period))
        if field.is_ordered:
            starts = _seen(field.starts, field.effective_stride, first)
            return ReceptiveField(starts, _seen(field.ends, field.effective_stride, last), stride)
        return periodic(period, stride, lambda i: field.hull(first[i], last[i]))


IDENTITY = ReceptiveField()
"""Each cell looks at its own place alone."""

ReceptiveFields = tuple[ReceptiveField | None, ReceptiveField | None]
"""Rows and columns; None where a cell has no place in the image any more."""

NOT_SPATIAL: ReceptiveFields = (None, None)


def _seen(pattern: tuple[int, ...], stride: int, cells: Iterable[int]) -> tuple[int, ...]:
    """What a pattern that goes on in both directions says of `cells`."""
    period = len(pattern)
    return tuple([pattern[i % period] + i // period * stride for i in cells])


def offset(cells: int) -> ReceptiveField:
    """Each cell looks at the one that lies `cells` further on."""
    return ReceptiveField((cells,), (cells,))


def periodic(period: int, stride: int, span: Callable[[int], tuple[int, int]]) -> ReceptiveField | None:
    """Cells that look at `span(i)`, for i below `period`; None for a pattern too long to work out."""
    if period > LONGEST:
        return None
    starts, ends = zip(*map(span, range(period)), strict=True)
    return ReceptiveField(starts, ends, stride)


def union(receptive_fields: Sequence[ReceptiveField | None]) -> ReceptiveField | None:
    """What cells see that look along several paths: from the first of all to the last of all.

    Paths of different pace drift apart over the image; then the longest one counts.
    """
    if len(receptive_fields) == 1:
        return receptive_fields[0]
    paths = dict.fromkeys(receptive_fields)
    known = [path for path in paths if path is not None]
    if len(known) < len(paths) or not known:
        return None
    if len(known) == 1:
        return known[0]
    period = lcm(*(path.period for path in known))
    effective_strides = {path.effective_stride * (period // path.period) for path in known}
    if len(effective_strides) > 1:
        return max(known, key=lambda path: (path.size, path.effective_stride / path.period))
    return periodic(
        period,
        effective_strides.pop(),
        lambda i: (min(path.first(i) for path in known), max(path.last(i) for path in known)),
    )


def compose(receptive_field: ReceptiveField | None, fields: Sequence[ReceptiveField | None]) -> ReceptiveField | None:
    """The field of cells that look like `receptive_field` at cells which themselves look like `fields`."""
    field = union(fields)
    return None if receptive_field is None or field is None else receptive_field.after(field)
