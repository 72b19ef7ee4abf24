"""Lines -> the nodes of a list of layers and of blocks, as a person would write them."""

from __future__ import annotations

from collections.abc import Mapping

from ..syntax.emitter import flow
from ..syntax.nodes import Mapping as MappingNode
from ..syntax.nodes import Node, Scalar, Sequence, mapping, sequence, text, word
from .arguments import TEXTBOOK
from .lines import (
    Argument,
    Block,
    Branch,
    CallLine,
    FromLine,
    JoinLine,
    LayerLine,
    LeftOut,
    Line,
    Lines,
    Pages,
    Reference,
    Value,
)
from .names import Naming
from .sections import default_nodes

NOTHING = mapping()
SHORT = 80
"""Columns of a join whose branches need no labels."""


class Entries:
    """Writes the lines of some pages. `rounding` is the spec's own."""

    def __init__(self, pages: Pages, naming: Naming, rounding: str | None) -> None:
        self.naming = naming
        self.own = {"rounding": word(rounding)} if rounding else {}
        self.defaults = {block.name: block.arguments for block in pages.blocks}

    def layers(self, lines: Lines) -> Sequence:
        return sequence(map(self._entry, lines))

    def arguments(self, block: Block) -> MappingNode:
        """The arguments of a block with their defaults."""
        required = word("required")
        return mapping((n, required if d is None else self._value(d)) for n, d in block.arguments.items())

    def _entry(self, line: Line) -> Node:
        match line:
            case JoinLine():
                branches, fields = self._branches(line.branches), self._fields(line)
                return _with_siblings(line.kind, branches, self.naming.written(line), beside=fields)
            case LayerLine():
                return _with_siblings(line.kind, self._fields(line), self.naming.written(line))
            case CallLine():
                return _with_siblings(line.block, self._given(line), line.label, line.repeat)
            case FromLine():
                return mapping([("from", self._value(line.reference))])
            case Argument():
                return word(line.name)
            case _:
                raise AssertionError(line)

    def _fields(self, line: LayerLine) -> MappingNode:
        """The fields that differ from their defaults, the textbook's letters first."""
        defaults: Mapping[str, Node] = default_nodes(line.kind) | self.own
        written = [(key, node) for key, node in line.fields.items() if node != defaults.get(key)]
        if line.fields.get("G") != word("1") and {word(str(depth)) for depth in line.depths} == {line.fields.get("G")}:
            written = [(key, word("C") if key == "G" else node) for key, node in written]  # a depthwise convolution
        return mapping(sorted(written, key=lambda item: (item[0] not in TEXTBOOK, TEXTBOOK.find(item[0]))))

    def _given(self, call: CallLine) -> MappingNode:
        """The arguments that differ from their defaults."""
        defaults = self.defaults[call.block]
        given = ((name, call.arguments[name]) for name in defaults)
        return mapping((name, self._value(value)) for name, value in given if value != defaults[name])

    def _branches(self, branches: tuple[Branch, ...]) -> Node:
        """The branches of a join; where their layers take long, each begins with a label."""
        nodes = sequence(map(self._value, branches))
        if len(flow(nodes)) <= SHORT or not any(isinstance(branch, list) and branch for branch in branches):
            return nodes
        return mapping(zip(_labels(branches), nodes.items, strict=True))

    def _value(self, value: Value | Reference) -> Node:
        match value:
            case list():
                return self.layers(value)
            case Scalar() | Sequence():
                return value
            case Argument():
                return word(value.name)
            case LeftOut():
                return word(value.text)
            case Reference():
                return text(value.text)


def _labels(branches: tuple[Branch, ...]) -> list[str]:
    """What branches are called, for people alone: `main` and `shortcut`, or by their numbers."""
    is_shortcut = [not isinstance(branch, list) or not branch for branch in branches]
    if len(branches) == 2 and is_shortcut.count(True) == 1:
        return ["shortcut" if is_short else "main" for is_short in is_shortcut]
    return [f"branch{number}" for number in range(1, len(branches) + 1)]


def _with_siblings(key: str, body: Node, name: str, repeat: int = 1, beside: MappingNode = NOTHING) -> Node:
    """An entry, with a join's fields `beside` it; a word where nothing is said there or in it."""
    siblings: list[tuple[str, Node]] = [(field.text, node) for field, node in beside.items]
    if name:
        siblings.append(("name", text(name)))
    if repeat > 1:
        siblings.append(("repeat", word(str(repeat))))
    if not siblings and body == mapping():
        return word(key)
    return mapping([(key, body), *siblings])
