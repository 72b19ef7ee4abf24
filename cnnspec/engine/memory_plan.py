"""Where each tensor lies: in memory of its own or inside a concatenation's, with a border of zeros or without.

Inside a plan images lie as (n, H, W, C): the C values of a cell are neighbours, so a 1 x 1 convolution is a plain
product and a window's rows are runs of memory. Whole numbers only; no array is made here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from math import prod

from ..graph.graph import INPUT
from ..graph.shape import Shape, is_image
from ..layers.concat import Concat
from .halo import NONE, Halo
from .occupancy import Occupancy
from .program import Program

Make = tuple[Shape, int, Halo]


@dataclass(frozen=True, slots=True)
class Placement:
    """A tensor's channels `first` to `first + C` in the memory `buffer`, whose cells are `depth` values long."""

    buffer: str
    shape: Shape
    first: int
    depth: int
    halo: Halo

    @property
    def values(self) -> int:
        """float32 values of the whole memory, for one input."""
        if not is_image(self.shape):
            return prod(self.shape)
        _, H, W = self.shape
        return (H + self.halo.top + self.halo.bottom) * (W + self.halo.left + self.halo.right) * self.depth

    @property
    def is_kept(self) -> bool:
        """Whether the memory is small enough to be left to tensors of this make alone, so that its border stays
        zero."""
        return bool(self.halo) and self.values <= KEPT

    @property
    def make(self) -> Make:
        """Memories of one make have their cells and their borders at the same places."""
        return self.shape[1:], self.depth, self.halo


KEPT = 1 << 15
"""float32 values of a memory up to which its border is kept, not cleared in each run."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """A piece of memory that is needed from operation `born` to operation `dies`, both included."""

    values: int
    born: int
    dies: int


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Where every tensor of a program lies: its place, how long its memory is needed and where that begins, and what
    it takes all together, in float32 values for one input."""

    placements: Mapping[str, Placement]
    lifetimes: Mapping[str, Lifetime]
    offsets: Mapping[str, int]
    values: int

    def overlap(self, one: str, other: str) -> bool:
        """Whether two tensors have memory in common."""
        (a, a_end), (b, b_end) = self._extent(one), self._extent(other)
        return a < b_end and b < a_end

    def _extent(self, name: str) -> tuple[int, int]:
        place = self.placements[name]
        begin = self.offsets[place.buffer]
        return begin, begin + place.values


def plan_memory(operations: Program, input: Shape, outputs: tuple[str, ...]) -> MemoryPlan:
    """Place all tensors of a program."""
    placed = placements(operations, input)
    lives = lifetimes(operations, placed, outputs)
    users = share_buffers(placed, lives)
    needed = {
        buffer: Lifetime(lives[buffer].values, 0, len(operations)) if placed[buffer].is_kept else lives[buffer]
        for buffer in users
    }
    offsets, values = allocate(needed)
    offsets = relax(needed, values) or offsets
    return MemoryPlan(placed, lives, {user: offsets[buffer] for buffer in users for user in users[buffer]}, values)


def placements(operations: Program, input: Shape) -> dict[str, Placement]:
    """The place of every tensor, with a border that serves all its readers."""
    shapes = {INPUT: input} | {operation.name: operation.shape for operation in operations}
    buffers = _buffers(operations, shapes)
    around: dict[str, Halo] = {}
    for operation in operations:
        owner, _ = buffers[operation.inputs[0]]
        around[owner] = around.get(owner, NONE) | operation.halo
    found = {}
    for name, shape in shapes.items():
        owner, first = buffers[name]
        found[name] = Placement(owner, shape, first, shapes[owner][0], around.get(owner, NONE))
    return found


def _buffers(operations: Program, names: Iterable[str]) -> dict[str, tuple[str, int]]:
    """For each tensor: the outermost concatenation that it is made in, or itself, and its first channel there."""
    slots = _slots(operations)
    found: dict[str, tuple[str, int]] = {}
    # A concatenation comes behind its parts.
    for name in reversed([*names]):
        inside, offset = slots.get(name, (name, 0))
        owner, first = found.get(inside, (name, 0))
        found[name] = owner, first + offset
    return found


def _slots(operations: Program) -> dict[str, tuple[str, int]]:
    """For each tensor that is made right inside a concatenation: which, and at which channel it begins."""
    slots: dict[str, tuple[str, int]] = {}
    for operation in operations:
        is_by_channels = isinstance(operation.layer, Concat) and operation.layer.axis == "C"
        if is_by_channels and is_image(operation.shape):
            first = 0
            for name, shape in zip(operation.inputs, operation.arriving, strict=True):
                if name != INPUT and name not in slots:
                    slots[name] = (operation.name, first)
                first += shape[0]
    return slots


def lifetimes(
    operations: Program, placements: Mapping[str, Placement], outputs: tuple[str, ...]
) -> dict[str, Lifetime]:
    """How long each memory is needed: from the first tensor made in it to the last time one is read."""
    born: dict[str, int] = {placements[INPUT].buffer: 0}
    dies: dict[str, int] = {}
    for i, operation in enumerate(operations):
        born.setdefault(placements[operation.name].buffer, i)
        for name in (operation.name, *operation.reads):
            dies[placements[name].buffer] = i
    for name in outputs:
        dies[placements[name].buffer] = len(operations)
    return {name: Lifetime(placements[name].values, first, dies.get(name, first)) for name, first in born.items()}


def share_buffers(placements: Mapping[str, Placement], lives: Mapping[str, Lifetime]) -> dict[str, list[str]]:
    """Memories, and who uses each, one after the other: those whose border is kept are lent to others of their make,
    of those that are free the oldest."""
    users: dict[str, list[str]] = {}
    lent: defaultdict[Make, list[tuple[int, int, str]]] = defaultdict(list)
    free: defaultdict[Make, list[tuple[int, str]]] = defaultdict(list)
    for name in sorted(lives, key=lambda name: lives[name].born):
        place, span = placements[name], lives[name]
        if not place.is_kept:
            users[name] = [name]
            continue
        borrowed, idle = lent[place.make], free[place.make]
        while borrowed and borrowed[0][0] < span.born:
            heappush(idle, heappop(borrowed)[1:])
        number, buffer = heappop(idle) if idle else (len(users), name)
        users.setdefault(buffer, []).append(name)
        heappush(borrowed, (span.dies, number, buffer))
    return users


LINE = 16
"""float32 values of a cache line: every memory begins at one."""


def allocate(needed: Mapping[str, Lifetime]) -> tuple[dict[str, int], int]:
    """An offset for each memory such that no two that live at once overlap, and the size of it all, in values.

    Largest first, each at the lowest place that is free for its time ("greedy by size": Pisarchyk, Lee: "Efficient
    Memory Management for Deep Neural Net Inference", 2020).
    """
    taken = _Taken(needed)
    offsets = {name: taken.take(span, taken.lowest(span)) for name, span in _largest_first(needed)}
    return offsets, max((offsets[name] + needed[name].values for name in offsets), default=0)


def relax(needed: Mapping[str, Lifetime], size: int) -> dict[str, int]:
    """Offsets in no more than `size` values such that a memory, where there is room for that, is given to others one
    operation later than it could be: then that operation may begin while the one before still reads. Empty when the
    memories do not fit so."""
    taken = _Taken(needed)
    offsets: dict[str, int] = {}
    for name, span in _largest_first(needed):
        start = taken.lowest(span, later=1)
        if start + span.values > size:
            start = taken.lowest(span)
        if start + span.values > size:
            return {}
        offsets[name] = taken.take(span, start)
    return offsets


def _largest_first(needed: Mapping[str, Lifetime]) -> list[tuple[str, Lifetime]]:
    return sorted(needed.items(), key=lambda item: (-item[1].values, item[0]))


class _Taken:
    """What is taken of the arena, and when: whole cache lines."""

    def __init__(self, needed: Mapping[str, Lifetime]) -> None:
        self._lines = Occupancy(1 + max((span.dies for span in needed.values()), default=0))

    def lowest(self, span: Lifetime, later: int = 0) -> int:
        """The lowest place that is free for the time of a memory and for so many operations around it."""
        return LINE * self._lines.lowest(span.born - later, span.dies + later, -(-span.values // LINE))

    def take(self, span: Lifetime, start: int) -> int:
        """Take a place for the time of a memory; gives it back."""
        begin = start // LINE
        self._lines.take(span.born, span.dies, begin, begin - -span.values // LINE)
        return start
