"""A graph compiled for its weights, and bound to memory for a number of inputs at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..files.memory_map import release
from ..graph.array import Array
from ..graph.graph import INPUT, Graph
from ..graph.shape import is_image
from ..kernels.strips import Scratch, aligned
from .arrival import Arrival
from .backend import Chain
from .lowering import BoundMemory, Lowering, channels_first
from .memory_plan import MemoryPlan, Placement, plan_memory
from .passes import Wanted, optimise
from .program import program, with_arrays
from .schedule import Schedule, Stage


class CompiledGraph:
    """A graph with its weights made ready for the kernels: shared by the plans of all batch sizes."""

    def __init__(self, graph: Graph, tensors: Mapping[str, Array], backends: Chain, exact: bool = False) -> None:
        self.graph = graph
        self.backends = backends
        operations = optimise(program(graph), Wanted(graph.outputs, backends, exact))
        self.memory_plan = plan_memory(operations, graph.input, graph.outputs)
        self.lowerings: list[Lowering] = []
        for operation in operations:
            self.lowerings.append(backends.of(operation).lower(with_arrays(operation, tensors)))
            # Kernels have values in an order of their own: those in the file are not needed as well.
            release(tensors[name] for name in operation.tensors)
        self.work = [backends.of(operation).nanoseconds(operation) for operation in operations]
        self.reads = {operation.name: operation.reads for operation in operations}

    def overlaps(self, later: str, earlier: str) -> bool:
        """Whether an operation writes where the one before it reads."""
        return any(self.memory_plan.overlap(later, name) for name in self.reads.get(earlier, ()))


class BoundPlan:
    """Runs n inputs. One run at a time: its arrays are its own, and its threads end with it."""

    def __init__(self, compiled: CompiledGraph, n: int, threads: int) -> None:
        self.n = n
        self.threads = threads
        self.graph = compiled.graph
        self.arena = aligned(compiled.memory_plan.values * n)
        self.memory = BoundMemory(self._buffers(compiled.memory_plan), compiled.memory_plan.placements)
        self.arrival = Arrival(self.memory.inner(INPUT))
        self.outputs = {name: channels_first(self.memory.inner(name)) for name in self.graph.outputs}
        self.executor = compiled.backends.executor(lambda scratch: self._bind(compiled, scratch), threads)

    def _bind(self, compiled: CompiledGraph, scratch: Scratch) -> Schedule:
        """All work, bound to the scratch of one thread. What is not worth sharing is one item, together with its
        neighbours."""
        schedule = Schedule(compiled.overlaps)
        worth = min(WORTH, compiled.backends.worth)

        def add(name: str, reads: Iterable[str], stage: Stage, nanoseconds: float) -> None:
            if len(stage.items) > 1 and nanoseconds >= worth:
                schedule.shared(name, reads, stage)
            else:
                schedule.alone(call for item in stage.items for call in item)

        schedule.alone(self.memory.clear_border(INPUT))
        for stage in self.arrival.stages():
            add(INPUT, (), stage, self.arrival.nanoseconds)
        for (name, reads), work, lowering in zip(
            compiled.reads.items(), compiled.work, compiled.lowerings, strict=True
        ):
            for stage in lowering.stages(self.memory, scratch):
                add(name, reads, stage, work * self.n)
        return schedule

    def _buffers(self, memory_plan: MemoryPlan) -> dict[str, Array]:
        buffers = {}
        for place in memory_plan.placements.values():
            if place.buffer not in buffers and place.buffer in memory_plan.offsets:
                begin = memory_plan.offsets[place.buffer] * self.n
                flat = self.arena[begin : begin + place.values * self.n]
                buffers[place.buffer] = flat.reshape(self.n, *_extent(place))
        return buffers

    def run(self, x: Array) -> dict[str, Array]:
        """The outputs by name, each fresh (n, *shape), for x (n, C, H, W)."""
        self.arrival.announce(x)
        try:
            self.executor.run()
        finally:
            self.arrival.forget()
        return {name: output.copy() for name, output in self.outputs.items()}


def _extent(place: Placement) -> tuple[int, ...]:
    """Shape of a place's memory for one input."""
    if not is_image(place.shape):
        return place.shape
    halo = place.halo
    return place.shape[1] + halo.top + halo.bottom, place.shape[2] + halo.left + halo.right, place.depth


WORTH = 50_000
"""Nanoseconds of a stage's work from which on waking another thread for it pays: a sleeping one takes about 20,000 to
come, and threads get in each other's way while they have the interpreter."""
