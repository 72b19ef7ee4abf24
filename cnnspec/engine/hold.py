"""Keep BLAS to one thread while a plan runs: the plan has threads of its own, and BLAS' would get in their way.

The number of BLAS threads belongs to the whole process. It is put back when the last plan that runs is done, so in
between other users of NumPy in the process have one thread as well.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from types import TracebackType
from typing import Any

from threadpoolctl import ThreadpoolController


@cache
def libraries() -> tuple[Any, ...]:
    """The BLAS libraries of this process that can be told a number of threads."""
    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


class _OneThread:
    """Re-entrant and counted: the first to enter holds BLAS, the last to leave lets go."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._before: list[int] = []

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._before = [library.get_num_threads() for library in libraries()]
                for library in libraries():
                    library.set_num_threads(1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                for library, threads in zip(libraries(), self._before, strict=True):
                    library.set_num_threads(threads)


one_thread = _OneThread()
