"""BLAS is held to one thread while a plan runs, whoever runs it, and left as it was."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from calling import inputs
from engine_cases import graph, lively
from threadpoolctl import ThreadpoolController

from cnnspec.engine.model import Model
from cnnspec.machine.blas_threads import SingleThreadedBlas, libraries, single_threaded_blas


class Library:
    """Stands for a BLAS library: has a number of threads, one for the process."""

    internal_api, threading_layer = "openblas", "pthreads"

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def get_num_threads(self) -> int:
        return self.threads

    def set_num_threads(self, threads: int) -> None:
        self.threads = threads


class OverOpenMP(Library):
    """Has a number for each thread that calls it."""

    threading_layer = "openmp"

    def __init__(self, threads: int) -> None:
        self.first = threads
        self.here = threading.local()

    def get_num_threads(self) -> int:
        return getattr(self.here, "threads", self.first)

    def set_num_threads(self, threads: int) -> None:
        self.here.threads = threads


def test_numpys_blas_is_found() -> None:
    assert libraries()


def test_blas_is_held_and_put_back() -> None:
    blas: list[Library] = [Library(4), OverOpenMP(7), Library(1)]
    held = SingleThreadedBlas(lambda: blas)

    def threads() -> list[int]:
        return [library.get_num_threads() for library in blas]

    def fail() -> None:
        with held:
            assert threads() == [1, 1, 1]
            with held:
                assert threads() == [1, 1, 1]
            assert threads() == [1, 1, 1]
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()
    assert threads() == [4, 7, 1]


def test_blas_is_put_back_when_the_last_one_leaves() -> None:
    shared, own = Library(4), OverOpenMP(7)
    held = SingleThreadedBlas(lambda: [shared, own])
    inside, leave = threading.Event(), threading.Event()
    seen: list[int] = []

    def other() -> None:
        with held:
            inside.set()
            assert leave.wait(60)
            seen.extend([shared.get_num_threads(), own.get_num_threads()])
        seen.extend([shared.get_num_threads(), own.get_num_threads()])

    thread = threading.Thread(target=other)
    with held:
        thread.start()
        assert inside.wait(60)
    assert [shared.get_num_threads(), own.get_num_threads()] == [1, 7]
    leave.set()
    thread.join()
    assert seen == [1, 1, 4, 7]
    assert shared.get_num_threads() == 4


@pytest.mark.parametrize("caller", ["main", "other", "both"])
def test_any_thread_can_hold_numpys_blas(caller: str) -> None:
    """threadpoolctl hears the first thread that spoke; holding does not hang on which one that was."""
    rounds = {"main": "m", "other": "o", "both": "momo"}[caller]

    def held() -> list[int]:
        with single_threaded_blas:
            return [library.get_num_threads() for library in libraries()]

    with ThreadpoolController().limit(limits=2, user_api="blas"), ThreadPoolExecutor(1) as pool:
        for who in rounds:
            assert set(held() if who == "m" else pool.submit(held).result()) == {1}
            assert {library.get_num_threads() for library in libraries()} == {2}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_run_leaves_blas_as_it_was(threads: int) -> None:
    found = graph((16, 40, 40), "  - {conv: {F: 3, K: 32, P: 1}}\n" * 4)
    model = Model(found, lively(found), threads)
    before = [library.get_num_threads() for library in libraries()]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(model, [inputs(1, found.input)] * 4))
    assert [library.get_num_threads() for library in libraries()] == before
