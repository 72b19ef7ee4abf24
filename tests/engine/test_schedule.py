"""Which items a plan lets overlap: whatever order threads finish them in, not a byte of the result changes."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np
import pytest
from calling import inputs
from engine_cases import Array, executor, graph, lively

from cnnspec.engine.backends import chain
from cnnspec.engine.compiled import BoundPlan, CompiledGraph
from cnnspec.engine.schedule import Schedule, Stage, ranks, rows_read, rows_written
from cnnspec.graph.graph import Graph
from cnnspec.graph.window import SlidingWindow
from cnnspec.kernels import strips
from cnnspec.kernels.strips import Strip
from cnnspec.machine.blas_threads import single_threaded_blas
from cnnspec.spec import load

CHAIN = """\
  - {conv: {F: 3, K: 24, P: 1}}
  - {relu6: {}}
  - {conv: {F: 3, K: C, G: C, P: 1, S: 2}}
  - {maxpool: {F: 3, S: 1, P: 1}}
  - {add: [[{conv: {F: 1, K: 24}}], [{conv: {F: 5, K: 24, P: 2}}]]}
  - {mul: [[], [globalavgpool, {conv: {F: 1, K: 24}}, sigmoid]]}
  - {lrn: {size: 3}}
  - {conv: {F: 3, K: 8, P: 1, D: 1, S: 1}}
  - {deconv: {F: 2, S: 2, K: 6}}
  - {avgpool: {F: 2}}
"""


EDGE = """\
  - {conv: {F: 1, K: 256}}
  - {conv: {F: 1, K: 256}}
  - {conv: {F: 3, K: 64, P: same}}
  - {conv: {F: 5, K: 32, P: [6, 2]}}
"""
"""The first strip of the last layer looks at nothing but padding."""


@pytest.fixture(autouse=True)
def many_small_items(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.engine.compiled.WORTH", 0)
    monkeypatch.setattr(strips, "CACHE", 4000)
    monkeypatch.setattr("cnnspec.kernels.inference.winograd.LEAST", 0)
    monkeypatch.setattr("cnnspec.kernels.inference.winograd.ENOUGH", 2)


def networks() -> Iterator[tuple[str, Graph]]:
    yield "chain", graph((3, 32, 32), CHAIN)
    yield "edge", graph((4, 8, 64), EDGE)
    for name in ("squeezenet1_1", "googlenet", "mobilenet_v3_small"):
        yield name, load(name, (3, 32, 32)).graph
    yield "resnet20_cifar", load("resnet20_cifar").graph


CASES = dict(networks())


def late(bound: BoundPlan, x: Array, random: Random) -> dict[str, Array]:
    """A run as three threads could make it: each item is carried out at any time between its beginning and its end."""
    bound.arrival.announce(x)
    begun: list[int] = []
    done: set[int] = set()
    behind = upcoming = 0
    while behind < len(executor(bound).needs):
        ready = upcoming < len(executor(bound).needs) and executor(bound).needs[upcoming] <= behind
        if ready and len(begun) < 3 and (not begun or random.random() < 0.7):
            begun.append(upcoming)
            upcoming += 1
            continue
        item = begun.pop(random.randrange(len(begun)))
        for call in executor(bound).work_lists[0][item]:
            call()
        done.add(item)
        while behind in done:
            behind += 1
    return {name: bound.memory.inner(name).copy() for name in bound.graph.outputs}


def without(bound: BoundPlan, x: Array, held: int) -> dict[str, Array]:
    """A run in which one item is carried out last, as late as the others can do without it."""
    bound.arrival.announce(x)
    items = range(len(executor(bound).needs))
    first = [i for i in items if i < held] + [
        i for i in items if i > held and max(executor(bound).needs[held + 1 : i + 1]) <= held
    ]
    for item in (*first, held, *(i for i in items if i not in {*first, held})):
        for call in executor(bound).work_lists[0][item]:
            call()
    return {name: bound.memory.inner(name).copy() for name in bound.graph.outputs}


@pytest.mark.parametrize("name", ["chain", "edge", "squeezenet1_1"])
def test_any_item_may_be_the_last(name: str) -> None:
    found = CASES[name]
    bound = BoundPlan(CompiledGraph(found, lively(found), chain()), 1, 1)
    x = inputs(1, found.input)
    with np.errstate(all="ignore"), single_threaded_blas:
        bound.run(x)
        wanted = {name: bound.memory.inner(name).copy() for name in found.outputs}
        for held in range(len(executor(bound).needs)):
            for key, y in without(bound, x, held).items():
                np.testing.assert_array_equal(y, wanted[key])


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("n", [1, 3])
def test_any_order_gives_the_same_bytes(name: str, n: int) -> None:
    found = CASES[name]
    bound = BoundPlan(CompiledGraph(found, lively(found), chain()), n, 1)
    x = inputs(n, found.input)
    with np.errstate(all="ignore"), single_threaded_blas:
        bound.run(x)
        wanted = {name: bound.memory.inner(name).copy() for name in found.outputs}
        for seed in range(4):
            for key, y in late(bound, x, Random(seed)).items():
                np.testing.assert_array_equal(y, wanted[key])


def test_layers_overlap() -> None:
    """Otherwise the test above holds nothing."""
    bound = BoundPlan(CompiledGraph(CASES["chain"], lively(CASES["chain"]), chain()), 1, 1)
    overlapping = [i for i, need in enumerate(executor(bound).needs) if need < i]
    assert len(set(executor(bound).needs)) > 20
    assert len(overlapping) > len(executor(bound).needs) // 2


def test_what_strips_read_and_make() -> None:
    parts = [Strip(0, 1, 0, 4, 0, 8), Strip(0, 1, 4, 7, 0, 8), Strip(1, 2, 0, 7, 0, 8)]
    assert rows_written(parts, 7, 8) == [4, 7, 14]
    assert rows_written(parts, 7, 16) == [], "channels are missing"
    assert rows_read(parts, SlidingWindow(13, 3, 2, before=1, after=1)) == [8, 13, 26]
    assert rows_read(parts, SlidingWindow(7, 1)) == [4, 7, 14]
    assert rows_read(parts, SlidingWindow(7, 1, before=4)) == [1, 3, 10], "with the first row comes the border"


def test_a_stage_needs_the_rows_above_it() -> None:
    schedule = Schedule(lambda later, earlier: later == "clash")
    schedule.alone([int])
    schedule.shared("a", ["input"], Stage([[int]] * 3, [2, 4, 6]))
    schedule.shared("b", ["a"], Stage([[int]] * 2, [3, 6], {"a": [4, 6]}))
    schedule.shared("c", ["a"], Stage([[int]] * 2, [3, 6], {"a": [3, 6]}))
    schedule.shared("clash", ["c"], Stage([[int]], [6], {"c": [1]}))
    schedule.alone([int])
    schedule.alone([int])
    assert schedule.needs == [0, 1, 1, 1, 3, 4, 4, 4, 8, 9]
    assert [len(item) for item in schedule.items] == [1] * 9 + [2]
    assert schedule.places == [0, 0, 1 / 3, 2 / 3, 0, 1 / 2, 0, 1 / 2, 0, 0]


def test_items_of_a_place_are_those_of_its_rows() -> None:
    halves = [Strip(0, 1, r, r + 4, k, k + 8) for k in (0, 8) for r in (0, 4)]
    assert ranks(halves) == [0, 2, 1, 3]
    schedule = Schedule(lambda later, earlier: False)
    schedule.shared("a", [], Stage([[int]] * 4, ranks=ranks(halves)))
    assert schedule.places == [0, 1 / 2, 1 / 4, 3 / 4]
