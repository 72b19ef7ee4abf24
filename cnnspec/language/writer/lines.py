"""The entries of lists of layers as they are to be written, each for one place of the graph or for several at once.

A line of a block's body stands for what each use of the block makes there: `steps` are all of them, and each of the
tuples beside it has one value for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..syntax.nodes import Node, Scalar, Sequence
from ..values.field_types.scalars import NOTHING
from .uses import Use


class Reference(NamedTuple):
    """An earlier tensor, by the name that means it inside of each block around, from the outermost place inwards."""

    texts: tuple[str, ...]

    @property
    def text(self) -> str:
        return self.texts[-1]

    def outside(self) -> Reference:
        """The same, seen from where the innermost block is used."""
        return Reference(self.texts[:-1])


class Argument(NamedTuple):
    """What an argument of the block around holds: layers, or the name of a layer."""

    name: str


class LeftOut(NamedTuple):
    """A branch that a use leaves out of a join."""

    text: str = NOTHING


@dataclass(frozen=True, slots=True, eq=False)
class LayerLine:
    """A layer with fields. `names` are those of its steps in the scope around, `depths` the C that arrives."""

    kind: str
    steps: tuple[int, ...]
    names: tuple[str, ...]
    depths: tuple[int, ...]
    fields: dict[str, Node]


@dataclass(frozen=True, slots=True, eq=False)
class JoinLine(LayerLine):
    """A join over branches."""

    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CallLine:
    """A use of a block; `label` is its name in the scope around, or nothing."""

    block: str
    label: str
    depths: tuple[int, ...]
    arguments: dict[str, Value]
    repeat: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class UseLine:
    """A use of a block with all that it makes, as it stands in the graph; it becomes a `CallLine`."""

    use: Use
    depth: int
    lines: Lines


@dataclass(frozen=True, slots=True, eq=False)
class FromLine:
    """Go on from an earlier tensor."""

    reference: Reference | Argument


Line = LayerLine | UseLine | CallLine | FromLine | Argument
Lines = list[Line]
Branch = Lines | Reference | Argument | LeftOut
Number = Scalar | Sequence
"""A scalar, or a pair of them: of rows and of columns."""
Value = Number | Branch
"""What a call gives for an argument."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its arguments with their defaults, None for `required`, and its layers."""

    name: str
    arguments: dict[str, Value | None]
    lines: Lines


@dataclass(frozen=True, slots=True)
class Pages:
    """All that is to be written of a graph: blocks, those that others use first, and the layers."""

    blocks: tuple[Block, ...]
    lines: Lines

    def walk(self) -> Iterator[Line]:
        """Every line, also those in branches and arguments."""
        for lines in (*(block.lines for block in self.blocks), self.lines):
            yield from walk(lines)


def walk(lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        yield line
        for inner in inside(line):
            if isinstance(inner, list):
                yield from walk(inner)


def inside(line: Line) -> Iterable[Branch | Value]:
    """The branches of a join, the arguments of a call, the layers of a use."""
    match line:
        case JoinLine():
            return line.branches
        case CallLine():
            return line.arguments.values()
        case UseLine():
            return (line.lines,)
        case _:
            return ()
