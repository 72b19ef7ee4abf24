"""What is known of a layer or a use of a block: the shapes at both ends, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..graph.graph import Step
from ..graph.shape import Shape, times
from ..language.elaboration.trace import Visit
from ..language.syntax.tree import BlockCall, Entry, JoinEntry, LayerEntry
from ..reports.summary.facts import field
from .reading import Reading

ROWS = 8
"""So many uses of an entry are told one by one."""


class Facts(NamedTuple):
    """One use of an entry: its full name, what arrives and what comes out, None where an earlier mistake hides it,
    and the steps that it makes."""

    name: str
    arriving: tuple[Shape | None, ...]
    shape: Shape | None
    steps: tuple[Step, ...]

    @property
    def params(self) -> int:
        return sum(step.params for step in self.steps)

    @property
    def macs(self) -> int:
        return sum(step.macs for step in self.steps)

    @property
    def receptive_field(self) -> str:
        last = self.steps[-1].receptive_field if self.steps else None
        return "none" if last is None else field(last)


def facts(reading: Reading, entry: Entry, most: int = ROWS) -> list[Facts]:
    """What is known of the first uses of an entry."""
    return [_facts(reading, number) for number in reading.visits.get(entry, ())[:most]]


def _facts(reading: Reading, number: int) -> Facts:
    visit = reading.trace.visits[number]
    inner = [*reading.trace.visits[visit.first : number], visit]
    own = list(_steps(reading, inner))
    arriving: tuple[Shape | None, ...] = (visit.arriving.shape,)
    if isinstance(visit.entry, JoinEntry):
        own = own[-1:] if own and own[-1].name == visit.end.name else []
        arriving = own[-1].arriving if own else arriving
    return Facts(_name(visit), arriving, visit.end.shape, tuple(own))


def _name(visit: Visit) -> str:
    """The full name of an entry; a use of a block has its own where it was given one."""
    if isinstance(visit.entry, BlockCall):
        return visit.names[-1] + (visit.entry.name or visit.entry.word).text
    return visit.end.name


def _steps(reading: Reading, visits: list[Visit]) -> Iterator[Step]:
    for visit in visits:
        if isinstance(visit.entry, LayerEntry) and (step := reading.trace.steps.get(visit.end.name)):
            yield step


def shapes(reading: Reading, entry: Entry) -> list[str]:
    """The shapes that come out of an entry, of all its uses, each once."""
    found = (visit.end.shape for visit in reading.visits_of(entry))
    return list(dict.fromkeys(times(shape) for shape in found if shape is not None))


def table(found: list[Facts], uses: int) -> str:
    """Facts as Markdown: a line for a single use, a table for several."""
    if uses == 1:
        (only,) = found
        counts = [f"{only.params:,} parameters", f"{only.macs:,} MACs", f"receptive field {only.receptive_field}"]
        costs = "  \n" + ", ".join(counts) if only.steps else ""
        return f"`{only.name}`: {_flow(only)}{costs}"
    lines = ["| name | shape | parameters | MACs | receptive field |", "|---|---|--:|--:|--:|"]
    for each in found:
        costs = f"{each.params:,} | {each.macs:,} | {each.receptive_field}" if each.steps else " | | "
        lines.append(f"| `{each.name}` | {_flow(each)} | {costs} |")
    if uses > len(found):
        lines.append(f"| and {uses - len(found):,} more | | | | |")
    return "\n".join(lines)


def _flow(found: Facts) -> str:
    arriving = ", ".join(_shape(shape) for shape in found.arriving)
    return f"{arriving} -> {_shape(found.shape)}"


def _shape(shape: Shape | None) -> str:
    return "?" if shape is None else times(shape)
