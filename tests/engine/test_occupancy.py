"""Free places over a span of time: the lowest one, as a search through all that was taken finds it; and that planning
memory grows with the network, not with its square."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise

import pytest
from engine_cases import graph
from hypothesis import given
from hypothesis import strategies as st

from cnnspec.engine.occupancy import Intervals, Occupancy
from cnnspec.graph.graph import Graph
from cnnspec.reports.memory.plan.plan import allocation

MOMENTS = 13
spans = st.tuples(st.integers(0, MOMENTS - 1), st.integers(0, MOMENTS - 1)).map(sorted)


@given(st.lists(st.tuples(spans, st.integers(1, 9), st.integers(0, 2)), max_size=30))
def test_the_lowest_free_place_is_found(wanted: list[tuple[list[int], int, int]]) -> None:
    occupancy = Occupancy(MOMENTS)
    taken: list[tuple[int, int, set[int]]] = []
    for (first, last), size, later in wanted:
        begin = occupancy.lowest(first - later, last + later, size)
        rivals = set().union(*(places for a, b, places in taken if a <= last + later and first - later <= b))
        free = (start for start in range(1000) if rivals.isdisjoint(range(start, start + size)))
        assert begin == next(free)
        occupancy.take(first, last, begin, begin + size)
        taken.append((first, last, set(range(begin, begin + size))))


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=20))
def test_intervals_are_apart_and_in_order(taken: list[tuple[int, int]]) -> None:
    intervals = Intervals()
    for begin, size in taken:
        intervals.add(begin, begin + size)
    found = list(zip(intervals.begins, intervals.ends, strict=True))
    assert {i for a, b in found for i in range(a, b)} == {
        i for begin, size in taken for i in range(begin, begin + size)
    }
    assert all(end < begin for (_, end), (begin, _) in pairwise(found))


def kept(n: int) -> Graph:
    return graph((4, 8, 8), "  - relu\n" * n, ", ".join(f"relu{i + 1}" for i in range(n)))


def kept_views(n: int) -> Graph:
    return graph((4, 8, 8), "  - dropout\n" * n, ", ".join(f"dropout{i + 1}" for i in range(n)))


def kept_borders(n: int) -> Graph:
    return graph((1, 4, 4), "  - {conv: {F: 3, K: 1, P: 1}}\n" * n, ", ".join(f"conv{i + 1}" for i in range(n)))


def nested(n: int) -> Graph:
    """Each concatenation lies inside of the next one."""
    return graph((1, 2, 2), "  - {concat: [[], [{conv: {F: 1, K: 1}}]]}\n" * n)


def calls(work: Callable[[], object]) -> int:
    """How many functions are called, those of the interpreter itself included."""
    count = 0

    def seen(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("network", [kept, kept_views, kept_borders, nested])
def test_twice_the_layers_take_little_more_than_twice_the_work(network: Callable[[int], Graph]) -> None:
    one, two = (network(n) for n in (250, 500))
    assert calls(lambda: allocation(two)) < 2.6 * calls(lambda: allocation(one))
