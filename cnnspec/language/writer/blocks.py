"""The uses of each block -> one block and calls of it: what they have in common, and arguments for the rest."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace

from ..syntax.nodes import Scalar
from .arguments import Arguments
from .left_out import levelled
from .lines import (
    Argument,
    Block,
    Branch,
    CallLine,
    FromLine,
    JoinLine,
    Line,
    Lines,
    Pages,
    Reference,
    UseLine,
    Value,
    inside,
    walk,
)
from .merging import Merger
from .names import Naming
from .repeats import folded


def with_blocks(lines: Lines, blocks: tuple[str, ...], naming: Naming) -> Pages:
    """Lines in which uses have become calls of blocks. `blocks` are in the order of their use by each other. Raises
    `Shadowed`."""
    return BlockBuilder(lines, blocks, naming).pages()


class BlockBuilder:
    """Makes one block after the other."""

    def __init__(self, lines: Lines, blocks: tuple[str, ...], naming: Naming) -> None:
        self.layers = lines
        self.names = blocks
        self.naming = naming
        self.uses: dict[str, list[UseLine]] = {name: [] for name in blocks}
        for line in walk(lines):
            if isinstance(line, UseLine):
                self.uses[line.use.block].append(line)
        self.calls: dict[UseLine, CallLine] = {}
        self.blocks: list[Block] = []
        self.letters: dict[str, dict[str, str]] = {}

    def pages(self) -> Pages:
        for name in self.names:
            if self.uses[name]:
                self._make(name)
        return Pages(tuple(self.blocks), folded(self._called(self.layers)))

    def _make(self, name: str) -> None:
        """The block of some name, or several where its uses have no layer in common."""
        bodies = {use: self._called(use.lines) for use in self.uses[name]}
        if self._merge(name, bodies, name):
            return
        merger = Merger(name, Arguments((), ()), self.letters, self.naming)
        kinds: dict[Hashable, dict[UseLine, Lines]] = {}
        for use, lines in bodies.items():
            kinds.setdefault(_skeleton(lines, merger), {})[use] = lines
        for number, alike in enumerate(kinds.values(), 1):
            self._merge(self._free(name, number), alike, name)

    def _merge(self, name: str, bodies: dict[UseLine, Lines], block: str) -> bool:
        """Make one block of some uses of `block`; False where nothing but arguments would be left of it."""
        known = [use.use.arguments for use in bodies]
        arguments = Arguments({*self.names, *_words(bodies.values())}, known)
        merger = Merger(block, arguments, self.letters, self.naming)
        lines = merger.lists(levelled(list(bodies.values()), merger.head))
        if all(isinstance(line, Argument) for line in lines):
            return False
        self.letters[name] = arguments.letters
        self.blocks.append(Block(name, arguments.defaults(), folded(lines)))
        for index, use in enumerate(bodies):
            given = {key: values[index] for key, values in arguments.values.items()}
            self.calls[use] = CallLine(name, use.use.own_label, (use.depth,), given)
        return True

    def _called(self, lines: Lines) -> Lines:
        """Lines with calls in place of the uses of blocks that are made."""
        return [self._call(line) for line in lines]

    def _call(self, line: Line) -> Line:
        match line:
            case UseLine():
                return self.calls[line]
            case JoinLine():
                branches = (self._called(each) if isinstance(each, list) else each for each in line.branches)
                return replace(line, branches=tuple(branches))
            case _:
                return line

    def _free(self, name: str, number: int) -> str:
        """`name`, `name_2`, `name_3`, past those that are taken."""
        taken = {*self.names, *self.letters} - ({name} if number == 1 else set())
        while (found := name if number == 1 else f"{name}_{number}") in taken:
            number += 1
        return found


def _words(bodies: Iterable[Lines]) -> Iterator[str]:
    """Names of layers, and what is given to other blocks: an argument that is called so would be meant instead."""
    for lines in bodies:
        for line in walk(lines):
            for each in [line.reference] if isinstance(line, FromLine) else inside(line):
                if isinstance(each, Reference):
                    yield from each.texts
                elif isinstance(each, Scalar):
                    yield each.text


def _skeleton(lines: Lines, merger: Merger) -> Hashable:
    """What lists must have in common to be merged without arguments for layers."""
    return tuple((merger.head(line), tuple(_inner(each, merger) for each in inside(line))) for line in lines)


def _inner(value: Branch | Value, merger: Merger) -> Hashable:
    return _skeleton(value, merger) if isinstance(value, list) else type(value).__name__
