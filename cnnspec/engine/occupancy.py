"""Which places of a memory are taken at which times, and the lowest one that is free for a while.

A segment tree over the time: each span of it falls into a few nodes, and each node knows what is taken at any moment
of its own. What lies side by side is one interval, so that thousands of memories that are kept to the end cost no more
than a few.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator


class Intervals:
    """Places that are taken, as intervals from `begins` up to `ends` that do not touch each other, in order."""

    __slots__ = ("begins", "ends")

    def __init__(self) -> None:
        self.begins: list[int] = []
        self.ends: list[int] = []

    def add(self, begin: int, end: int) -> None:
        """Take an interval, some of which may be taken already."""
        first, behind = bisect_left(self.ends, begin), bisect_right(self.begins, end)
        if first < behind:
            begin, end = min(begin, self.begins[first]), max(end, self.ends[behind - 1])
        self.begins[first:behind], self.ends[first:behind] = [begin], [end]

    def above(self, begin: int, size: int) -> int:
        """The end of what is in the way of so much from `begin` on; `begin` itself if nothing is."""
        i = bisect_right(self.ends, begin)
        if i == len(self.ends) or begin + size <= self.begins[i]:
            return begin
        return self.ends[i]


class Occupancy:
    """What is taken in the moments 0 to `moments - 1`."""

    def __init__(self, moments: int) -> None:
        self._leaves = moments
        self._throughout: defaultdict[int, Intervals] = defaultdict(Intervals)
        """By node: what was taken for all of its time."""
        self._ever: defaultdict[int, Intervals] = defaultdict(Intervals)
        """By node: what is taken at some moment of its time."""

    def take(self, first: int, last: int, begin: int, end: int) -> None:
        """Take the places `begin` up to `end` from the moment `first` to `last`."""
        nodes = list(self._nodes(first, last))
        for node in nodes:
            self._throughout[node].add(begin, end)
        for node in {*nodes, *_above(nodes)}:
            self._ever[node].add(begin, end)

    def lowest(self, first: int, last: int, size: int) -> int:
        """Where the lowest free place of such a size begins, from the moment `first` to `last`, as far as there are
        such moments."""
        nodes = list(self._nodes(max(0, first), min(last, self._leaves - 1)))
        taken = [self._ever[node] for node in nodes if node in self._ever]
        taken += [self._throughout[node] for node in _above(nodes) if node in self._throughout]
        begin, settled = 0, False
        while not settled:
            settled = True
            for intervals in taken:
                found = intervals.above(begin, size)
                settled, begin = settled and found == begin, found
        return begin

    def _nodes(self, first: int, last: int) -> Iterator[int]:
        """The fewest nodes whose times make up a span. Node n has the nodes 2n and 2n + 1 below it."""
        low, high = first + self._leaves, last + self._leaves + 1
        while low < high:
            if low % 2:
                yield low
                low += 1
            if high % 2:
                high -= 1
                yield high
            low, high = low // 2, high // 2


def _above(nodes: Iterable[int]) -> set[int]:
    """All nodes above some."""
    found: set[int] = set()
    for node in nodes:
        while (node := node // 2) and node not in found:
            found.add(node)
    return found
