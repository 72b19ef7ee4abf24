"""Several nodes that are one layer, found before any of them is read by itself.

Activations are found by what the table of operators writes for them, and by what other programs write: expressions
over one value, in which sums and products may stand either way round. What hangs on shapes has a rule of its own.
Values between the nodes of a layer must not be read elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from math import pi, prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import operators
from ..expression import OperatorCall, Value, call
from ..node import DEFAULTS, shortest
from . import operands
from .spelling import spelled
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


class Patterns:
    """Replaces the nodes of layers by one each, at the place of the last."""

    def __init__(self, model: StaticModel) -> None:
        self.model = model
        self.makers = {name: node for node in model.nodes for name in node.outputs if name}
        self.reads = Counter(name for node in model.nodes for name in node.inputs)
        self.reads.update(model.outputs)
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

    def _one(self, node: Node) -> tuple[Node, list[Node]] | None:
        """The layer that ends with a node, and the nodes before it that belong to it."""
        for kind, fields, expression in self.expressions.get(node.op, ()):
            bound: dict[str, str] = {}
            inner = self._match(expression, node, bound)
            if inner is not None and not self._is_stored(bound[X]):
                return self.layer(node, kind, fields, bound[X]), inner
        for rule in RULES.get(node.op, ()):
            found = rule(self, node)
            if found is not None:
                return found
        return None

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

    # what rules ask

    def inner(self, name: str, *ops: str) -> Node | None:
        """The node that makes a value which is read once, if it is one of some operators."""
        node = self.makers.get(name)
        return node if node and self.reads[name] == 1 and (not ops or node.op in ops) else None

    def shape(self, name: str) -> tuple[int, ...]:
        return self.model.shapes.get(name, ())

    def array(self, node: Node, index: int) -> NDArray[Any] | None:
        return self.model.constants.get(node.inputs[index]) if index < len(node.inputs) else None

    def parted(self, node: Node) -> tuple[str, str] | None:
        """Of two operands the computed one and the stored one."""
        if len(node.inputs) != 2 or len({self._is_stored(name) for name in node.inputs}) != 2:
            return None
        first, second = node.inputs
        return (second, first) if self._is_stored(first) else (first, second)

    def per_channel(self, name: str, like: tuple[int, ...]) -> NDArray[Any] | None:
        """Stored numbers, one a channel of a shape (N, C, ...)."""
        array = self.model.constants[name]
        wanted = {(like[1], *(1 for _ in like[2:])), (1, like[1], *(1 for _ in like[2:]))}
        return array.reshape(-1) if array.shape in wanted or (len(like) == 2 and array.shape == (like[1],)) else None

    def _is_stored(self, name: str) -> bool:
        return name in self.model.constants

    def layer(self, node: Node, kind: str, fields: dict[str, Any], *inputs: str) -> Node:
        """A layer over some values, in place of a node."""
        return replace(node, kind=kind, attributes=fields, inputs=inputs, outputs=node.outputs[:1])


Found = tuple[Node, list[Node]]


def channelshuffle(patterns: Patterns, node: Node) -> Found | None:
    """Channels as a table of G rows, turned, and in a row again."""
    turn = patterns.inner(node.inputs[0], "Transpose")
    split = patterns.inner(turn.inputs[0], "Reshape") if turn else None
    if turn is None or split is None:
        return None
    before, table, after = (patterns.shape(each) for each in (split.inputs[0], split.output, node.output))
    if len(table) < 3 or before != after or table != (*before[:1], *table[1:3], *before[2:]):
        return None
    if turn.attributes.get("perm") != [0, 2, 1, *range(3, len(table))]:
        return None
    return patterns.layer(node, "channelshuffle", {"G": table[1]}, split.inputs[0]), [turn, split]


def layernorm(patterns: Patterns, node: Node) -> Found | None:
    """Over the channels, which are brought to the end and back."""
    norm = patterns.inner(node.inputs[0], "LayerNormalization")
    last = patterns.inner(norm.inputs[0], "Transpose") if norm else None
    if norm is None or last is None or norm.attributes.get("axis", -1) not in (-1, 3):
        return None
    if node.attributes.get("perm") != [0, 3, 1, 2] or last.attributes.get("perm") != [0, 2, 3, 1]:
        return None
    if len(norm.inputs) != 3:
        return None
    fields = {"eps": shortest(norm.attributes.get("epsilon", 1e-5))}
    return patterns.layer(node, "layernorm", fields, last.inputs[0], *norm.inputs[1:]), [norm, last]


def groupnorm(patterns: Patterns, node: Node) -> Found | None:
    """Each group as one map that is normalised by itself, then weight and bias for each channel."""
    added = patterns.parted(node)
    scaled = patterns.inner(added[0], "Mul") if added else None
    weighed = patterns.parted(scaled) if scaled else None
    back = patterns.inner(weighed[0], "Reshape") if weighed else None
    if not (added and scaled and weighed and back):
        return None
    shape = patterns.shape(node.output)
    plain = plain_groupnorm(patterns, back)
    if plain is None or patterns.shape(back.output) != shape:
        return None
    if patterns.per_channel(weighed[1], shape) is None or patterns.per_channel(added[1], shape) is None:
        return None
    layer, inner = plain
    fields = {key: value for key, value in layer.attributes.items() if key != "affine"}
    whole = patterns.layer(node, "groupnorm", fields, *layer.inputs, weighed[1], added[1])
    return whole, [scaled, back, *inner]


def plain_groupnorm(patterns: Patterns, node: Node) -> Found | None:
    """The same without weight and bias."""
    norm = patterns.inner(node.inputs[0], "InstanceNormalization")
    groups = patterns.inner(norm.inputs[0], "Reshape") if norm else None
    if norm is None or groups is None:
        return None
    table, ones, zeros = patterns.shape(groups.output), patterns.array(norm, 1), patterns.array(norm, 2)
    is_whole = len(table) == 3 and patterns.shape(groups.inputs[0]) == patterns.shape(node.output)
    if not is_whole or ones is None or zeros is None or (ones != 1).any() or zeros.any():
        return None
    fields = {"G": table[1], "eps": shortest(norm.attributes.get("epsilon", 1e-5)), "affine": False}
    return patterns.layer(node, "groupnorm", fields, groups.inputs[0]), [norm, groups]


def pixelunshuffle(patterns: Patterns, node: Node) -> Found | None:
    """Cells of a square, row by row, become channels."""
    turn = patterns.inner(node.inputs[0], "Transpose")
    split = patterns.inner(turn.inputs[0], "Reshape") if turn else None
    if turn is None or split is None or turn.attributes.get("perm") != [0, 1, 3, 5, 2, 4]:
        return None
    before, table, after = (patterns.shape(each) for each in (split.inputs[0], split.output, node.output))
    if len(before) != 4 or len(table) != 6 or table[3] != table[5]:
        return None
    _, C, H, W = before
    r = table[3]
    if table != (1, C, H // r, r, W // r, r) or after != (1, C * r * r, H // r, W // r):
        return None
    return patterns.layer(node, "pixelunshuffle", {"factor": r}, split.inputs[0]), [turn, split]


def biased(patterns: Patterns, node: Node) -> Found | None:
    """What is added right behind a convolution or a product without a bias is its bias."""
    added = patterns.parted(node)
    before = patterns.inner(added[0], "Conv", "ConvTranspose", "Gemm", "MatMul") if added else None
    if added is None or before is None or len([*filter(None, before.inputs)]) != 2 or before.kind:
        return None
    bias = patterns.per_channel(added[1], patterns.shape(node.output))
    if bias is None or patterns.array(before, 1) is None:
        return None
    name = patterns.model.hold(f"{node.output}/bias", bias, added[1])
    gemm = before.op == "MatMul"
    if gemm and len(patterns.shape(before.output)) != 2:
        return None
    op, attributes = ("Gemm", {"transB": 0}) if gemm else (before.op, before.attributes)
    merged = replace(node, op=op, inputs=(*before.inputs[:2], name), attributes=attributes, name=before.name)
    return merged, [before]


def rescaled(patterns: Patterns, node: Node) -> Found | None:
    """A batch norm whose weight and bias stand behind it, a channel each, as Caffe writes it: they become its own."""
    inner: list[Node] = []
    factor, summand = np.ones(1, np.float32), np.zeros(1, np.float32)
    at: Node | None = node
    for op in ("Add", "Mul"):
        if at is not None and at.op == op:
            parted = patterns.parted(at)
            values = patterns.per_channel(parted[1], patterns.shape(node.output)) if parted else None
            if parted is None or values is None:
                return None
            factor, summand = (values, summand) if op == "Mul" else (factor, values)
            at = patterns.inner(parted[0], "Mul", "BatchNormalization")
            inner += [at] if at else []
    if at is None or at.op != "BatchNormalization" or len(at.inputs) != 5:
        return None
    weight, bias = patterns.array(at, 1), patterns.array(at, 2)
    if weight is None or bias is None:
        return None
    hold = patterns.model.hold
    names = (
        hold(f"{node.output}/weight", weight * factor, at.inputs[1]),
        hold(f"{node.output}/bias", bias * factor + summand, at.inputs[2]),
    )
    return replace(at, inputs=(at.inputs[0], *names, *at.inputs[3:]), outputs=node.outputs), inner


def shifted(patterns: Patterns, node: Node) -> Found | None:
    """A sum with one stored value a channel, and what it may be a product with before."""
    added = patterns.parted(node)
    if added is None or patterns.per_channel(added[1], patterns.shape(node.output)) is None:
        return None
    is_less = node.op == "Sub"
    if patterns.shape(added[0]) != patterns.shape(node.output) or (is_less and added[0] != node.inputs[0]):
        return None
    if is_less:
        added = added[0], patterns.model.hold(f"{node.output}/bias", -patterns.model.constants[added[1]], added[1])
    scaled = patterns.inner(added[0], "Mul")
    parted = patterns.parted(scaled) if scaled else None
    if scaled and parted and patterns.per_channel(parted[1], patterns.shape(node.output)) is not None:
        return patterns.layer(node, "scale", {"bias": True}, parted[0], parted[1], added[1]), [scaled]
    ones = patterns.model.hold(f"{node.output}/weight", np.ones(patterns.shape(node.output)[1], np.float32))
    return patterns.layer(node, "scale", {"bias": True}, added[0], ones, added[1]), []


def sumpool(patterns: Patterns, node: Node) -> Found | None:
    """A mean over windows, times the cells of a window."""
    parted = patterns.parted(node)
    mean = patterns.inner(parted[0], "AveragePool") if parted else None
    if parted is None or mean is None or not mean.attributes.get("count_include_pad"):
        return None
    cells = float(prod(mean.attributes["kernel_shape"]))
    if patterns.model.constants[parted[1]].size != 1 or float(patterns.model.constants[parted[1]].sum()) != cells:
        return None
    read = operators.read(operands.of(spelled(mean, patterns.model), patterns.model))
    if read is None:
        return None
    fields = {key: value for key, value in read[1].items() if key != "count_padding"}
    return patterns.layer(node, "sumpool", fields, mean.inputs[0]), [mean]


def chained(patterns: Patterns, node: Node) -> Found | None:
    """Branches that were joined two by two under one layer's name."""
    inputs, inner = [*node.inputs], list[Node]()
    while (before := patterns.inner(inputs[0], node.op)) and before.name.startswith(f"{node.name}/"):
        inner.append(before)
        inputs[:1] = before.inputs
    if not inner or any(name in patterns.model.constants for name in inputs):
        return None
    return patterns.layer(node, node.op.lower(), {}, *inputs), inner


RULES: dict[str, tuple[Callable[[Patterns, Node], Found | None], ...]] = {
    "Add": (groupnorm, biased, rescaled, shifted, chained),
    "Div": (chained,),
    "Mul": (sumpool, rescaled, chained),
    "Reshape": (channelshuffle, pixelunshuffle, plain_groupnorm),
    "Sub": (shifted, chained),
    "Transpose": (layernorm,),
}
"""By the operator of the last node."""


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
