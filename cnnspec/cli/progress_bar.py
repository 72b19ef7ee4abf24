"""A progress bar for long work: on standard error, only in a terminal, only once it shows that it takes long."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

LONG = 2.0
"""Seconds of work left that are worth a bar, and the import of what draws it."""


def tracked(work: Iterable[T], total: int, prints: bool = True) -> Iterator[T]:
    """The items of `work`, of which there are `total`.

    No bar where the work `prints` its results to the same terminal: they show how far it is.
    """
    items = iter(work)
    start = time.monotonic()
    yield from islice(items, 1)
    left = (total - 1) * (time.monotonic() - start)
    if left < LONG or not sys.stderr.isatty() or (prints and sys.stdout.isatty()):
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, "running", total - 1, console=Console(stderr=True), transient=True)
