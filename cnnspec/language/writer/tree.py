"""A graph -> the lines that make its steps in their order: branches inside of joins, uses around what they make.

Steps are counted from 1, the input is number 0. What arrives at a join is its immediate dominator; the steps between
the two are its branches, where they stand behind each other in the order in which the join takes them. All other
joins refer to their inputs by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from ...graph.graph import INPUT, Graph
from ...graph.layer import Join
from ..syntax.nodes import Node
from .dominators import dominators
from .lines import Branch, FromLine, JoinLine, LayerLine, Line, Lines, Reference, UseLine
from .references import References
from .sections import field_nodes
from .uses import ROOT, Use, Uses

LONG = 14
"""Layers of a branch at most, a join with its branches as one; a longer one is written in the main line, and its end
referred to."""
NESTED = 4
"""Joins in each other's branches at most: deeper text is hard to read, and the language has a bound."""


Numbers = tuple[int, ...]
Names = tuple[str, ...]
Fields = dict[str, Node]


class LayerList(NamedTuple):
    """A list of layers: the steps from `first` up to, but without, `end`, behind the tensor that arrives; so many
    uses and joins are around it."""

    first: int
    end: int
    arriving: int
    uses: int = 0
    joins: int = 0
    scopes: tuple[str, ...] = ROOT


@dataclass(frozen=True, slots=True)
class Region:
    """A join with its branches: lists, and numbers of tensors that are made elsewhere."""

    join: int
    arriving: int
    first: int
    branches: tuple[LayerList | int, ...]


class Piece(NamedTuple):
    """A line with the tensor that it goes on from, the first and the last step that it makes."""

    line: Line
    arriving: int
    first: int
    last: int


class Tree:
    """The lines of one graph, in which some uses are kept. Raises `Shadowed`."""

    def __init__(self, graph: Graph, uses: Uses) -> None:
        self.graph = graph
        self.uses = uses
        self.references = References(graph, uses)
        self.dominators = dominators(graph)
        numbers = {INPUT: 0} | {step.name: number for number, step in enumerate(graph.steps, 1)}
        self.inputs = [(), *(tuple(numbers[name] for name in step.inputs) for step in graph.steps)]

    def lines(self) -> Lines:
        return self._lines(LayerList(1, len(self.graph.steps) + 1, 0))

    def _lines(self, place: LayerList) -> Lines:
        flow, lines = place.arriving, Lines()
        for part in self._parts(place):
            piece = self._piece(part, flow, place)
            if piece.arriving != flow:
                lines.append(FromLine(self._reference(piece.arriving, piece.first, place)))
            lines.append(piece.line)
            flow = piece.last
        return lines

    def _parts(self, place: LayerList) -> list[Use | Region | int]:
        """What a list consists of, found from its end: uses, joins with their branches, single steps."""
        found: list[Use | Region | int] = []
        end = place.end
        while end > place.first:
            part = self._use(end - 1, place) or self._region(end - 1, place) or end - 1
            found.append(part)
            end = part if isinstance(part, int) else part.first
        return found[::-1]

    def _piece(self, part: Use | Region | int, flow: int, place: LayerList) -> Piece:
        """A part of a list written, where the tensor `flow` is the last before it."""
        if isinstance(part, Use):
            reads = {number for step in range(part.first, part.end) for number in self.inputs[step]}
            arriving = flow if flow in reads else self.inputs[part.first][0]
            inner = LayerList(part.first, part.end, arriving, place.uses + 1, 0, part.scopes)
            use = UseLine(part, self._depth(arriving), self._lines(inner))
            return Piece(use, arriving, part.first, part.end - 1)
        if isinstance(part, Region):
            branches = tuple(self._branch(branch, part, place) for branch in part.branches)
            join = JoinLine(*self._layer(part.join, part.arriving, place), branches)
            return Piece(join, part.arriving, part.first, part.join)
        first = self.inputs[part][0]
        if isinstance(self.graph.steps[part - 1].layer, Join):
            join = JoinLine(*self._layer(part, flow, place), tuple(self._inputs(part, flow, place)))
            return Piece(join, flow, part, part)
        return Piece(LayerLine(*self._layer(part, first, place)), first, part, part)

    def _layer(self, number: int, arriving: int, place: LayerList) -> tuple[str, Numbers, Names, Numbers, Fields]:
        """What a line says of a step that stands behind a tensor."""
        step = self.graph.steps[number - 1]
        name = step.name.removeprefix(place.scopes[-1])
        return step.kind, (number,), (name,), (self._depth(arriving),), field_nodes(step.layer)

    # uses

    def _use(self, number: int, place: LayerList) -> Use | None:
        """The use in a list that a step of it is in."""
        around = self.uses.around[number]
        return around[place.uses] if len(around) > place.uses else None

    def _is_between(self, number: int, place: LayerList) -> bool:
        """Whether a step begins anew: no use goes on over the edge before it."""
        use = self._use(number, place) if number < place.end else None
        return use is None or use.first == number

    # joins

    def _branch(self, branch: LayerList | int, region: Region, place: LayerList) -> Branch:
        if isinstance(branch, LayerList):
            return self._lines(branch)
        return [] if branch == region.arriving else self._reference(branch, region.join, place)

    def _inputs(self, join: int, flow: int, place: LayerList) -> Iterator[Branch]:
        """The inputs of a join by their names; `[]` for what arrives."""
        for number in self.inputs[join]:
            yield [] if number == flow else self._reference(number, join, place)

    def _reference(self, number: int, at: int, place: LayerList) -> Reference:
        return self.references.to(number, at, place.scopes)

    def _region(self, join: int, place: LayerList) -> Region | None:
        """A join with the branches right before it; None where its inputs are to be named."""
        arriving = self.dominators[join]
        first = max(arriving + 1, place.first)
        is_known = arriving >= place.first or arriving == place.arriving
        is_join = isinstance(self.graph.steps[join - 1].layer, Join)
        if not (is_join and is_known and place.joins < NESTED and self._is_between(first, place)):
            return None
        branches: list[LayerList | int] = []
        at = first
        for number in self.inputs[join]:
            if number < at or number == arriving:
                branches.append(number)
                continue
            branch = LayerList(at, number + 1, arriving, place.uses, place.joins + 1, place.scopes)
            if self._is_main_line(branch, join) or not self._is_branch(branch, place):
                return None
            branches.append(branch)
            at = number + 1
        return Region(join, arriving, first, tuple(branches)) if first < at == join else None

    def _is_branch(self, branch: LayerList, place: LayerList) -> bool:
        """Whether a list goes from what arrives to its end, and nowhere else."""
        begins = branch.arriving in self.inputs[branch.first] and self._is_between(branch.end, place)
        read = {number for step in range(branch.first, branch.end) for number in self.inputs[step]}
        return begins and read.issuperset(range(branch.first, branch.end - 1))

    def _is_main_line(self, branch: LayerList, join: int) -> bool:
        """Whether a branch is too long to stand in a join, or a U that the join closes: down in size and up again."""
        if len(self._parts(branch)) > LONG:
            return True
        if branch.arriving not in self.inputs[join]:
            return False
        smallest, at = self._cells(branch.end - 1), branch.end - 1
        while at >= branch.first and self._cells(at) >= smallest:
            at = self.dominators[at]
        return at >= branch.first

    def _depth(self, number: int) -> int:
        return self._shape(number)[0]

    def _cells(self, number: int) -> int:
        return prod(self._shape(number)[1:])

    def _shape(self, number: int) -> tuple[int, ...]:
        return self.graph.steps[number - 1].shape if number else self.graph.input
