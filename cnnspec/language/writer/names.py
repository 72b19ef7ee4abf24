"""Which names need not be written, as counting gives them back."""

from __future__ import annotations

import re

from ...graph.graph import Graph
from .lines import JoinLine, LayerLine, Pages


def is_counted(name: str, kind: str) -> bool:
    """Whether a name may have come from counting: `conv12` of a conv."""
    return bool(re.fullmatch(f"{kind}[1-9][0-9]*", name))


def written_name(line: LayerLine | JoinLine, named: frozenset[int]) -> str:
    """The name to write; nothing where all may be counted, and none of the steps is one to be `named`."""
    is_free = is_counted(line.names[0], line.kind) and named.isdisjoint(line.steps)
    return "" if is_free else line.names[0]


def miscounted(pages: Pages, graph: Graph, labels: frozenset[str], named: frozenset[int]) -> frozenset[int]:
    """The steps that counting would call something else than they are called; they are to be named as well.

    A layer of a block is named in all uses or in none, if it has one name in all of them.
    """
    counted: dict[int, tuple[str, LayerLine | JoinLine]] = {}
    given = set(labels)
    for line in pages.walk():
        if not isinstance(line, LayerLine | JoinLine):
            continue
        if written_name(line, named):
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
    return frozenset(wrong)
