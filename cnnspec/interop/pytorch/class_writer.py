"""A body -> a class: its modules in `__init__`, its values in `forward`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..code.bodies import Body, Item, Use, is_join
from ..code.dataflow import Node, Region, Statements
from ..code.layout import INDENT, Call, Expression, Named, call, definition, several, statement
from ..code.library import library
from ..code.merging import origin
from ..code.parameters import TELLING, Parameters
from ..code.place import Place
from .attributes import OWN
from .kinds import KINDS
from .modules import Modules, is_attribute
from .rule import Said, applied

TAKEN = frozenset({"self", "nn", "torch", "x", "F", "Tensor", "OrderedDict"})
RENAMED = {"F": "kernel_size"}
"""F is `torch.nn.functional`."""
HEAVY = ("convolution", "dense", "pooling")
"""Families of layers with which a line begins."""


@dataclass(slots=True, eq=False)
class Class:
    """A class for a body. `others` are those of inner calls, by their bodies."""

    name: str
    body: Body
    others: Mapping[Body, Class]
    taken: frozenset[str] = field(init=False)
    parameters: Parameters = field(init=False)
    attributes: dict[str, str] = field(default_factory=dict)
    """What `forward` needs of the parameters: attributes by their names."""
    modules: Modules = field(init=False)
    said: list[Said] = field(init=False)

    def __post_init__(self) -> None:
        self.taken = TAKEN | library(__package__).texts.keys() | {other.name for other in self.others.values()}
        self.parameters = Parameters(self.body, self.taken, RENAMED)
        self.said = [self._said(item) for item in self.body.items]
        self.modules = Modules(self.body.items, self.said, self.body.outputs)
        self.modules.build()

    def _said(self, item: Item) -> Said:
        if item.body is not None:
            return Said(self._construction(item), applied, len(item.inputs) == 1, kept=True)
        return KINDS[item.step.kind](Place(item, self.parameters))

    def _construction(self, item: Item) -> Call:
        """The class of an inner call with its arguments."""
        assert item.body is not None
        other = self.others[item.body]
        places: dict[Use, int] = {use: index for index, use in enumerate(item.body.uses)}
        positional: list[Expression] = []
        named: dict[str, Expression] = {}
        for each in other.parameters.ordered():
            values = each.values_in([None if use is None else places[use] for use in item.calls])
            default = each.default
            if default is not None and all(value in (None, default) for value in values):
                continue
            text = self.parameters.text(each.letter, values)
            if each.letter in TELLING and default is None:
                positional.append(text)
            else:
                named[each.name] = text
        return call(other.name, *positional, **named)

    def _attribute(self, text: str) -> str:
        """An expression over parameters as `forward` writes it. The attributes come to be as they are needed."""

        def attribute(match: re.Match[str]) -> str:
            name = match.group()
            if name not in self.parameters.own:
                return name
            is_taken = name in OWN or any(name == item.name.split(".")[0] for item in self.body.items)
            self.attributes[name] = f"{name}_value" if is_taken else name
            return f"self.{self.attributes[name]}"

        return re.sub(r"(?<![\w.\"])[A-Za-z_]\w*", attribute, text)

    def _with_attributes(self, expression: Any, inputs: list[Expression]) -> Any:
        """The same for a whole expression, but for what arrives, which has been written."""
        if any(expression is each for each in inputs):
            return expression
        match expression:
            case Call(function, arguments, brackets):
                return Call(function, tuple(self._with_attributes(each, inputs) for each in arguments), brackets)
            case Named(name, value, sign):
                return Named(name, self._with_attributes(value, inputs), sign)
            case _:
                return self._attribute(expression)

    # text

    def lines(self, about: str) -> list[str]:
        """The class, with what it is about as its docstring."""
        items = self.modules
        optional = {name: self.parameters.flag(present) for name, _, present in items.assigned if present}
        forward = [] if items.whole else self._forward()
        base = "nn.Sequential" if items.whole else "nn.Module"
        parameters = ["self", *(each.declared for each in self.parameters.ordered())]
        lines = [f"class {self.name}({base}):", f'{INDENT}"""{about}"""', ""]
        lines += definition("__init__", parameters, "None", INDENT)
        inner = INDENT * 2
        if items.whole:
            return [*lines, *statement("", items.whole, inner)]
        lines.append(f"{inner}super().__init__()")
        lines += [f"{inner}self.{attribute} = {name}" for name, attribute in self.attributes.items()]
        for name, made, present in items.assigned:
            indent = inner
            if present:
                lines += [*_assigned(name, call("nn.Identity"), inner), f"{inner}if {optional[name]}:"]
                indent += INDENT
            lines += _assigned(name, made, indent)
        return [*lines, "", *forward]

    def _forward(self) -> list[str]:
        arriving = self.body.arriving_names
        returns = several("Tensor", len(self.body.outputs))
        body = Statements(
            self._nodes(), arriving, self.body.outputs, self.taken - {"x"} | self.parameters.own.keys(), INDENT * 2
        ).write()
        return [*definition("forward", ["self", *(f"{each}: Tensor" for each in arriving)], returns, INDENT), *body]

    def _nodes(self) -> list[Node]:
        """What `forward` does, in its order."""
        nodes: list[Node] = []
        region: Region | None = None
        for last, node in self._units():
            item = self.body.items[last]
            if not item.is_optional or self._is_replaced(last):
                nodes.append(node)
                region = None
                continue
            header = f"if {self._attribute(self.parameters.flag(item.present))}:"
            if region is None or region.header != header:
                region = Region(header, [], 0)
                nodes.append(Node("", (), last, region=region))
            region.nodes.append(node)
            region.origin = origin(self.body.items, last)
            nodes[-1].value = last
        return nodes

    def _units(self) -> Iterator[tuple[int, Node]]:
        """Items, those in a row that are one module together; with the number of the last one."""
        chains = {chain.first: chain for chain in self.modules.chains}
        index = 0
        while index < len(self.body.items):
            chain = chains.get(index)
            if chain is None:
                yield index, self._node(index)
                index += 1
                continue

            def write(inputs: list[Expression], name: str = chain.name) -> Expression:
                return call(name, *inputs)

            yield chain.last, Node(chain.name.rpartition(".")[2], (chain.origin,), chain.last, write, heavy=True)
            index = chain.last + 1

    def _is_replaced(self, last: int) -> bool:
        """Whether a `nn.Identity` stands for an item, or those before it, in uses that leave it out."""
        names = [chain.name for chain in self.modules.chains if chain.last == last] or [
            self.modules.names.get(last, "")
        ]
        is_own = names[0].startswith("self.") and is_attribute(names[0].removeprefix("self."))
        return is_own and self.said[last].alone and len(self.body.items[last].inputs) == 1

    def _node(self, index: int) -> Node:
        item, said = self.body.items[index], self.said[index]
        name = self.modules.names.get(index, "")

        def write(inputs: list[Expression]) -> Expression:
            expression: Expression = self._with_attributes(said.forward(name, inputs), inputs)
            return expression

        heavy = item.body is not None or item.step.layer.family in HEAVY
        return Node(item.name, item.inputs, index, write, heavy, is_join(item))


def _assigned(name: str, made: Expression, indent: str) -> list[str]:
    """A module becomes an attribute, by its name as a text where it can be no other."""
    if is_attribute(name):
        return statement(f"self.{name} = ", made, indent)
    return statement("", call("self.add_module", f'"{name}"', made), indent)
