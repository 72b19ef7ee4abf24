"""Which names are written: those that counting would not give back, and those that are referred to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ...graph.graph import Graph
from .lines import LayerLine, Pages


@dataclass(frozen=True, slots=True)
class Naming:
    """What must be named although it is called by its kind and a number: steps that counting would call something
    else, and steps that are referred to, as nobody likes to count."""

    miscounted: frozenset[int] = frozenset()
    referred: frozenset[int] = frozenset()

    def fixed(self, line: LayerLine) -> str:
        """The name that lines must have in common to be one; nothing for one that may be counted."""
        if not line.names:  # a join that is left out
            return ""
        is_counted = re.fullmatch(f"{line.kind}[1-9][0-9]*", line.names[0])
        return "" if is_counted and self.miscounted.isdisjoint(line.steps) else line.names[0]

    def written(self, line: LayerLine) -> str:
        """The name to write for a line, or nothing."""
        is_referred = len(set(line.names)) == 1 and not self.referred.isdisjoint(line.steps)
        return line.names[0] if is_referred else self.fixed(line)

    def corrected(self, pages: Pages, graph: Graph, labels: frozenset[str]) -> Naming:
        """The same with more steps that are miscounted, if there are any; `labels` are those of uses of blocks.

        A layer of a block is named in all uses or in none, if it has one name in all of them.
        """
        counted: dict[int, tuple[str, LayerLine]] = {}
        given = set(labels)
        for line in pages.walk():
            if not isinstance(line, LayerLine):
                continue
            if self.written(line):
                given.update(graph.steps[number - 1].name for number in line.steps)
            else:
                counted.update((number, (name, line)) for number, name in zip(line.steps, line.names, strict=True))
        counts: dict[str, int] = {}
        wrong: set[int] = set()
        for number in sorted(counted):
            name, line = counted[number]
            full = graph.steps[number - 1].name
            stem = full.removesuffix(name) + line.kind
            count = counts.get(stem, 0) + 1
            while f"{stem}{count}" in given:
                count += 1
            if full == f"{stem}{count}":
                counts[stem] = count
            else:
                wrong.update(line.steps if len(set(line.names)) == 1 else [number])
        return replace(self, miscounted=self.miscounted | wrong)
