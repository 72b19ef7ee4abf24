"""A body -> a function, for languages in which a layer is a call with its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .bodies import Body, Item, is_join
from .dataflow import Node, Region, Statements
from .layout import INDENT, Expression, Named, call, definition, several
from .merging import origin
from .parameters import Parameters
from .place import Place

Written = Callable[[list[Expression]], Expression]
Rule = Callable[[Place, str], Written]
"""From a layer, and an expression for its name, to what is written for what arrives."""
HEAVY = ("convolution", "dense", "pooling")
"""Families of layers with which a line begins."""
LEAST = 3
"""Calls in a row that are worth a loop."""


class Style(NamedTuple):
    """What differs between the languages: the rules, the type of what arrives, what each function is handed on beside
    it (names and types), names that mean something: those of helpers, too."""

    kinds: Mapping[str, Rule]
    type: str
    state: tuple[tuple[str, str], ...]
    taken: frozenset[str]


@dataclass(slots=True, eq=False)
class Function:
    """A function for a body. `others` are those of inner calls, by their bodies."""

    name: str
    body: Body
    others: Mapping[Body, Function]
    style: Style
    taken: frozenset[str] = field(init=False)
    parameters: Parameters = field(init=False)
    written: list[Written] = field(init=False)

    def __post_init__(self) -> None:
        self.taken = self.style.taken | {*self.body.arriving_names, *(other.name for other in self.others.values())}
        self.parameters = Parameters(self.body, self.taken)
        self.written = [self._written(item, self._name(item.name)) for item in self.body.items]

    def _name(self, own: str) -> str:
        """An expression for the name of a layer."""
        return f'f"{{name}}.{own}"' if self.body.title else f'"{own}"'

    def _written(self, item: Item, name: str) -> Written:
        if item.body is None:
            return self.style.kinds[item.step.kind](Place(item, self.parameters), name)
        other = self.others[item.body]
        places = {use: index for index, use in enumerate(item.body.uses)}
        given: list[Named] = []
        for each in other.parameters.ordered():
            values = each.values_in([None if use is None else places[use] for use in item.calls])
            if each.default is None or any(value not in (None, each.default) for value in values):
                given.append(Named(each.name, self.parameters.text(each.letter, values)))
        state = [each for each, _ in self.style.state]
        return lambda x: call(other.name, *x, *state, name, *given)

    def lines(self, about: str) -> list[str]:
        """The function, with what it is about as its docstring."""
        nodes = self._nodes()
        arriving = self.body.arriving_names
        known = self.taken - {"x"} | self.parameters.own.keys()
        body = Statements(nodes, arriving, self.body.outputs, known).write()
        parameters = [f"{each}: {self.style.type}" for each in arriving]
        parameters += [f"{each}: {type}" for each, type in self.style.state]
        if self.body.title:
            parameters += ["name: str", *(each.declared for each in self.parameters.ordered())]
        returns = several(self.style.type, len(self.body.outputs))
        return [*definition(self.name, parameters, returns), f'{INDENT}"""{about}"""', *body]

    def _nodes(self) -> list[Node]:
        nodes: list[Node] = []
        region: Region | None = None
        index = 0
        while index < len(self.body.items):
            item, count = self.body.items[index], self._repeated(index)
            last = index + count - 1
            if item.is_optional:
                header = f"if {self.parameters.flag(item.present)}:"
                if region is None or region.header != header:
                    region = Region(header, [], 0)
                    nodes.append(Node("", (), last, region=region))
                region.nodes.append(self._node(index))
                region.origin = origin(self.body.items, last)
                nodes[-1].value = last
            elif count > 1:
                nodes.append(self._loop(index, count))
                region = None
            else:
                nodes.append(self._node(index))
                region = None
            index += count
        return nodes

    def _node(self, index: int) -> Node:
        item, written = self.body.items[index], self.written[index]
        heavy = item.body is not None or item.step.layer.family in HEAVY
        return Node(item.name, item.inputs, index, written, heavy, is_join(item))

    # loops

    def _repeated(self, index: int) -> int:
        """How many calls from an item on are one in a loop, else 1."""
        items = self.body.items
        first, count = _numbered(items[index].name), 1
        if items[index].body is None or items[index].is_optional or first is None or len(items[index].inputs) > 1:
            return 1
        while index + count < len(items):
            item, name = items[index + count], _numbered(items[index + count].name)
            is_next = name is not None and name == (first[0], first[1] + count)
            if not (is_next and item.body is items[index].body and self._follows(index + count)):
                break
            if item.is_optional or self._call(index + count) != self._call(index):
                break
            count += 1
        return count if count >= LEAST else 1

    def _follows(self, index: int) -> bool:
        """Whether an item reads the one before it, which nobody else reads."""
        readers = [i for i, item in enumerate(self.body.items) if index - 1 in item.inputs]
        is_output = index - 1 in self.body.outputs
        return self.body.items[index].inputs == (index - 1,) and readers == [index] and not is_output

    def _call(self, index: int) -> str:
        """A call but for the layer's name."""
        return str(self._written(self.body.items[index], "")(["x"]))

    def _loop(self, index: int, count: int) -> Node:
        item, last = self.body.items[index], index + count - 1
        found = _numbered(item.name)
        assert found is not None
        stem, first = found
        own = f"{{name}}.{stem}{{i}}" if self.body.title else f"{stem}{{i}}"
        written = self._written(item, f'f"{own}"')
        numbers = f"{first}, {first + count}" if first else f"{count}"
        inner = Node(item.name, item.inputs, last, written, True)
        return Node("", (), last, region=Region(f"for i in range({numbers}):", [inner], item.inputs[0]))


def _numbered(name: str) -> tuple[str, int] | None:
    """A name as what stands before a number, and the number."""
    match = re.fullmatch(r"(.*?)(0|[1-9][0-9]*)", name)
    return (match[1], int(match[2])) if match else None
