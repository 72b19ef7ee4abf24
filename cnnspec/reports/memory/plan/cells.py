"""What the tables of a memory plan hold, and what stands below them."""

from __future__ import annotations

from collections.abc import Iterator

from ....graph.shape import times
from ...drawing.terminal_text import escaped
from ...summary.facts import counted
from .plan import Allocation, PlannedTensor

TITLES = ("tensor", "made by", "kernel", "output", "border", "inside of", "at byte", "bytes", "until")
RIGHT = ("output", "border", "at byte", "bytes")
CONVENTIONS = (
    "bytes: float32, for one input, borders included; weights and the scratch of each thread are apart.",
    "border: cells of zeros around an image, at the top, bottom, left and right where they differ.",
    "until: the last operation that needs the memory; later ones may use it again. Empty: kept to the end.",
)


def rows(plan: Allocation) -> Iterator[tuple[str, ...]]:
    for tensor in plan.tensors:
        memory = (f"{tensor.offset:,}", f"{tensor.nbytes:,}", escaped(tensor.until))
        yield (
            escaped(tensor.name),
            " + ".join(tensor.does),
            tensor.kernel,
            times(tensor.shape),
            _border(tensor),
            inside(tensor),
            # What lies inside of another tensor has no memory of its own.
            *(memory if tensor.owner == tensor.name else ("", "", "")),
        )


def _border(tensor: PlannedTensor) -> str:
    sides = tensor.border
    if len(set(sides)) == 1:
        return str(sides[0]) if sides[0] else ""
    return " ".join(map(str, sides))


def inside(tensor: PlannedTensor) -> str:
    return "" if tensor.owner == tensor.name else f"{escaped(tensor.owner)} from {tensor.first}"


def facts(plan: Allocation) -> Iterator[tuple[str, str]]:
    yield "operations", f"{plan.operations:,} for {plan.layers:,} layers; the others are folded or done on the way"
    yield "arena", f"{counted(plan.arena, 'B')} for one input"
    yield "at once", f"{counted(plan.at_once, 'B')} at the most; no plan can do with less"
    yield "apart", f"{counted(plan.apart, 'B')} if no memory were used twice"
