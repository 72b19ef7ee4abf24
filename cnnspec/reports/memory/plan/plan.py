"""What memory the engine takes for one input: known from the spec alone, before there are weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass

from ....engine.backends import chain
from ....engine.memory_plan import Lifetime, MemoryPlan, plan_memory
from ....engine.passes import Wanted, optimise
from ....engine.program import Operation, program
from ....graph.graph import INPUT, Graph
from ....graph.shape import FLOAT, Shape


@dataclass(frozen=True, slots=True)
class PlannedTensor:
    """A tensor that exists while the network runs.

    `does` are the kinds of the layers that its making carries out, `kernel` the way where there is a choice. It lies in
    the memory `owner` (its own name, or that of the concatenation that it is made inside of) from channel `first` on.
    That memory begins at byte `offset` of the arena, is `nbytes` long, and free again behind the operation `until`;
    empty when it is kept to the end. `border` are cells of zeros at the top, bottom, left and right.
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


def allocation(graph: Graph) -> Allocation:
    """The engine's plan for a graph."""
    operations = optimise(program(graph), Wanted(graph.outputs, chain()))
    memory_plan = plan_memory(operations, graph.input, graph.outputs)
    lifetimes = memory_plan.lifetimes
    held = [_planned(INPUT, (), "", operations, memory_plan)]
    held += [_planned(o.name, _does(o), o.kernel, operations, memory_plan) for o in operations]
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
    """The operation's own kind and all that it carries out on the way."""
    folded = [step.kind for step in operation.folded]
    activation = [operation.activation.kind] if operation.activation else []
    return (operation.layer.kind, *folded, *(["add"] if operation.plus else []), *activation)


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
