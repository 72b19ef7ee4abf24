"""Several nodes that are one layer, found before any of them is read by itself.

Activations are found by what the table of operators writes for them, and by what other programs write: expressions
over one value, in which sums and products may stand either way round. What hangs on shapes has a rule of its own.
Values between the nodes of a layer must not be read elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations
from math import pi, sqrt
from typing import Any

import numpy as np

from ..expression import OperatorCall, Value, call
from ..node import DEFAULTS
from .layer_patterns import RULES, Found
from .neighbours import Neighbours
from .static import Node, StaticModel

X = "x"
EITHER_WAY = ("Add", "Mul")
CLOSE = 1e-4
"""How far a constant may be from the number that it stands for, relatively: programs write few digits."""


def _expressions() -> Iterator[tuple[str, dict[str, Any], OperatorCall]]:
    """What computes an activation of `x`: kind, fields, expression."""
    half, root = 0.5, sqrt(1 / 2)
    yield "silu", {}, call("Mul", X, call("Sigmoid", X))
    yield "mish", {}, call("Mul", X, call("Tanh", call("Softplus", X)))
    for erf in (call("Erf", call("Mul", X, root)), call("Erf", call("Div", X, sqrt(2)))):
        inner = call("Add", erf, 1.0)
        yield "gelu", {}, call("Mul", call("Mul", X, half), inner)
        yield "gelu", {}, call("Mul", call("Mul", X, inner), half)
        yield "gelu", {}, call("Mul", X, call("Mul", inner, half))
    cube = call("Mul", call("Pow", X, 3.0), 0.044715)
    bent = (
        call("Mul", call("Mul", X, sqrt(2 / pi)), call("Add", call("Mul", call("Mul", X, X), 0.044715), 1.0)),
        call("Mul", call("Add", X, cube), sqrt(2 / pi)),
    )
    for argument in bent:
        inner = call("Add", call("Tanh", argument), 1.0)
        yield "gelu", {"approx": "tanh"}, call("Mul", call("Mul", X, half), inner)
        yield "gelu", {"approx": "tanh"}, call("Mul", call("Mul", X, inner), half)
    clipped = call("Clip", call("Add", X, 3.0), 0.0, 6.0)
    sixth = call("HardSigmoid", X, alpha=1 / 6, beta=0.5)
    yield "hardswish", {}, call("Mul", X, sixth)
    for gate in (call("Div", clipped, 6.0), call("Mul", clipped, 1 / 6)):
        yield "hardswish", {}, call("Mul", X, gate)
        yield "hardsigmoid", {}, gate
    yield "hardswish", {}, call("Div", call("Mul", X, clipped), 6.0)
    yield "hardswish", {}, call("Mul", call("Mul", X, clipped), 1 / 6)


class Patterns(Neighbours):
    """Replaces the nodes of layers by one each, at the place of the last.

    Nodes of any program are a layer where they compute one. In files of `ours` they are called by the layer that they
    were, and stay what they were: a product behind a batch norm is a `scale`.
    """

    def __init__(self, model: StaticModel, ours: bool) -> None:
        super().__init__(model, ours)
        self.expressions: dict[str, list[tuple[str, dict[str, Any], OperatorCall]]] = {}
        for each in _expressions():
            self.expressions.setdefault(each[2].op, []).append(each)

    def nodes(self) -> list[Node]:
        """The model's nodes, those of a layer as one."""
        found: dict[str, Node] = {}
        gone: set[str] = set()
        for node in reversed(self.model.nodes):
            if node.output in gone:
                continue
            one = self._one(node)
            if one is not None:
                layer, inner = one
                found[node.output] = layer
                gone.update(each.output for each in inner)
        return [found.get(node.output, node) for node in self.model.nodes if node.output not in gone]

    def _one(self, node: Node) -> Found | None:
        """The layer that ends with a node, and the nodes before it that belong to it."""
        for found in self._readings(node):
            if not self.ours or all(each.name.startswith(f"{node.name}/") for each in found[1]):
                return found
        return None

    def _readings(self, node: Node) -> Iterator[Found]:
        for kind, fields, expression in self.expressions.get(node.op, ()):
            bound: dict[str, str] = {}
            inner = self._match(expression, node, bound)
            if inner is not None and not self.is_stored(bound[X]):
                yield self.layer(node, kind, fields, bound[X]), inner
        yield from filter(None, (rule(self, node) for rule in RULES.get(node.op, ())))

    # expressions

    def _match(self, wanted: OperatorCall, node: Node, bound: dict[str, str]) -> list[Node] | None:
        """The nodes behind `node` that an expression takes, where it computes what `node` does."""
        if node.op != wanted.op or not self._says(node, wanted.attributes):
            return None
        given = [name for name in node.inputs if name]
        if node.op == "Clip" and len(given) == 1:
            given += self._bounds(node)
        if len(given) != len(wanted.inputs):
            return None
        orders = permutations(given) if node.op in EITHER_WAY else (tuple(given),)
        for order in orders:
            tried = dict(bound)
            inner = self._operands(wanted.inputs, order, tried)
            if inner is not None:
                bound.update(tried)
                return inner
        return None

    def _operands(self, wanted: tuple[Value, ...], names: tuple[str, ...], bound: dict[str, str]) -> list[Node] | None:
        inner: list[Node] = []
        for value, name in zip(wanted, names, strict=True):
            if isinstance(value, str):
                if bound.setdefault(value, name) != name:
                    return None
            elif isinstance(value, OperatorCall):
                maker = self.inner(name)
                more = self._match(value, maker, bound) if maker else None
                if maker is None or more is None:
                    return None
                inner += [maker, *more]
            elif not self._is_number(name, value):
                return None
        return inner

    def _says(self, node: Node, attributes: dict[str, Any]) -> bool:
        said = {**DEFAULTS.get(node.op, {}), **node.attributes}
        return all(name in said and abs(said[name] - value) <= CLOSE * abs(value) for name, value in attributes.items())

    def _bounds(self, node: Node) -> list[str]:
        """Bounds of Clip that are attributes, as constants."""
        said = [node.attributes.get(name) for name in ("min", "max")]
        return [self.model.hold(f"{node.output}/{i}", np.array(v, "f4")) for i, v in enumerate(said) if v is not None]

    def _is_number(self, name: str, value: Any) -> bool:
        array = self.model.constants.get(name)
        return array is not None and array.size == 1 and abs(float(array.reshape(-1)[0]) - value) <= CLOSE * abs(value)


def grown(nodes: list[Node]) -> list[Node]:
    """Concatenations that begin as an earlier one did read that one in place of what it reads: so the layers of a
    DenseNet are equal."""
    made: dict[tuple[str, ...], str] = {}
    found: list[Node] = []
    for node in nodes:
        if node.op == "Concat" and not node.kind:
            made.setdefault((str(node.attributes.get("axis")), *node.inputs), node.output)
            for count in range(len(node.inputs) - 1, 1, -1):
                earlier = made.get((str(node.attributes.get("axis")), *node.inputs[:count]))
                if earlier is not None:
                    node = replace(node, inputs=(earlier, *node.inputs[count:]))
                    break
        found.append(node)
    return found
