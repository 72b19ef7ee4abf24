"""Preparing the next item while the one before is worked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 0.1
"""Seconds after which a thread that cannot hand on looks whether anybody still wants it."""


def ahead(source: Iterable[T], depth: int = 1) -> Iterator[T]:
    """The items of `source` in order, made in a thread of their own, at most `depth` of them waiting.

    What `source` raises is raised here, after the items before it. When the caller stops early, the thread ends.
    """
    waiting: Queue[tuple[T] | BaseException | None] = Queue(depth)
    stopped = Event()
    thread = Thread(target=_prepare, args=(source, waiting, stopped), daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
            del item
    finally:
        stopped.set()


def _prepare(source: Iterable[T], waiting: Queue[tuple[T] | BaseException | None], stopped: Event) -> None:
    def hand_on(item: tuple[T] | BaseException | None) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=PATIENCE)
            except Full:
                continue
            return True
        return False

    try:
        for item in source:
            if not hand_on((item,)):
                return
    except BaseException as error:
        hand_on(error)
    else:
        hand_on(None)
