"""Native calls step by step, by threads that meet in memory: what a step needs is done before it begins.

A batch takes hundreds of such steps on its way, each of some tens of microseconds. To wake a sleeping thread for one
would take longer than many of them last, so the threads of a crew stay awake between them; and who does what is worked
out once for steps that look alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .....kernels.compiled.layout import ITEMS
from .....kernels.compiled.vectors import Vectors
from .....kernels.strips import aligned
from ..crew import Crew
from ..part import PATIENCE, Part, own_table

LINGERS = 8 * PATIENCE
"""How often a thread lets others have its core before it sleeps: for some milliseconds, since there may be some of
Python's between two steps."""
KEPT = 1 << 10
"""Orders that are kept."""
Numbers = NDArray[np.int64]
Step = tuple[Numbers, Numbers]
"""Pairs of a function's address and its table's, (calls, 2), or (times, calls, 2) where they are carried out so many
times; and the number of the thread to which each call belongs (calls,)."""


class Order(NamedTuple):
    """Who carries out what: how many items there are; each thread's table of them, and what these point to; where each
    call stands among all that are given, None where they stand as they are carried out."""

    items: int
    tables: list[Numbers]
    alive: tuple[object, ...]
    places: Numbers | None


class Steps:
    """Some threads, and what they carry out."""

    def __init__(self, threads: int, vectors: Vectors) -> None:
        self.parts = [Part(vectors) for _ in range(threads)]
        self.crew = Crew(self.parts, vectors, LINGERS)
        self.progress = _progress(KEPT)

    def carry_out(self, *steps: Step) -> None:
        """All steps, one behind the other, as many times as each has pairs for. A thread makes its calls of a step in
        order; where it is late, another one makes all of them."""
        order = _order(len(self.parts), len(steps[0][0]), tuple(owners.tobytes() for _, owners in steps))
        self._run(order, _in_order(order, [pairs.reshape(-1, 2) for pairs, _ in steps]))

    def prepared(self, steps: Sequence[Step]) -> Callable[[], None]:
        """What carries out steps of (calls, 2), over and over."""
        order = _ordered(len(self.parts), 1, [owners for _, owners in steps])
        return partial(self._run, order, _in_order(order, [pairs for pairs, _ in steps]))

    def _run(self, order: Order, calls: Numbers) -> None:
        if order.items > len(self.progress) - ITEMS:
            self.progress = _progress(order.items)
        self.progress[: ITEMS + order.items] = 0
        for part, table in zip(self.parts, order.tables, strict=True):
            part.take(self.progress, table, calls)
        self.crew.work()


def _in_order(order: Order, pairs: Sequence[Numbers]) -> Numbers:
    """The pairs of all steps as they are carried out."""
    calls = np.concatenate(pairs) if len(pairs) > 1 else pairs[0]
    return calls if order.places is None else calls[order.places]


@lru_cache(KEPT)
def _order(threads: int, times: int, steps: tuple[bytes, ...]) -> Order:
    """For the owners of each step's calls."""
    return _ordered(threads, times, [np.frombuffer(step, np.int64) for step in steps])


def _ordered(threads: int, times: int, all_owners: Sequence[Numbers]) -> Order:
    hands = 1 + max(int(owners.max()) for owners in all_owners)
    bounds = np.empty((times, len(all_owners), hands, 2), np.int64)
    places, begin = [], 0
    for i, owners in enumerate(all_owners):
        ends = np.searchsorted(np.sort(owners), np.arange(hands + 1))
        first = begin + len(owners) * np.arange(times)[:, None]
        bounds[:, i, :, 0], bounds[:, i, :, 1] = first + ends[:-1], first + ends[1:]
        places.append((first + np.argsort(owners, kind="stable")).ravel())
        begin += times * len(owners)
    needs = hands * np.repeat(np.arange(times * len(all_owners)), hands)
    mine = [np.arange(i, len(needs) if i < hands else i, hands) for i in range(threads)]
    all_places, in_order = np.concatenate(places), bounds.reshape(-1, 2)
    return Order(
        items=len(needs),
        tables=[own_table(needs, in_order, own) for own in mine],
        alive=(needs, bounds, mine),
        places=None if (np.diff(all_places) == 1).all() else all_places,
    )


def _progress(items: int) -> Numbers:
    """Room for how far so many items are."""
    return aligned(2 * (ITEMS + items)).view(np.int64)
