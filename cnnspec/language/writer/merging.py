"""Several lists of layers -> one that stands for all of them, with arguments where they differ."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from ..syntax.nodes import Mapping as MappingNode
from ..syntax.nodes import Node, Scalar, mapping, sequence
from ..syntax.nodes import Sequence as SequenceNode
from ..values.scope import LETTERS
from .arguments import Arguments, is_pair
from .lines import (
    Argument,
    Branch,
    CallLine,
    FromLine,
    JoinLine,
    LayerLine,
    LeftOut,
    Line,
    Lines,
    Number,
    Reference,
    Value,
)
from .names import Naming
from .references import Shadowed

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
"""Names of layers that may be handed to a block."""


class Merger:
    """Merges what the uses of one `block` make. `letters` are those of the arguments of the blocks that it uses."""

    def __init__(
        self, block: str, arguments: Arguments, letters: Mapping[str, Mapping[str, str]], naming: Naming
    ) -> None:
        self.block = block
        self.arguments = arguments
        self.letters = letters
        self.naming = naming

    def head(self, line: Line) -> Hashable:
        """What lines must have in common to be merged."""
        match line:
            case LayerLine():
                branches = len(line.branches) if isinstance(line, JoinLine) else 0
                return (
                    line.kind,
                    self.naming.fixed(line),
                    tuple(_form(node, key) for key, node in line.fields.items()),
                    branches,
                )
            case CallLine():
                return line.block, line.label
            case _:
                return type(line).__name__

    def lists(self, lists: Sequence[Lines], name: str = "inner") -> Lines:
        """One list for several. What is alike at both ends is merged, what lies between is an argument."""
        shortest = min(map(len, lists))
        first = next((i for i in range(shortest) if not self._are_alike([each[i] for each in lists])), shortest)
        rest = shortest - first
        last = next((i for i in range(rest) if not self._are_alike([each[-1 - i] for each in lists])), rest)
        between = [each[first : len(each) - last] for each in lists]
        return [
            *(self._line([each[i] for each in lists]) for i in range(first)),
            *([self.arguments.lines(name, between)] if any(between) else []),
            *(self._line([each[i - last] for each in lists]) for i in range(last)),
        ]

    def _are_alike(self, lines: Sequence[Line]) -> bool:
        return len({self.head(line) for line in lines}) == 1

    def _line(self, lines: Sequence[Line]) -> Line:
        """One line for several that are alike."""
        match lines[0]:
            case LayerLine() as first:
                layers = [line for line in lines if isinstance(line, LayerLine)]
                depths = tuple(chain.from_iterable(line.depths for line in layers))
                fields = {key: self._node(key, [line.fields[key] for line in layers], depths) for key in first.fields}
                steps = tuple(chain.from_iterable(line.steps for line in layers))
                names = tuple(chain.from_iterable(line.names for line in layers))
                merged = replace(first, steps=steps, names=names, depths=depths, fields=fields)
                return self._joined(merged, layers) if isinstance(merged, JoinLine) else merged
            case CallLine() as first:
                calls = [line for line in lines if isinstance(line, CallLine)]
                depths = tuple(chain.from_iterable(line.depths for line in calls))
                letters = self.letters[first.block]
                given = {
                    name: self._value(name, letters[name], [call.arguments[name] for call in calls], depths)
                    for name in first.arguments
                }
                return replace(first, depths=depths, arguments=given)
            case FromLine():
                return FromLine(self._reference([line.reference for line in lines if isinstance(line, FromLine)]))
            case _:
                raise AssertionError(lines[0])

    def _joined(self, merged: JoinLine, lines: Sequence[Line]) -> JoinLine:
        """A join with one branch for several."""
        every = zip(*(line.branches for line in lines if isinstance(line, JoinLine)), strict=True)
        return replace(merged, branches=tuple(self._branch(branches) for branches in every))

    def _value(self, name: str, letter: str, values: Sequence[Value], depths: Sequence[int]) -> Value:
        """What a call gives for an argument: a scalar for a field of some letter, or layers."""
        numbers = [value for value in values if isinstance(value, Number)]
        if numbers:
            return self.arguments.number(letter, numbers, depths)
        return self._branch([value for value in values if not isinstance(value, Number)], name)

    def _branch(self, branches: Sequence[Branch], name: str = "") -> Branch:
        lists = [branch for branch in branches if isinstance(branch, list)]
        name = name or ("shortcut" if [] in lists else "branch")
        if len(lists) == len(branches):
            merged = self.lists(lists, name)
            return merged[0] if len(merged) == 1 and isinstance(merged[0], Argument) else merged
        named = [branch for branch in branches if isinstance(branch, Reference | Argument)]
        if len(named) == len(branches):
            return self._reference(named)
        return LeftOut() if not lists and not named else self._argument(name, branches)

    def _reference(self, references: Sequence[Reference | Argument]) -> Reference | Argument:
        first = references[0]
        texts = {each.text for each in references if isinstance(each, Reference)}
        return first if len(texts) == 1 else self._argument("skip", references)

    def _argument(self, name: str, values: Sequence[Branch]) -> Argument:
        """An argument for layers and names of layers. Raises `Shadowed` for a name that would be read as a number."""
        given = [value.outside() if isinstance(value, Reference) else value for value in values]
        words = [value.text for value in given if isinstance(value, Reference)]
        if not all(WORD.fullmatch(text) for text in words) or not set(LETTERS).isdisjoint(words):
            raise Shadowed(self.block)
        return self.arguments.lines(name, given)

    def _node(self, letter: str, nodes: Sequence[Node], depths: Sequence[int]) -> Node:
        """A field's value for several that have one form. A pair is one argument unless one half is the same in all."""
        numbers = [
            node for node in nodes if isinstance(node, Number) and (isinstance(node, Scalar) or is_pair(letter, node))
        ]
        lists = [node.items for node in nodes if isinstance(node, SequenceNode)]
        columns = [*zip(*lists, strict=True)] if len(lists) == len(nodes) else []
        if len(numbers) == len(nodes) and all(len({*column}) > 1 for column in columns):
            return self.arguments.number(letter, numbers, depths)
        match nodes[0]:
            case SequenceNode():
                return sequence(self._node(letter, column, depths) for column in columns)
            case MappingNode(items):
                rows = [[value for _, value in node.items] for node in nodes if isinstance(node, MappingNode)]
                keys = [key.text for key, _ in items]
                sides = zip(keys, zip(*rows, strict=True), strict=True)
                return mapping((key, self._node(letter, column, depths)) for key, column in sides)
            case _:
                raise AssertionError(nodes[0])


def _form(node: Node, letter: str = "") -> Hashable:
    """What the values of a field must have in common to be merged. Nothing at all, and words that mean a number
    elsewhere, cannot be arguments."""
    if is_pair(letter, node):
        return ""
    match node:
        case SequenceNode(items):
            return tuple(map(_form, items))
        case MappingNode(items):
            return tuple((key.text, _form(value)) for key, value in items)
        case Scalar(text):
            return text if node.is_null or text in LETTERS else ""
        case _:
            raise AssertionError(node)
