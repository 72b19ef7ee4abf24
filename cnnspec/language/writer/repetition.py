"""What repeats in a graph that knows no blocks: runs of layers that a person would write once, found in its lines.

Lines are alike when they are of one kind, with fields of one form; numbers may differ, they become arguments. So may
the shorter of two branches. Of all runs that come several times without overlapping, the one is taken that saves most
lines; its uses become one line each, and the search goes on, in what is left and within the uses.

Uses have labels where names allow it: what the names in them have in common, up to the last number of it. What follows
must be the same in all uses of a block.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ...graph.graph import BlockUse, Graph
from ..document.document import unfit_for_block
from ..elaboration.symbol_table import repeated
from .block_names import block_name
from .outline import Found, Item, common, items_of, joined, kind_of, values, width_of
from .runs import Place, apart, repeated_runs
from .tree import Tree
from .uses import no_uses

ROUNDS = 12
LEAST = 3
"""Lines that a block must save; where some of its uses are repetitions, one line is enough."""
MOST = 7
"""Arguments of a block at most."""
HEAD = 3
"""Lines that a block takes besides its body: its name, `args` and `layers`."""
MODULE = 1.3
"""How much more a block is worth whose uses are whole modules, by their names."""
BEGUN = 1.05
"""How much more one that begins with what has a name: activations stand behind, not before."""


class Run(NamedTuple):
    """Places that are uses of one block, with a label for each, and what they are worth."""

    score: float
    places: list[Place]
    labels: list[str]


def with_uses(graph: Graph, told: dict[str, str]) -> Graph:
    """The graph with uses of blocks at its steps. `told` are names of steps that are to be kept, by their names now."""
    names = ["", *(told.get(step.name, "") for step in graph.steps)]
    kinds = ["", *(step.kind for step in graph.steps)]
    search = _Search(items_of(Tree(graph, no_uses(graph)).lines()), names, kinds)
    search.run()
    calls = search.calls()
    steps = (step._replace(calls=calls.get(number, ())) for number, step in enumerate(graph.steps, 1))
    return Graph(graph.input, tuple(steps), graph.outputs)


class _Search:
    def __init__(self, items: list[Item], names: list[str], kinds: list[str]) -> None:
        self.items = items
        self.names = names
        self.kinds = kinds
        self.taken = {*names}
        self.under: dict[str, tuple[int, int]] = {}
        """The first and the last step of those whose names begin with a prefix."""
        for number, name in enumerate(names):
            parts = name.split(".") if name else []
            for count in range(1, len(parts)):
                prefix = ".".join(parts[:count])
                first, _ = self.under.get(prefix, (number, number))
                self.under[prefix] = (first, number)
        self.blocks: list[str] = []

    def run(self) -> None:
        for _ in range(ROUNDS):
            best = self._best()
            if best is None:
                return
            self._take(best)

    # the best run

    def _best(self) -> Run | None:
        best: Run | None = None
        for places in repeated_runs(self.items):
            least = best.score / (MODULE * BEGUN) if best else 0
            if _most(places) > least and _most(places := [*apart(places)]) > least:
                found = self._judged(places)
                if found is not None and (best is None or found.score > best.score):
                    best = found
        return best

    def _judged(self, places: list[Place]) -> Run | None:
        """Those of some places that can be uses of one block, and what that is worth; None where it is not worth it."""
        groups: dict[tuple[str, ...], list[tuple[Place, str]]] = {}
        for place in places:
            label, inner = self._label(place)
            groups.setdefault(inner, []).append((place, label))
        group = max((_alike(each) for each in groups.values()), key=lambda each: sum(place.counts for place, _ in each))
        labels = [label for _, label in group]
        if any(labels) and (len({*labels}) < len(labels) or not all(labels)):
            return None
        written = [(place, label) for place, label in group if place.counts]
        if len(written) < 2 or _arguments([place for place, _ in written]) > MOST:
            return None
        calls = sum(
            not (before and _follows(before[0], before[1], place, label))
            for before, (place, label) in zip([None, *written], written, strict=False)
        )
        lines = [place.lines for place, _ in written]
        saved = sum(lines) - max(lines) - HEAD - calls
        if saved < (LEAST if calls == len(written) else 1):
            return None
        is_module = all(label and self._is_whole(place, label) for place, label in group)
        begins = any(self.names[item.last] for item in common(group[0][0].body()[:1]))
        worth = saved * (MODULE if is_module else 1) * (BEGUN if begins else 1)
        return Run(worth, [place for place, _ in group], labels)

    def _label(self, place: Place) -> tuple[str, tuple[str, ...]]:
        """A label for a run, and what its steps are called behind it; nothing for those that may be counted."""
        named = [name for number in range(place.first, place.last + 1) if (name := self.names[number])]
        ends = [item.last for item in common(place.body())]
        for label in _prefixes(named):
            if label not in self.taken:
                return label, tuple(self._behind(number, f"{label}.") for number in ends)
        return "", tuple(self._behind(number, "") for number in ends)

    def _behind(self, number: int, scope: str) -> str:
        name = self.names[number].removeprefix(scope)
        return "" if not name or re.fullmatch(f"{self.kinds[number]}[1-9][0-9]*", name) else name

    def _is_whole(self, place: Place, label: str) -> bool:
        first, last = self.under.get(label, (0, 0))
        return place.first <= first and last <= place.last

    # uses

    def _take(self, run: Run) -> None:
        block = len(self.blocks)
        sample = max(run.places, key=lambda place: place.opened is not None)
        self.blocks.append(self._named(sample.items[sample.start : sample.end]))
        # From behind, so that places before stay where they are.
        for place, label in sorted(zip(run.places, run.labels, strict=True), key=lambda each: -each[0].start):
            body = place.items[place.start : place.end]
            item = Item(("block", block), place.first, place.last, 30, (), [body], use=Found(block, label))
            place.items[place.start : place.end] = [item]
        self._refresh(self.items)

    def _refresh(self, items: list[Item]) -> None:
        """Joins are as wide and as alike as their branches have become."""
        for item in items:
            for inner in item.lists:
                self._refresh(inner)
            if item.lists and item.use is None:
                item.width = 8 + sum(4 + width_of(branch) for branch in item.lists)
                item.token = joined(kind_of(item), item)

    def calls(self) -> dict[int, tuple[BlockUse, ...]]:
        """The uses around each step."""
        found: dict[int, tuple[BlockUse, ...]] = {}
        number = 0

        def walk(items: list[Item], around: tuple[BlockUse, ...], label: str) -> None:
            nonlocal number
            for item in items:
                outer, inside = around, label
                if item.use:
                    number += 1
                    own = item.use.label
                    is_inner = own != label and (not label or own.startswith(f"{label}."))
                    own = own if is_inner else ""
                    outer, inside = (*around, BlockUse(own, self.blocks[item.use.block], number)), own or label
                found.update((step, outer) for step in range(item.first, item.last + 1))
                for inner in item.lists:
                    walk(inner, outer, inside)

        walk(self.items, (), "")
        return found

    def _named(self, items: list[Item]) -> str:
        """A name for a block, by what it holds."""
        stem = block_name(items)
        taken = {*self.blocks, *self.names}
        name, count = stem, 1
        while name in taken or unfit_for_block(name):
            count += 1
            name = f"{stem}_{count}"
        return name


def _prefixes(names: list[str]) -> Iterator[str]:
    """What names have in common: up to the last number of it, and whole."""
    if not names:
        return
    parts = [name.split(".")[:-1] for name in names]
    common = next((i for i, column in enumerate(zip(*parts, strict=False)) if len({*column}) > 1), min(map(len, parts)))
    shared = parts[0][:common]
    last = max((i for i, part in enumerate(shared, 1) if re.fullmatch(r"(.*[^A-Za-z])?[0-9]+", part)), default=0)
    for count in dict.fromkeys((last, common)):
        if count:
            yield ".".join(shared[:count])


def _most(places: list[Place]) -> int:
    """Lines that a block saves at most."""
    lines = [place.lines for place in places if place.counts]
    return sum(lines) - max(lines, default=0) - HEAD - 1


def _alike(group: list[tuple[Place, str]]) -> list[tuple[Place, str]]:
    """Those of some places that are opened at the join that most are opened at, and those that are at none."""
    joins = Counter(join for place, _ in group if (join := place.join()) is not None)
    taken = {None, *(join for join, _ in joins.most_common(1))}
    return [(place, label) for place, label in group if place.join() in taken]


def _arguments(places: Sequence[Place]) -> int:
    """Fields that differ between uses; those that go together are one argument."""
    columns = zip(*(values(place.body()) for place in places), strict=False)
    return len({column for column in columns if len({*column}) > 1})


def _follows(place: Place, label: str, after: Place, other: str) -> bool:
    """Whether a use is one more repetition of the one before it."""
    is_next = place.items is after.items and place.end == after.start and place.shortcut() == after.shortcut()
    counts_up = not label or (label[-1].isdigit() and repeated(label, 1) == other)
    return is_next and counts_up and list(values(place.body())) == list(values(after.body()))
