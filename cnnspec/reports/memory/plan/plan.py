"""What memory the engine takes for one input: known from the spec alone, before there are weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass

from ....engine.backends import DEFAULT, chain
from ....engine.memory_plan import Lifetime, MemoryPlan, plan_memory
from ....engine.passes import Wanted, optimise
from ....engine.program import Operation, program
from ....graph.graph import INPUT, Graph
from ....graph.shape import FLOAT, Shape


@dataclass(frozen=True, slots=True)
class PlannedTensor:
    """A tensor that exists while the network runs.

    `does` are the kinds of the layers that its making carries out, `kernel` the way where there is a choice; several
    where layers are carried out together, a few rows at a time. It lies in the memory `owner` (its own name, or that of
    the concatenation that it is made inside of) from channel `first` on. That memory begins at byte `offset` of the
    arena, is `nbytes` long, and free again behind the operation `until`; empty when it is kept to the end. `border` are
    cells of zeros at the top, bottom, left and right.
    """

    name: str
    does: tuple[str, ...]
    kernel: str
    shape: Shape
    border: tuple[int, int, int, int]
    owner: str
    first: int
    offset: int
    nbytes: int
    until: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """All tensors in the order in which they are made, from how many `layers`; bytes of the whole `arena`, of the
    most that must exist `at_once`, and of all memories `apart`."""

    tensors: tuple[PlannedTensor, ...]
    layers: int
    arena: int
    at_once: int
    apart: int

    @property
    def operations(self) -> int:
        return len(self.tensors) - 1


def allocation(graph: Graph, backend: str = DEFAULT) -> Allocation:
    """The engine's plan for a graph."""
    operations = optimise(program(graph), Wanted(graph.outputs, chain(backend)))
    memory_plan = plan_memory(operations, graph.input, graph.outputs)
    lifetimes = memory_plan.lifetimes
    held = [_planned(INPUT, (), "", operations, memory_plan)]
    held += [_planned(o.name, _does(o), _kernels(o), operations, memory_plan) for o in operations]
    return Allocation(
        tensors=tuple(held),
        layers=len(graph.steps),
        arena=FLOAT * memory_plan.values,
        at_once=FLOAT * _at_once(lifetimes),
        apart=FLOAT * sum(span.values for span in lifetimes.values()),
    )


def _planned(
    name: str, does: tuple[str, ...], kernel: str, operations: tuple[Operation, ...], memory_plan: MemoryPlan
) -> PlannedTensor:
    place = memory_plan.placements[name]
    span = memory_plan.lifetimes[place.buffer]
    top, bottom, left, right = astuple(place.halo)
    return PlannedTensor(
        name=name,
        does=does,
        kernel=kernel,
        shape=place.shape,
        border=(top, bottom, left, right),
        owner=place.buffer,
        first=place.first,
        offset=FLOAT * memory_plan.offsets[place.buffer],
        nbytes=FLOAT * span.values,
        until=operations[span.dies].name if span.dies < len(operations) else "",
    )


def _does(operation: Operation) -> tuple[str, ...]:
    """The kinds of its parts, and of all that each carries out on the way."""
    done: list[str] = []
    for part in operation.each:
        done += [part.layer.kind, *(step.kind for step in part.folded), *(["add"] if part.plus else [])]
        done += [part.activation.kind] if part.activation else []
    return tuple(done)


def _kernels(operation: Operation) -> str:
    return ", ".join(part.kernel for part in operation.each if part.kernel)


def _at_once(lifetimes: Mapping[str, Lifetime]) -> int:
    """Values that must exist at once, at the most."""
    born: dict[int, int] = {}
    dead: dict[int, int] = {}
    for span in lifetimes.values():
        born[span.born] = born.get(span.born, 0) + span.values
        dead[span.dies] = dead.get(span.dies, 0) + span.values
    most = now = 0
    for i in sorted({*born, *dead}):
        now += born.get(i, 0)
        most = max(most, now)
        now -= dead.get(i, 0)
    return most
