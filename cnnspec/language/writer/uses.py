"""The uses of blocks that a graph still knows, those left out that the language could not say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from ...graph.graph import BlockUse, Graph, Step
from ..document.document import unfit_for_block
from ..document.resolver import NAME
from ..elaboration.bounds import DEPTH

ROOT = ("",)


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One use of a block, around the steps number `first` up to, but without, `end`. Steps count from 1; the input
    is number 0. `scopes` are the prefixes of names, outermost first: of the spec, of each use around, and its own.
    `arguments` are those that it is known to have had."""

    block: str
    label: str
    first: int
    end: int
    scopes: tuple[str, ...]
    arguments: Mapping[str, str]

    @property
    def own_label(self) -> str:
        """The label in the scope around, or nothing."""
        return self.label.removeprefix(self.scopes[-2])


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """For each number the uses around that step, outermost first; and the blocks, those that others use first."""

    around: tuple[tuple[Use, ...], ...]
    blocks: tuple[str, ...] = ()

    def labels(self) -> dict[str, int]:
        """Each label, and the number of the step whose output it names."""
        return {use.label: use.end - 1 for chain in self.around for use in chain if use.label}


def no_uses(graph: Graph) -> Uses:
    return Uses(((),) * (len(graph.steps) + 1))


def uses_of(graph: Graph, without: Container[str] = ()) -> Uses:
    """The uses that the steps tell of: each over steps in a row, with names that begin with its label, of a block
    that has a fitting name, does not reach itself, and is none of those to be left out."""
    blocks = tuple(block for block in _ordered(graph) if block not in without)
    steps: dict[BlockUse, list[int]] = {}
    chains: dict[BlockUse, set[tuple[BlockUse, ...]]] = {}
    for number, step in enumerate(graph.steps, 1):
        for level, use in enumerate(step.calls[:DEPTH]):
            steps.setdefault(use, []).append(number)
            chains.setdefault(use, set()).add(step.calls[:level])
    taken = Counter([*graph.by_name, *(use.label for use in steps)])
    made: dict[BlockUse, Use] = {}
    for use, numbers in sorted(steps.items(), key=lambda item: len(min(chains[item[0]], key=len))):
        outer = [made[each] for each in min(chains[use], key=len) if each in made]
        scopes = outer[-1].scopes if outer else ROOT
        named = [graph.steps[number - 1] for number in numbers]
        is_in_a_row = len(chains[use]) == 1 and numbers[-1] - numbers[0] + 1 == len(numbers)
        if use.block in blocks and is_in_a_row and (not use.label or _fits(use.label, scopes[-1], taken, named)):
            scope = f"{use.label}." if use.label else scopes[-1]
            made[use] = Use(use.block, use.label, numbers[0], numbers[-1] + 1, (*scopes, scope), dict(use.arguments))
    around = (tuple(made[use] for use in step.calls if use in made) for step in graph.steps)
    return Uses(((), *around), blocks)


def _ordered(graph: Graph) -> tuple[str, ...]:
    """The names of the blocks, those that others use first; without those that reach themselves."""
    inner: dict[str, set[str]] = {}
    for step in graph.steps:
        for level, use in enumerate(step.calls):
            if not unfit_for_block(use.block):
                inner.setdefault(use.block, set())
                for outer in step.calls[:level]:
                    inner.setdefault(outer.block, set()).add(use.block)
    while True:
        try:
            return tuple(block for block in TopologicalSorter(inner).static_order() if not unfit_for_block(block))
        except CycleError as error:
            for block in error.args[1]:
                inner.pop(block, None)
            inner = {block: used & inner.keys() for block, used in inner.items()}


def _fits(label: str, scope: str, taken: Mapping[str, int], steps: Iterable[Step]) -> bool:
    """Whether a label can be written in a scope, for these steps."""
    return (
        label.startswith(scope)
        and bool(NAME.fullmatch(label.removeprefix(scope)))
        and taken[label] == 1
        and all(step.name.startswith(f"{label}.") for step in steps)
    )
