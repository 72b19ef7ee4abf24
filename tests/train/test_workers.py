"""Workers: what they give, how their sums come about, how they end when one of them fails."""

from __future__ import annotations

import _thread
import threading
import time
from functools import partial
from typing import Any
from weakref import ref

import numpy as np
import pytest
from leftovers import interrupted, no_threads_left

from cnnspec.machine import blas_threads, threads
from cnnspec.machine.threads import Job
from cnnspec.train import workers as workers_module
from cnnspec.train.workers import AllReduce, Workers

every_count = pytest.mark.parametrize("count", [1, 2, 3])


@every_count
def test_each_worker_gives_something(count: int) -> None:
    workers = Workers(count)
    assert workers.run(lambda number, _: number * 10) == [10 * n for n in range(count)]
    assert workers.run(lambda number, _: number, 1) == [0]
    assert len(set(workers.run(lambda *_: threading.get_ident()))) == count


@every_count
def test_sums_are_the_same_for_all(count: int) -> None:
    """Also of many in a row, where the quick are ahead of the slow."""
    parts = np.random.default_rng(0).standard_normal((20, count, 4)).astype(np.float32)

    def task(number: int, meeting: AllReduce) -> list[bytes]:
        found = []
        for i, part in enumerate(parts):
            if (i + number) % count:
                time.sleep(1e-4)
            found.append(meeting.all_reduce(number, part[number]).tobytes())
        return found

    expected = []
    for part in parts:
        total = part[0]
        for more in part[1:]:
            total = total + more
        expected.append(total.tobytes())
    assert Workers(count).run(task) == [expected] * count


@every_count
def test_sums_spoil_no_part(count: int) -> None:
    own = [np.ones(2) for _ in range(count)]
    Workers(count).run(lambda number, meeting: meeting.all_reduce(number, own[number]))
    assert all((part == 1).all() for part in own)


@pytest.mark.parametrize("failing", [0, 1, 2])
@pytest.mark.parametrize("error", [ValueError, MemoryError, KeyboardInterrupt])
def test_what_one_raises_ends_all(failing: int, error: type[BaseException]) -> None:
    workers = Workers(3)

    def task(number: int, meeting: AllReduce) -> None:
        meeting.all_reduce(number, np.ones(1))
        if number == failing:
            raise error("it fails")
        meeting.all_reduce(number, np.ones(1))

    with pytest.raises(error, match="it fails"):
        workers.run(task)
    assert [total.item() for total in workers.run(lambda n, meeting: meeting.all_reduce(n, np.ones(1)))] == [3, 3, 3]


def test_an_interruption_waits_for_those_at_work() -> None:
    ended = []

    def task(number: int, meeting: AllReduce) -> None:
        if number:
            _thread.interrupt_main()
            time.sleep(0.1)
            ended.append(number)

    with pytest.raises(KeyboardInterrupt):
        Workers(2).run(task)
    assert ended == [1]


def test_an_interruption_before_all_have_the_task() -> None:
    ended, begun = [], threading.Event()

    class Interrupted:
        """Ctrl-C while the task is put into a worker's queue."""

        def __init__(self, queue: Any) -> None:
            self.queue = queue

        def put(self, job: Job) -> None:
            if not begun.is_set():
                begun.wait()
                raise KeyboardInterrupt
            self.queue.put(job)

    def task(number: int, meeting: AllReduce) -> None:
        begun.set()
        time.sleep(0.1)
        ended.append(number)

    workers = Workers(3)
    workers.run(lambda number, _: number)
    workers._others._queues[1] = Interrupted(workers._others._queues[1])  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        workers.run(task)
    assert ended == [1], "who had begun has ended, nobody else has begun"
    assert workers.run(lambda number, _: number) == [0, 1, 2]


def test_threads_end_with_their_workers() -> None:
    before = {*threading.enumerate()}
    workers = Workers(3)
    assert {*threading.enumerate()} == before, "who has nothing to do is not started"
    with no_threads_left():
        workers.run(lambda number, _: number, 2)
        assert len({*threading.enumerate()} - before) == 1
        workers.run(lambda number, _: number)
        assert len({*threading.enumerate()} - before) == 2
        del workers


def test_threads_end_with_workers_that_fail() -> None:
    def fail(number: int, meeting: AllReduce) -> None:
        raise ValueError("it fails")

    def use() -> None:
        workers = Workers(3)
        with pytest.raises(ValueError, match="it fails"):
            workers.run(fail)

    with no_threads_left():
        use()


def test_threads_end_with_a_task_that_is_interrupted_anywhere() -> None:
    def everywhere() -> int:
        workers, line = Workers(3), 1
        while interrupted(partial(workers.run, lambda number, _: number), line, workers_module, threads):
            line += 1
        assert workers.run(lambda number, _: number) == [0, 1, 2]
        return line

    with no_threads_left():
        assert everywhere() > 20


def test_what_a_task_holds_is_let_go() -> None:
    workers = Workers(2)
    array = np.ones(3)
    held = ref(array)
    workers.run(lambda number, meeting, array=array: None)  # type: ignore[misc]
    workers.run(lambda number, meeting: None)
    del array
    assert held() is None


def test_numbers_out_of_range_are_no_warning() -> None:
    def task(number: int, meeting: AllReduce) -> float:
        return float(np.exp(np.float32(1000)))

    assert Workers(2).run(task) == [np.inf, np.inf]


def test_blas_has_one_thread() -> None:
    def task(number: int, meeting: AllReduce) -> list[int]:
        return [library.get_num_threads() for library in blas_threads.libraries()]

    for found in Workers(2).run(task):
        assert set(found) <= {1}


def test_at_least_one() -> None:
    with pytest.raises(ValueError, match="0 workers; at least 1"):
        Workers(0)
