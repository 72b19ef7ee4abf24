"""Long work in a notebook: a bar below the cell that is running, and nothing once the work is over.

Elsewhere there is none: where output is no notebook, nothing is shown, and IPython is not imported.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import singledispatch
from html import escape
from typing import Any, NamedTuple, TypeVar

from ..train.notices import Begun
from .training.course import Course

T = TypeVar("T")

SHORT = 0.5
"""Seconds of work that want no bar."""
PAUSE = 0.1
"""Seconds between two looks of the bar."""


class Reached(NamedTuple):
    """So much of the work is `done`, of `total`; `words` say what it is at."""

    done: int
    total: int
    words: str


Teller = Callable[[Any], Reached | None]
"""Says of each item how far the work is, or nothing where that is no other than before."""


def is_notebook() -> bool:
    """Whether output is shown by a notebook: IPython is there, and answers to a kernel rather than a terminal."""
    ipython = sys.modules.get("IPython")
    return hasattr(ipython.get_ipython(), "kernel") if ipython is not None else False


def watched(work: Iterable[T], of: object) -> Iterator[T]:
    """The items of `work`; in a notebook, a bar shows how far it is: `of` so many items, or of a training run."""
    if not is_notebook():
        yield from work
        return
    tell, began, bar = teller(of), time.monotonic(), None
    shown = began + SHORT - PAUSE
    try:
        for item in work:
            reached, now = tell(item), time.monotonic()
            if reached and now - shown >= PAUSE:
                html = _html(reached, now - began)
                shown = now
                if bar is None:
                    bar = _Bar(html)
                else:
                    bar.become(html)
            yield item
    finally:
        if bar is not None:
            bar.become("")


@singledispatch
def teller(of: object) -> Teller:
    raise TypeError(f"{type(of).__name__} is no work to be watched")


@teller.register
def _(of: int) -> Teller:
    done = 0

    def tell(item: object) -> Reached:
        nonlocal done
        done += 1
        return Reached(done, of, f"{done:,} of {of:,}")

    return tell


@teller.register
def _(of: Begun) -> Teller:
    course = Course(of)
    return lambda event: Reached(course.done, course.total, course.now) if course(event) else None


def _html(reached: Reached, seconds: float) -> str:
    left = seconds * (reached.total - reached.done) / reached.done if reached.done else 0.0
    time_left = f"{int(left) // 60}:{int(left) % 60:02} left"
    bar = f'<progress value="{reached.done}" max="{reached.total}" style="width: 16em; max-width: 40%"></progress>'
    style = "display: flex; flex-wrap: wrap; gap: 0 1em; align-items: center; font-variant-numeric: tabular-nums"
    words = f"<span>{escape(reached.words)}</span><span>{time_left}</span>"
    return f'<div style="{style}">{bar}{words}</div>'


class _Bar:
    """An output of the cell, which is replaced where it stands."""

    def __init__(self, html: str) -> None:
        from IPython.display import HTML, display

        self.made = HTML
        self.handle = display(HTML(html), display_id=True)

    def become(self, html: str) -> None:
        self.handle.update(self.made(html))
