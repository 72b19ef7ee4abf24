"""Where the nodes of a graph are drawn: in layers along the way, few crossings, straight where it is the main way.

After Sugiyama, Tagawa, Toda: "Methods for Visual Understanding of Hierarchical System Structures", 1981: each node
gets a rank, long edges get a bend in every rank that they pass, the nodes of a rank are put in the order of their
neighbours' medians, and then moved sideways towards them. Along the way lies the `depth`, across it the `breadth`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from statistics import fmean, median
from typing import NamedTuple

Pair = tuple[float, float]

SWEEPS = 8
FIRM, LOOSE = 1.0, 1e-9
"""How strongly a node holds its place, and a bend."""
LANE = 14.0
"""Breadth of an edge that passes a rank."""


class Box(NamedTuple):
    """A node's centre across the way, its near end along it, and its size."""

    breadth: float
    depth: float
    across: float
    along: float


@dataclass
class Layout:
    """A box for each node, the points of each edge from its source to its target, (breadth, depth), and the size."""

    boxes: dict[str, Box] = field(default_factory=dict)
    routes: dict[tuple[str, str], list[Pair]] = field(default_factory=dict)
    breadth: float = 0.0
    depth: float = 0.0


class _Slot:
    """A place in a rank: a node, or where an edge passes."""

    def __init__(self, rank: int, across: float, along: float, is_node: bool) -> None:
        self.rank, self.across, self.along, self.is_node = rank, across, along, is_node
        self.before: list[_Slot] = []
        self.after: list[_Slot] = []
        self.at = 0.0


def lay_out(sizes: Mapping[str, Pair], edges: Iterable[tuple[str, str]], gap: Pair = (18.0, 30.0)) -> Layout:
    """Boxes for nodes of `sizes` (across, along), given in an order in which no edge leads back, `gap` apart."""
    edges = list(edges)
    ranks = _ranks(sizes, edges)
    slots = {key: _Slot(ranks[key], *size, is_node=True) for key, size in sizes.items()}
    levels: list[list[_Slot]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for slot in slots.values():
        levels[slot.rank].append(slot)
    chains = {edge: _chain(slots[edge[0]], slots[edge[1]], levels) for edge in edges}
    _order(levels)
    _align(levels, gap[0])
    _straighten(levels, chains.values(), gap[0] / 2)
    return _placed(slots, levels, chains, gap[1])


def _ranks(sizes: Mapping[str, Pair], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest way from a source to each node."""
    into: dict[str, list[str]] = {key: [] for key in sizes}
    for source, target in edges:
        into[target].append(source)
    ranks: dict[str, int] = {}
    for key in sizes:
        ranks[key] = 1 + max((ranks[source] for source in into[key]), default=-1)
    return ranks


def _chain(source: _Slot, target: _Slot, levels: list[list[_Slot]]) -> list[_Slot]:
    """The slots of an edge in every rank between its ends; all are linked."""
    between = [_Slot(rank, LANE, 0.0, is_node=False) for rank in range(source.rank + 1, target.rank)]
    for slot in between:
        levels[slot.rank].append(slot)
    chain = [source, *between, target]
    for a, b in pairwise(chain):
        a.after.append(b)
        b.before.append(a)
    return chain


def _order(levels: list[list[_Slot]]) -> None:
    """Put each rank in the order of its neighbours' medians, down and up in turn."""
    place: dict[_Slot, float] = {}
    for level in levels:
        place.update((slot, float(i)) for i, slot in enumerate(level))
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for level in levels if down else reversed(levels):
            middles = {
                slot: median(place[other] for other in near)
                if (near := slot.before if down else slot.after)
                else place[slot]
                for slot in level
            }
            level.sort(key=lambda slot: (middles[slot], not slot.is_node))
            place.update((slot, float(i)) for i, slot in enumerate(level))


def _align(levels: list[list[_Slot]], gap: float) -> None:
    """Move the slots of each rank towards their neighbours, in their order and as far apart as they must be."""
    for level in levels:
        main = next((i for i, slot in enumerate(level) if slot.is_node), 0)
        offsets = _offsets(level, gap)
        for slot, offset in zip(level, offsets, strict=True):
            slot.at = offset - offsets[main]
    found = []
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for level in levels if down else reversed(levels):
            _spread(level, [_wish(slot, slot.before if down else slot.after) for slot in level], _offsets(level, gap))
        found.append([slot.at for level in levels for slot in level])
    # Looked at from either end the way leans to a side where lanes push it; between the two it is upright.
    for slot, *places in zip((slot for level in levels for slot in level), *found[-2:], strict=True):
        slot.at = sum(places) / len(places)


def _straighten(levels: Sequence[Sequence[_Slot]], chains: Iterable[Sequence[_Slot]], gap: float) -> None:
    """Put all bends of a long edge into one line where there is room for it, the outermost edges first."""
    beside: dict[_Slot, tuple[_Slot | None, _Slot | None]] = {}
    for level in levels:
        beside.update(zip(level, zip([None, *level], [*level[1:], None], strict=False), strict=True))
    long = [chain[1:-1] for chain in chains if len(chain) > 2]
    for bends in sorted(long, key=lambda bends: -max(abs(bend.at) for bend in bends)):
        least, most = -inf, inf
        for bend in bends:
            left, right = beside[bend]
            least = max(least, left.at + (left.across + bend.across) / 2 + gap if left else -inf)
            most = min(most, right.at - (right.across + bend.across) / 2 - gap if right else inf)
        if least <= most:
            line = min(max(median(bend.at for bend in bends), least), most)
            for bend in bends:
                bend.at = line


def _offsets(level: Sequence[_Slot], gap: float) -> list[float]:
    """How far each slot of a rank is from the first, where they stand as near as they may."""
    offsets = [0.0]
    for left, right in pairwise(level):
        offsets.append(offsets[-1] + (left.across + right.across) / 2 + gap)
    return offsets


def _wish(slot: _Slot, near: Sequence[_Slot]) -> Pair:
    """Where a slot would like to be, and how much: in the middle of its neighbours on one side, but in line with a
    single node among them, so that the main way is straight. Bends give way to nodes."""
    nodes = [other for other in near if other.is_node]
    among = nodes if len(nodes) == 1 else near
    return (fmean(other.at for other in among) if among else slot.at), FIRM if slot.is_node else LOOSE


def _spread(level: list[_Slot], wished: list[Pair], offsets: list[float]) -> None:
    """The places nearest to those wished for that keep the order and the distances: least squares, by pooling
    neighbours that come too near (Robertson, Wright, Dykstra: "Order Restricted Statistical Inference", 1988)."""
    pools: list[tuple[float, float, int]] = []
    for (at, weight), offset in zip(wished, offsets, strict=True):
        pool = (at - offset, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            other = pools.pop()
            total = other[1] + pool[1]
            pool = ((other[0] * other[1] + pool[0] * pool[1]) / total, total, other[2] + pool[2])
        pools.append(pool)
    middles = [middle for middle, _, count in pools for _ in range(count)]
    for slot, middle, offset in zip(level, middles, offsets, strict=True):
        slot.at = middle + offset


def _placed(
    slots: Mapping[str, _Slot],
    levels: Sequence[Sequence[_Slot]],
    chains: Mapping[tuple[str, str], Sequence[_Slot]],
    gap: float,
) -> Layout:
    """Ranks one behind another, everything moved so that it begins at 0."""
    least = min((slot.at - slot.across / 2 for level in levels for slot in level), default=0.0)
    layout = Layout()
    starts: list[Pair] = []
    depth = 0.0
    for level in levels:
        along = max((slot.along for slot in level), default=0.0)
        starts.append((depth, along))
        depth += along + gap
        layout.breadth = max([layout.breadth, *(slot.at + slot.across / 2 - least for slot in level)])
    layout.depth = max(0.0, depth - gap)
    for key, slot in slots.items():
        start, along = starts[slot.rank]
        layout.boxes[key] = Box(slot.at - least, start + (along - slot.along) / 2, slot.across, slot.along)
    for (source, target), chain in chains.items():
        begin, end = layout.boxes[source], layout.boxes[target]
        points = [(begin.breadth, begin.depth + begin.along)]
        for slot in chain[1:-1]:
            start, along = starts[slot.rank]
            points += [(slot.at - least, start), (slot.at - least, start + along)]
        layout.routes[source, target] = [*points, (end.breadth, end.depth)]
    return layout
