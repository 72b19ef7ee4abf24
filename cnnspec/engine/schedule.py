"""Which work items must be done before another one may begin.

All items of a plan stand in one list, in an order in which they can be carried out one by one. Each needs a number of
items from the start of that list. Most layers make their output from top to bottom, image after image, so an item of
the next one needs no more than those above it: layers overlap, and threads seldom wait for each other.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..graph.window import SlidingWindow
from ..kernels.strips import Call, Strip

WorkItem = list[Call]


@dataclass(frozen=True, slots=True)
class Stage:
    """Items that hang on earlier stages only, for an operation or a part of one.

    Where they make its output from top to bottom, `rows_written` says how many of its rows, counted over all images,
    exist once an item and those before it are done, and `rows_read` how many rows of an input an item needs. An input
    that is not in `rows_read` is needed as a whole. `ranks` says which item lies above which, where that is not their
    order.
    """

    items: Sequence[WorkItem]
    rows_written: Sequence[int] = ()
    rows_read: Mapping[str, Sequence[int]] = field(default_factory=dict)
    ranks: Sequence[int] = ()


def ranks(strips: Sequence[Strip]) -> list[int]:
    """The number of each strip when all are put in order from top to bottom."""
    order = sorted(range(len(strips)), key=lambda i: (strips[i].n0, strips[i].r0))
    return [order.index(i) for i in range(len(strips))]


def rows_written(strips: Sequence[Strip], H: int, K: int) -> list[int]:
    """Rows of an output (n, H, W, K) behind each strip; none where strips hold a part of the channels."""
    return [] if any(strip.k1 - strip.k0 < K for strip in strips) else ends(strips, H)


def ends(strips: Iterable[Strip], H: int) -> list[int]:
    """Rows of images of H rows down to the end of each strip."""
    return [(strip.n1 - 1) * H + strip.r1 for strip in strips]


def rows_read(strips: Iterable[Strip], window: SlidingWindow) -> list[int]:
    """Rows of the input that each strip looks at, through windows that slide along the rows; one at least, for with the
    first row comes the border, which a strip of padding alone looks at, too."""
    below = ((s.n1 - 1, (s.r1 - 1) * window.S + window.extent - window.before) for s in strips)
    return [images * window.size + min(window.size, max(1, rows)) for images, rows in below]


class Schedule:
    """The list, while it grows. `overlaps` tells whether an operation writes where another one reads."""

    def __init__(self, overlaps: Callable[[str, str], bool]) -> None:
        self.items: list[WorkItem] = []
        self.needs: list[int] = []
        self.places: list[float] = []
        """Where in its layer an item lies, from 0 at the top to 1: a thread that takes those of a place in each layer
        finds what it made of the layer before in its core's cache."""
        self._overlaps = overlaps
        self._name = ""
        self._first = 0
        self._written: Sequence[int] = ()

    def alone(self, calls: Iterable[Call]) -> None:
        """Calls for one thread, behind all that came before: with the last item, if that was such a one."""
        if self._first == len(self.items) - 1 and not self._written:
            self.items[-1].extend(calls)
            return
        self._append(list(calls), len(self.items), 0.0)
        self._name, self._first, self._written = "", len(self.items) - 1, ()

    def shared(self, name: str, reads: Iterable[str], stage: Stage) -> None:
        """A stage of the operation `name`, which reads the tensors `reads`."""
        begin = len(self.items)
        whole = not self._written or name == self._name or self._overlaps(name, self._name)
        rows = stage.rows_read.get(self._name) if self._name in reads else [0] * len(stage.items)
        count = len(stage.items)
        for i, item in enumerate(stage.items):
            place = (stage.ranks[i] if stage.ranks else i) / count
            if whole or rows is None:
                self._append(item, begin, place)
            else:
                self._append(item, self._first + (bisect_left(self._written, rows[i]) + 1 if rows[i] else 0), place)
        self._name, self._first, self._written = name, begin, stage.rows_written

    def _append(self, item: WorkItem, need: int, place: float) -> None:
        self.items.append(item)
        self.needs.append(need)
        self.places.append(place)
