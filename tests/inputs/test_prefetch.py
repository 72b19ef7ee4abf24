"""Items made ahead arrive in order, errors in their place, and an early stop ends the thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from cnnspec.inputs.prefetch import ahead


def test_items_arrive_in_order() -> None:
    assert list(ahead(range(100))) == list(range(100))
    assert list(ahead([])) == []


def test_the_next_item_is_made_while_one_is_worked_on() -> None:
    made = [threading.Event() for _ in range(3)]

    def source() -> Iterator[int]:
        for i, event in enumerate(made):
            yield i
            event.set()

    items = ahead(source())
    assert next(items) == 0
    # Nobody has asked for item 1 yet, but the source goes on past item 0, and with item 1 waiting past that.
    assert made[0].wait(10)
    assert made[1].wait(10)
    assert list(items) == [1, 2]


def test_an_error_is_raised_after_the_items_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        raise ValueError("the second one")

    items = ahead(source())
    assert next(items) == 1
    with pytest.raises(ValueError, match="the second one"):
        next(items)


def test_an_early_stop_ends_the_thread() -> None:
    def source() -> Iterator[int]:
        while True:
            yield 0

    before = set(threading.enumerate())
    items = ahead(source())
    assert next(items) == 0
    (thread,) = set(threading.enumerate()) - before
    items.close()  # type: ignore[attr-defined]
    thread.join(10)
    assert not thread.is_alive()
