"""The compiled network: every call bound to its arrays, for a number of inputs at a time.

Memory is placed beforehand, so a run allocates nothing but its result.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from weakref import finalize

import numpy as np

from ..files.memory_map import release
from ..graph.array import Array
from ..graph.graph import INPUT, Graph
from ..graph.shape import is_image
from ..kernels.strips import Call, Scratch, aligned
from ..machine.blas_threads import one_thread
from .backend import Chain
from .lowering import Lowering, Memory, channels_first
from .memory_plan import Layout, Place, lay_out
from .passes import Wanted, optimise
from .program import program, with_arrays
from .schedule import Flow
from .thread_pool import Team


class Prepared:
    """A graph with its weights made ready for the kernels: shared by the plans of all batch sizes."""

    def __init__(self, graph: Graph, tensors: Mapping[str, Array], backends: Chain, exact: bool = False) -> None:
        self.graph = graph
        operations = optimise(program(graph), Wanted(graph.outputs, backends, exact))
        self.layout = lay_out(operations, graph.input, graph.outputs)
        self.lowerings: list[Lowering] = []
        for operation in operations:
            self.lowerings.append(backends.of(operation).lower(with_arrays(operation, tensors)))
            # Kernels have values in an order of their own: those in the file are not needed as well.
            release(tensors[name] for name in operation.tensors)
        self.work = [backends.of(operation).nanoseconds(operation) for operation in operations]
        self.reads = {operation.name: operation.reads for operation in operations}

    def meets(self, later: str, earlier: str) -> bool:
        """Whether an operation writes where the one before it reads."""
        return any(self.layout.meet(later, name) for name in self.reads[earlier])


class Bound:
    """Runs n inputs. One run at a time: its arrays are its own, and its threads end with it."""

    def __init__(self, prepared: Prepared, n: int, threads: int) -> None:
        self.n = n
        self.threads = threads
        self.graph = prepared.graph
        self.arena = aligned(prepared.layout.values * n)
        self.memory = Memory(self._roots(prepared.layout), prepared.layout.places)
        self.input = channels_first(self.memory.inner(INPUT))
        flow = self._bind(prepared, Scratch())
        self.needs = flow.needs
        self.lanes = [flow.items]
        self.calls: list[Call] = [call for item in flow.items for call in item]
        others = threads - 1 if len(flow.items) > 1 else 0
        self.lanes += [self._bind(prepared, Scratch()).items for _ in range(others)]
        self.team = Team(len(self.lanes)) if others else None
        if self.team is not None:
            finalize(self, self.team.close)

    def _bind(self, prepared: Prepared, scratch: Scratch) -> Flow:
        """All work, bound to the scratch of one thread. What is not worth sharing is one item, together with its
        neighbours."""
        flow = Flow(prepared.meets)
        flow.alone(self.memory.clear_border(INPUT))
        for (name, reads), work, lowering in zip(
            prepared.reads.items(), prepared.work, prepared.lowerings, strict=True
        ):
            for stage in lowering.stages(self.memory, scratch):
                if len(stage.items) > 1 and work * self.n >= WORTH:
                    flow.shared(name, reads, stage)
                else:
                    flow.alone(call for item in stage.items for call in item)
        return flow

    def _roots(self, layout: Layout) -> dict[str, Array]:
        roots = {}
        for place in layout.places.values():
            if place.root not in roots and place.root in layout.offsets:
                begin = layout.offsets[place.root] * self.n
                flat = self.arena[begin : begin + place.values * self.n]
                roots[place.root] = flat.reshape(self.n, *_extent(place))
        return roots

    def run(self, x: Array) -> dict[str, Array]:
        """The outputs by name, each fresh (n, *shape), for x (n, C, H, W)."""
        np.copyto(self.input, x)
        if self.team is not None:
            self.team.run(self.lanes, self.needs)
        else:
            for call in self.calls:
                call()
        return {name: channels_first(self.memory.inner(name)).copy() for name in self.graph.outputs}


def _extent(place: Place) -> tuple[int, ...]:
    """Shape of a place's memory for one input."""
    if not is_image(place.shape):
        return place.shape
    halo = place.halo
    return place.shape[1] + halo.top + halo.bottom, place.shape[2] + halo.left + halo.right, place.depth


TOGETHER = 1 << 21
"""float32 values of activations up to which inputs run together: beyond, they would push each other out of the
cache."""
WORTH = 50_000
"""Nanoseconds of a stage's work from which on waking another thread for it pays: a sleeping one takes about 20,000 to
come, and threads get in each other's way while they have the interpreter."""
SIDES = 4
"""Parts into which a batch is cut for the sake of threads."""
APIECE = 200_000
"""Nanoseconds of work that such a part must have."""
KEPT = 4
"""Bound plans that are kept for the next run, beside one for each thread."""


class Plan:
    """Runs a graph with given weights on batches of any size, `exact` without Winograd. Safe to call from several
    threads."""

    def __init__(
        self, graph: Graph, tensors: Mapping[str, Array], backends: Chain, threads: int = 1, exact: bool = False
    ) -> None:
        self.prepared = Prepared(graph, tensors, backends, exact)
        self.threads = threads
        self.nanoseconds = sum(self.prepared.work)
        self.together = max(1, TOGETHER // max(1, self.prepared.layout.values))
        self._lock = Lock()
        self._free: list[Bound] = []
        self._teams: list[Team] = []
        finalize(self, _dismiss, self._teams)

    def run(self, x: Array) -> dict[str, Array]:
        """The outputs by name, each fresh (N, *shape), for x (N, C, H, W)."""
        parts = self._parts(x)
        with one_thread:
            # Threads share out whole inputs where there are several parts, else the work of each layer.
            found = [self._part(x, self.threads)] if len(parts) == 1 else self._side_by_side(parts)
        if len(found) == 1:
            return found[0]
        return {name: np.concatenate([part[name] for part in found]) for name in self.prepared.graph.outputs}

    def _parts(self, x: Array) -> list[Array]:
        """A batch cut by sizes alone, so that a result does not hang on the number of threads: into what the cache can
        hold, and where there is enough work into some more, for threads to have one each."""
        worth = int(self.nanoseconds * len(x) // APIECE)
        count = max(-(-len(x) // self.together), min(len(x), worth, SIDES))
        n = -(-len(x) // count)
        return [x[i : i + n] for i in range(0, len(x), n)]

    def _side_by_side(self, parts: list[Array]) -> list[dict[str, Array]]:
        found: list[dict[str, Array]] = [{} for _ in parts]
        n = len(parts[0])
        team = self._assemble()
        bounds = [self._take(n, 1) for _ in range(min(team.size, len(parts)))]

        def work(bound: Bound, i: int) -> Call:
            def call() -> None:
                # The last part may be smaller.
                found[i] = bound.run(parts[i]) if len(parts[i]) == n else self._part(parts[i], 1)

            return call

        try:
            team.run([[[work(bound, i)] for i in range(len(parts))] for bound in bounds], [0] * len(parts))
        except BaseException:
            team.close()
            raise
        for bound in bounds:
            self._give_back(bound)
        with self._lock:
            self._teams.append(team)
        return found

    def _assemble(self) -> Team:
        """A team that is free, or a new one: calls from several threads have one each."""
        with self._lock:
            if self._teams:
                return self._teams.pop()
        return Team(self.threads)

    def _part(self, x: Array, threads: int) -> dict[str, Array]:
        bound = self._take(len(x), threads)
        # One that fails, or is interrupted, is not used again.
        found = bound.run(x)
        self._give_back(bound)
        return found

    def _give_back(self, bound: Bound) -> None:
        with self._lock:
            self._free.append(bound)
            del self._free[: -KEPT - self.threads]

    def _take(self, n: int, threads: int) -> Bound:
        with self._lock:
            for i, bound in enumerate(self._free):
                if (bound.n, bound.threads) == (n, threads):
                    return self._free.pop(i)
        return Bound(self.prepared, n, threads)


def _dismiss(teams: list[Team]) -> None:
    for team in teams:
        team.close()
