"""The entries of a list of layers, each word resolved to what it stands for."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...diagnostics import Span
from ...graph.layer import Join, Layer
from .nodes import Mapping, Node, Scalar, Sequence


@dataclass(slots=True, eq=False, repr=False)
class Entry:
    """One entry of a list of layers. `name`, `repeat` and `expect` are its sibling keys."""

    word: Scalar
    span: Span
    name: Scalar | None = None
    repeat: Node | None = None
    expect: Node | None = None


@dataclass(slots=True, eq=False, repr=False)
class LayerEntry(Entry):
    """A layer with fields; `flawed` when more were written, which it does not have, `guessed` when words of it
    were read as what they were most likely meant to be: its fields are checked, what comes out of it is not known."""

    layer: type[Layer] = Layer
    body: Mapping = field(kw_only=True)
    flawed: bool = False
    guessed: bool = False


@dataclass(slots=True, eq=False, repr=False)
class JoinEntry(LayerEntry):
    """A join over branches; its fields stand beside it."""

    layer: type[Layer] = Join
    branches: tuple[Branch, ...] = ()


@dataclass(slots=True, eq=False, repr=False)
class BlockCall(Entry):
    """A use of a block; `flawed` when more arguments were written, which it does not have."""

    block: Block = field(kw_only=True)
    arguments: tuple[tuple[Scalar, Argument], ...] = ()
    flawed: bool = False


@dataclass(slots=True, eq=False, repr=False)
class ArgumentEntry(Entry):
    """An argument that stands for layers; where it does not, and its name is a layer's, that layer."""

    otherwise: Entry | None = None


class FromEntry(Entry):
    """`from: NAME`: go on from an earlier layer. `word` is the name."""

    __slots__ = ()


class InvalidEntry(Entry):
    """An entry that has been reported; what follows it is not blamed."""

    __slots__ = ()


Branch = tuple[Entry, ...] | Scalar
Argument = tuple[Entry, ...] | Scalar | Sequence
"""Layers, a value, or two values, of rows and of columns."""


@dataclass(slots=True, eq=False, repr=False)
class Block:
    """A named list of layers with arguments; a default of None is `required`."""

    name: Scalar
    arguments: dict[str, tuple[Scalar, Argument | None]] = field(default_factory=dict)
    items: tuple[Entry, ...] = ()


LENGTH = 200
