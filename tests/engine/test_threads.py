"""Threads on the engine: the same bytes for any number, many callers, failures that arrive."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any

import numpy as np
import pytest
from calling import inputs
from engine_cases import Array, both_backends, executor, graph, lively
from leftovers import interrupted, no_threads_left
from processes import PATIENCE

from cnnspec.engine import executor as executors
from cnnspec.engine import plan, thread_pool
from cnnspec.engine.backends import chain
from cnnspec.engine.compiled import BoundPlan
from cnnspec.engine.model import Model
from cnnspec.engine.plan import KEPT, Plan
from cnnspec.engine.schedule import WorkItem
from cnnspec.engine.thread_pool import ThreadPool, WorkList
from cnnspec.graph.graph import Graph
from cnnspec.machine import threads
from cnnspec.spec import load

MIXED = """\
  - {conv: {F: 3, K: 32, P: 1}}
  - {relu: {}}
  - {add: [[{conv: {F: 3, K: 32, P: 1}}, batchnorm], []]}
  - {relu: {}}
  - {conv: {F: 3, K: C, G: C, P: 1}}
  - {concat: [[{conv: {F: 1, K: 300}}], [{maxpool: {F: 3, S: 1, P: 1}}], [{conv: {F: 5, K: 8, P: 2, S: 1}}]]}
  - {avgpool: {F: 4}}
  - {conv: {F: 3, K: 130}}
  - {globalavgpool: {}}
  - {flatten: {}}
  - {dense: {K: 10}}
"""


@pytest.fixture(autouse=True)
def small_stages_are_shared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.engine.compiled.WORTH", 0)


def mixed() -> Graph:
    """A network with work to share out in every kernel."""
    return graph((16, 56, 56), MIXED)


@both_backends
@pytest.mark.parametrize("n", [1, 5])
def test_the_number_of_threads_changes_no_byte(n: int, backend: str) -> None:
    found = mixed()
    tensors, x = lively(found), inputs(n, found.input)
    outputs = [Model(found, tensors, threads, backend=backend)(x) for threads in (1, 2, 3)]
    assert len({np.asarray(y).tobytes() for y in outputs}) == 1


@pytest.mark.parametrize(
    "layer",
    [
        "groupnorm: {G: 4}",
        "layernorm",
        "layernorm: {over: all}",
        "gelu",
        "mul: [[], [globalavgpool], [tanh]]",
        "deconv: {F: 3, K: 16, S: 2, G: 4}",
        "deconv: {F: 3, K: 16, S: 2, G: 16}",
    ],
)
def test_the_number_of_threads_changes_no_byte_of_other_layers(layer: str) -> None:
    around = "  - conv: {F: 3, K: 16, P: 1}\n"
    found = graph((16, 40, 50), f"{around}  - {layer}\n  - silu\n{around}")
    tensors, x = lively(found), inputs(3, found.input)
    outputs = [Model(found, tensors, threads)(x) for threads in (1, 2, 3)]
    assert len({np.asarray(y).tobytes() for y in outputs}) == 1


@both_backends
def test_one_model_in_many_threads(backend: str) -> None:
    found = mixed()
    model = Model(found, lively(found), 2, backend=backend)
    batches = [inputs(1 + i % 2, found.input, i) for i in range(6)]
    alone = [np.asarray(model(x)) for x in batches]
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(model, batches * 3))
    for y, wanted in zip(together, alone * 3, strict=True):
        np.testing.assert_array_equal(y, wanted)
    assert len(model.plan._free) <= KEPT + model.plan.threads


def test_no_more_threads_than_help(monkeypatch: pytest.MonkeyPatch) -> None:
    found = mixed()
    monkeypatch.setattr(threads, "_cores", lambda: 2)
    assert Model(found, lively(found), threads=9999).plan.threads == 16
    monkeypatch.setenv("CNNSPEC_THREADS", "3")
    assert Model(found, lively(found)).plan.threads == 3
    assert Model(found, lively(found), threads=1).plan.threads == 1


# The pool by itself


def work_lists(log: list[int], stages: int, items: int, count: int, fail: int = -1) -> tuple[list[WorkList], list[int]]:
    """Items that log their stage and need all of the stage before, for each thread; those of stage `fail` raise."""

    def call(stage: int) -> None:
        if stage == fail:
            raise ArithmeticError(f"stage {stage}")
        log.append(stage)

    def item(stage: int) -> list[Any]:
        return [lambda: call(stage)]

    order = [stage for stage in range(stages) for _ in range(items)]
    return [[item(stage) for stage in order] for _ in range(count)], [stage * items for stage in order]


@contextmanager
def pool(size: int) -> Iterator[ThreadPool]:
    with no_threads_left():
        made = ThreadPool(size)
        yield made
        made._others = threads.SleepingThreads(0)  # the test may still hold the pool


@pytest.mark.parametrize("size", [1, 2, 4])
def test_each_item_is_done_once_and_stages_in_order(size: int) -> None:
    with pool(size) as made:
        for _ in range(50):
            log: list[int] = []
            made.run(*work_lists(log, 7, 5, size))
            assert log == sorted(log)
            assert len(log) == 7 * 5


@pytest.mark.parametrize("size", [1, 2, 4])
def test_an_item_begins_once_what_it_needs_is_done(size: int) -> None:
    random = Random(size)
    needs = [random.randint(0, i) for i in range(60)]
    done: list[int] = []
    begun: list[tuple[int, set[int]]] = []

    def item(i: int) -> WorkItem:
        return [lambda: begun.append((i, set(done))), lambda: done.append(i)]

    with pool(size) as made:
        made.run([[item(i) for i in range(len(needs))]] * size, needs)
    assert sorted(done) == list(range(len(needs)))
    assert all(before >= set(range(needs[i])) for i, before in begun)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_failures_arrive_and_the_team_survives(size: int) -> None:
    with pool(size) as made:
        for _ in range(20):
            log: list[int] = []
            with pytest.raises(ArithmeticError, match="stage 2"):
                made.run(*work_lists(log, 5, 3, size, fail=2))
            assert log == [0, 0, 0, 1, 1, 1]
            made.run(*work_lists(log, 2, 3, size))
            assert len(log) == 12


def test_a_failure_in_the_other_thread_arrives() -> None:
    """The caller does all it can, the other one fails."""
    main = threading.get_ident()
    started = threading.Event()

    def call() -> None:
        if threading.get_ident() == main:
            assert started.wait(60)
        else:
            started.set()
            raise ArithmeticError("elsewhere")

    with pool(2) as made, pytest.raises(ArithmeticError, match="elsewhere"):
        made.run([[[call], [call]]] * 2, [0, 0])


def test_a_model_survives_a_failure() -> None:
    found = mixed()
    model = Model(found, lively(found), threads=2)
    x = inputs(1, found.input)
    wanted = np.asarray(model(x))
    (bound,) = model.plan._free

    def broken() -> None:
        raise ArithmeticError("broken")

    for work_list in executor(bound).work_lists:
        work_list[1].append(broken)
    with pytest.raises(ArithmeticError, match="broken"):
        model(x)
    assert bound not in model.plan._free
    np.testing.assert_array_equal(model(x), wanted)


def test_threads_end_with_a_batch_that_fails() -> None:
    found = mixed()
    x = inputs(4, found.input)

    def broken() -> None:
        raise ArithmeticError("broken")

    with no_threads_left():
        model = Model(found, lively(found), threads=2)
        model(x)
        for bound in model.plan._free:
            executor(bound).calls.append(broken)
        del bound
        with pytest.raises(ArithmeticError, match="broken"):
            model(x)
        assert model.plan._pools == []
        del model


def test_threads_end_with_a_plan_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is memory for the first part of a batch, and none for the next one."""
    found = mixed()
    model = Model(found, lively(found), threads=4)
    made: list[int] = []

    def scarce(*arguments: Any) -> BoundPlan:
        made.append(1)
        if len(made) % 2 == 0:
            raise MemoryError
        return BoundPlan(*arguments)

    monkeypatch.setattr(plan, "BoundPlan", scarce)
    with no_threads_left():
        for _ in range(5):
            with pytest.raises(MemoryError):
                model(inputs(4, found.input))
            model.plan._free.clear()


@pytest.mark.parametrize("n", [1, 4])
def test_threads_end_with_a_run_that_is_interrupted_anywhere(n: int) -> None:
    """Before any line of what makes a plan and shares it out. The model computes on as if nothing had been."""
    found, x = mixed(), inputs(n, mixed().input)
    tensors = lively(found)
    wanted = np.asarray(Model(found, tensors, threads=3)(x))

    def everywhere() -> int:
        model, line = Model(found, tensors, threads=3), 1
        while interrupted(partial(model, x), line, plan, executors, thread_pool, threads):
            line += 1 + line // 20
        np.testing.assert_array_equal(model(x), wanted)
        return line

    with no_threads_left():
        assert everywhere() > 50


def test_threads_end_with_their_model() -> None:
    found = mixed()
    before = set(threading.enumerate())
    model = Model(found, lively(found), threads=3)
    for n in range(1, KEPT + 3):
        model(inputs(n, found.input))
    started = [thread for thread in threading.enumerate() if thread not in before]
    assert 2 <= len(started) <= 2 * (KEPT + 1)
    del model
    gc.collect()
    for thread in started:
        thread.join(timeout=PATIENCE)
        assert not thread.is_alive()


def test_a_large_batch_runs_in_parts() -> None:
    """However large a batch is, memory is bound for a few inputs at a time, and the parts join."""
    found = load("lenet5").graph
    tensors = lively(found)
    plan = Plan(found, tensors, chain())
    plan.together = 4
    x = inputs(9, found.input)
    whole: dict[str, Array] = plan.run(x)
    assert {bound.n for bound in plan._free} == {3}
    for i in range(0, 9, 3):
        np.testing.assert_array_equal(whole["softmax1"][i : i + 3], plan.run(x[i : i + 3])["softmax1"])
