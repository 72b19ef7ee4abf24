"""The compiled network: every call bound to its arrays, for a number of inputs at a time.

Memory is placed beforehand, so a run allocates nothing but its result.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from threading import Lock
from weakref import WeakSet

import numpy as np

from ..graph.array import Array
from ..graph.graph import Graph
from ..kernels.strips import Call
from .backend import Chain
from .compiled import BoundPlan, CompiledGraph
from .thread_pool import ThreadPool

TOGETHER = 1 << 21
"""float32 values of activations up to which inputs run together: beyond, they would push each other out of the
cache."""
SIDES = 4
"""Parts into which a batch is cut for the sake of threads."""
APIECE = 200_000
"""Nanoseconds of work that such a part must have."""
KEPT = 4
"""Bound plans that are kept for the next run, beside one for each thread."""


_PLANS: WeakSet[Plan] = WeakSet()


def _renew_locks() -> None:
    """In a forked process: a thread of its parent may have held one."""
    for plan in _PLANS:
        plan._lock = Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


class Plan:
    """Runs a graph with given weights on batches of any size, `exact` without Winograd. Safe to call from several
    threads."""

    def __init__(
        self, graph: Graph, tensors: Mapping[str, Array], backends: Chain, threads: int = 1, exact: bool = False
    ) -> None:
        self.compiled = CompiledGraph(graph, tensors, backends, exact)
        self.threads = threads
        self.nanoseconds = sum(self.compiled.work)
        self.together = max(1, TOGETHER // max(1, self.compiled.memory_plan.values))
        self._lock = Lock()
        _PLANS.add(self)
        self._free: list[BoundPlan] = []
        self._pools: list[ThreadPool] = []

    def run(self, x: Array) -> dict[str, Array]:
        """The outputs by name, each fresh (N, *shape), for x (N, C, H, W)."""
        parts = self._parts(x)
        # Threads share out whole inputs where there are several parts, else the work of each layer.
        found = [self._part(x, self.threads)] if len(parts) == 1 else self._side_by_side(parts)
        if len(found) == 1:
            return found[0]
        return {name: np.concatenate([part[name] for part in found]) for name in self.compiled.graph.outputs}

    def _parts(self, x: Array) -> list[Array]:
        """A batch cut by sizes alone, so that a result does not hang on the number of threads: into what the cache can
        hold, and where there is enough work into some more, for threads to have one each."""
        if len(x) == 1:
            return [x]
        worth = int(self.nanoseconds * len(x) // APIECE)
        count = max(-(-len(x) // self.together), min(len(x), worth, SIDES))
        n = -(-len(x) // count)
        return [x[i : i + n] for i in range(0, len(x), n)]

    def _side_by_side(self, parts: list[Array]) -> list[dict[str, Array]]:
        found: list[dict[str, Array]] = [{} for _ in parts]
        n = len(parts[0])
        pool = self._assemble()
        bounds = [self._take(n, 1) for _ in range(min(pool.size, len(parts)))]

        def work(bound: BoundPlan, i: int) -> Call:
            def call() -> None:
                # The last part may be smaller.
                found[i] = bound.run(parts[i]) if len(parts[i]) == n else self._part(parts[i], 1)

            return call

        # What fails, or is interrupted, is not used again.
        pool.run([[[work(bound, i)] for i in range(len(parts))] for bound in bounds], [0] * len(parts))
        for bound in bounds:
            self._give_back(bound)
        with self._lock:
            self._pools.append(pool)
        return found

    def _assemble(self) -> ThreadPool:
        """A pool that is free, or a new one: calls from several threads have one each."""
        with self._lock:
            if self._pools:
                return self._pools.pop()
        return ThreadPool(self.threads)

    def _part(self, x: Array, threads: int) -> dict[str, Array]:
        bound = self._take(len(x), threads)
        # One that fails, or is interrupted, is not used again.
        found = bound.run(x)
        self._give_back(bound)
        return found

    def _give_back(self, bound: BoundPlan) -> None:
        with self._lock:
            self._free.append(bound)
            del self._free[: -KEPT - self.threads]

    def _take(self, n: int, threads: int) -> BoundPlan:
        with self._lock:
            for i, bound in enumerate(self._free):
                if (bound.n, bound.threads) == (n, threads):
                    return self._free.pop(i)
        return BoundPlan(self.compiled, n, threads)
