"""Runs of lines that come more than once in a page: places with equal lines.

A join of which one branch is a shortcut is seen in two ways: as it stands, and as the lines of its other branch alone.
So a run is found once within such a join and once without one, and is a block for both.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from .outline import Item, kind_of

LONGEST = 48
"""Lines of a run at most."""
WORK = 100_000
"""Places and lengths of runs that are compared in a round, at most."""


class Place(NamedTuple):
    """A run in a list; `counts` where what stands in it is written there. Of the join `opened`, if there is one in it,
    only the longer branch is compared."""

    items: list[Item]
    start: int
    end: int
    counts: bool
    opened: int | None = None

    @property
    def first(self) -> int:
        return self.items[self.start].first

    @property
    def last(self) -> int:
        return self.items[self.end - 1].last

    @property
    def lines(self) -> int:
        return sum(item.lines for item in self.items[self.start : self.end])

    def body(self) -> list[Item]:
        """The lines of the run as they are compared."""
        if self.opened is None:
            return self.items[self.start : self.end]
        branch, _ = _sides(self.items[self.opened])
        return [*self.items[self.start : self.opened], *branch, *self.items[self.opened + 1 : self.end]]

    def join(self) -> Hashable:
        """The join that is opened, and where; None without one. In the uses of a block all are the same."""
        if self.opened is None:
            return None
        item = self.items[self.opened]
        return self.opened - self.start, len(_sides(item)[0]), kind_of(item), tuple(item.own), item.fields

    def shortcut(self) -> int | None:
        """How many lines the shortcut of that join has."""
        return None if self.opened is None else len(_sides(self.items[self.opened])[1])


class Cell(NamedTuple):
    """A line as it is compared: number `at` of its list, or of a branch of the join of that number. A run may begin
    or end with it. So many joins are opened up to here."""

    token: Hashable
    at: int
    begins: bool = True
    ends: bool = True
    is_opened: bool = False
    opened: int = 0


class View(NamedTuple):
    """A way to see a list: as it stands, or with joins `opened`."""

    items: list[Item]
    counts: bool
    cells: list[Cell]
    opened: list[int]

    def place(self, start: int, length: int) -> Place | None:
        """A run, if it is one: whole lines of the list. With opened joins one of them is in it, as without any it is
        seen in the list as it stands."""
        first, last = self.cells[start], self.cells[start + length - 1]
        if not (first.begins and last.ends):
            return None
        if not self.opened:
            return Place(self.items, first.at, last.at + 1, self.counts)
        if last.opened - first.opened + first.is_opened != 1:
            return None
        return Place(self.items, first.at, last.at + 1, self.counts, self.opened[last.opened - 1])


def repeated_runs(items: list[Item]) -> Iterator[list[Place]]:
    """Places of equal runs, for every run that comes more than once, short ones first."""
    views = [view for each, counts in _lists(items, True, set()) for view in _views(each, counts)]
    longest = max(4, min(LONGEST, WORK // max(1, sum(len(view.cells) for view in views))))
    groups = [[(view, start) for view in views for start, cell in enumerate(view.cells) if cell.begins]]
    for length in range(1, longest + 1):
        further: dict[tuple[int, Hashable], list[tuple[View, int]]] = {}
        for number, group in enumerate(groups):
            for view, start in group:
                if start + length <= len(view.cells):
                    further.setdefault((number, view.cells[start + length - 1].token), []).append((view, start))
        groups = [group for group in further.values() if len(group) > 1]
        for group in groups:
            view, start = group[0]
            if not _is_periodic([cell.token for cell in view.cells[start : start + length]]):
                places = [place for view, start in group if (place := view.place(start, length)) is not None]
                if len(places) > 1:
                    yield places


def apart(places: Iterable[Place]) -> Iterator[Place]:
    """Those that do not overlap an earlier one. What lies around a join comes before what lies in it."""
    taken = set[int]()
    for place in sorted(places, key=lambda place: (place.first, -place.last)):
        steps = range(place.first, place.last + 1)
        if taken.isdisjoint(steps):
            taken.update(steps)
            yield place


def _lists(items: list[Item], counts: bool, seen: set[int]) -> Iterator[tuple[list[Item], bool]]:
    """All lists, and whether what stands in them is written there: of the uses of a block, the first one's is."""
    yield items, counts
    for item in items:
        is_first = item.use is None or item.use.block not in seen
        if item.use:
            seen.add(item.use.block)
        for inner in item.lists:
            yield from _lists(inner, counts and is_first, seen)


def _views(items: list[Item], counts: bool) -> Iterator[View]:
    yield View(items, counts, [Cell(item.token, index) for index, item in enumerate(items)], [])
    cells: list[Cell] = []
    opened: list[int] = []
    for index, item in enumerate(items):
        if item.use is None and False in item.own:
            opened.append(index)
            branch, _ = _sides(item)
            ends = range(1, len(branch) + 1)
            cells += [
                Cell(each.token, index, n == 1, n == len(branch), True, len(opened))
                for n, each in zip(ends, branch, strict=True)
            ]
        else:
            cells.append(Cell(item.token, index, opened=len(opened)))
    if opened:
        yield View(items, counts, cells, opened)


def _sides(join: Item) -> tuple[list[Item], list[Item]]:
    """The two branches of a join of which one is a shortcut, that one behind."""
    longer = join.own.index(True)
    return join.lists[longer], join.lists[1 - longer]


def _is_periodic(tokens: list[Hashable]) -> bool:
    """Whether a run is no block: uses of one block in a row and nothing else, or more than two of them, a use alone, a
    run that comes several times."""
    uses = [token for token in tokens if isinstance(token, tuple) and token[0] == "block"]
    in_a_row = max((len([*same]) for token, same in groupby(tokens) if token in uses), default=0)
    if in_a_row > 2 or (len(uses) == len(tokens) and (in_a_row == 2 or len(uses) == 1)):
        return True
    periods = (period for period in range(1, len(tokens) // 2 + 1) if len(tokens) % period == 0)
    return any(tokens[period:] == tokens[:-period] for period in periods)
