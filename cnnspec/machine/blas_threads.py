"""Keep BLAS to one thread while a plan runs: the plan has threads of its own, and BLAS' would get in their way.

Most libraries have one number of threads for the whole process. It is put back when the last plan that runs is done,
so in between other users of NumPy in the process have one thread as well. OpenBLAS over OpenMP has a number for each
thread that calls it, so each thread that works on a plan holds its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from threading import Lock, local
from types import TracebackType
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def libraries() -> tuple[Any, ...]:
    """The BLAS libraries of this process that can be told a number of threads."""
    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


class SingleThreadedBlas:
    """Re-entrant and counted: the first to enter holds BLAS, the last to leave lets go."""

    def __init__(self, libraries: Callable[[], Iterable[Any]]) -> None:
        self._libraries = libraries
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin)
        self._begin()

    def _begin(self) -> None:
        """Nobody is inside, also in a forked process: its parent's threads are not there."""
        self._lock = Lock()
        self._inside = 0
        self._before: list[int] = []
        self._here = local()

    @cached_property
    def _own(self) -> tuple[Any, ...]:
        """The libraries that have a number for each thread."""
        return tuple(x for x in self._libraries() if (x.internal_api, x.threading_layer) == ("openblas", "openmp"))

    @cached_property
    def _shared(self) -> tuple[Any, ...]:
        return tuple(library for library in self._libraries() if library not in self._own)

    def __enter__(self) -> None:
        if self._own:
            self._here.before = [*getattr(self._here, "before", []), _hold(self._own)]
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._before = _hold(self._shared)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._own:
            _let_go(self._own, self._here.before.pop())
        with self._lock:
            self._inside -= 1
            if not self._inside:
                _let_go(self._shared, self._before)


def _hold(libraries: Iterable[Any]) -> list[int]:
    """Tell libraries to use one thread; the numbers that they had."""
    before = []
    for library in libraries:
        before.append(library.get_num_threads())
        if before[-1] != 1:
            _tell(library, 1)
    return before


def _let_go(libraries: Iterable[Any], before: Iterable[int]) -> None:
    for library, number in zip(libraries, before, strict=True):
        if number != 1:
            _tell(library, number)
            if hasattr(library, "clear_controlling_thread"):
                library.clear_controlling_thread()


def _tell(library: Any, number: int) -> None:
    # threadpoolctl 3.8 hears one thread alone, the first that ever told it a number, until that is cleared.
    if hasattr(library, "clear_controlling_thread"):
        library.clear_controlling_thread(force=True)
    library.set_num_threads(number)


single_threaded_blas = SingleThreadedBlas(libraries)
