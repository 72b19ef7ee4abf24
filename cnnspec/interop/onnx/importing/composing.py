"""Operators that are several layers: what they do along other axes than a layer does is done between changes of order,
and what no layer does by itself is put together.

A rule writes nodes in place of one; where it writes none, the node stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import operators
from ..node import OnnxNode, Operand, shortest
from .spelling import spelled
from .static import Node, StaticModel

IMAGE = 4
LARGEST = 2**22
"""Values of a stored tensor that is written out for each cell, at most."""


TINY = 1e-24
"""Less than any root that is not 0, in float32."""


class Composition:
    """The nodes that stand for one. Values between them are called after what it makes."""

    def __init__(self, node: Node, model: StaticModel) -> None:
        self.node = node
        self.model = model
        self.nodes: list[Node] = []

    def shape(self, name: str) -> tuple[int, ...]:
        return self.model.shapes.get(name, ())

    def array(self, index: int) -> NDArray[Any] | None:
        """A stored operand."""
        inputs = self.node.inputs
        return self.model.constants.get(inputs[index]) if index < len(inputs) else None

    def hold(self, array: NDArray[Any]) -> str:
        name = f"{self.node.output}/part{len(self.nodes)}_{len(self.model.constants)}"
        return self.model.hold(name, np.asarray(array))

    def make(self, op: str, inputs: Iterable[str], shape: tuple[int, ...], kind: str = "", **said: Any) -> str:
        """One more node, and what its value is called."""
        name = f"{self.node.output}/value{len(self.nodes)}"
        self.nodes.append(Node(op, self.node.name, tuple(inputs), (name,), said, kind))
        self.model.shapes[name] = shape
        return name

    def layer(self, kind: str, inputs: Iterable[str], shape: tuple[int, ...], **fields: Any) -> str:
        return self.make("", inputs, shape, kind, **fields)

    def reshape(self, x: str, shape: tuple[int, ...]) -> str:
        return self.make("Reshape", [x, self.hold(np.array(shape, np.int64))], shape)

    def transpose(self, x: str, perm: tuple[int, ...]) -> str:
        shape = self.shape(x)
        return self.make("Transpose", [x], tuple(shape[axis] for axis in perm), perm=list(perm))

    def times(self, x: str, factor: float) -> str:
        return self.make("Mul", [x, self.hold(np.array(factor, np.float32))], self.shape(x))

    def image(self, x: str) -> str:
        """A vector as an image of one cell."""
        shape = self.shape(x)
        return self.reshape(x, (*shape, 1, 1)) if len(shape) == 2 else x

    def as_channels(self, x: str, axes: tuple[int, ...], layer: Callable[[str], str]) -> str:
        """A layer over channels, of which there is one for each cell along some axes."""
        shape = self.shape(x)
        kept = tuple(axis for axis in (1, 2, 3) if axis not in axes)
        order = (0, *axes, *kept)
        turned = self.transpose(x, order)
        if len(axes) == 1:
            return self.transpose(layer(turned), tuple(order.index(axis) for axis in range(IMAGE)))
        gathered = prod(shape[axis] for axis in axes)
        done = layer(self.reshape(turned, (1, gathered, 1, prod(shape[1:]) // gathered)))
        back = self.reshape(done, self.shape(turned))
        return self.transpose(back, tuple(order.index(axis) for axis in range(IMAGE)))

    def reduced(self, x: str, axes: tuple[int, ...], op: str, after: tuple[int, ...]) -> str:
        """One value of all cells along some axes, in a shape."""
        shape = self.shape(x)
        kept = tuple(axis for axis in (1, 2, 3) if axis not in axes)
        left = prod(shape[axis] for axis in kept)
        flat = x
        if axes != (2, 3):
            flat = self.reshape(self.transpose(x, (0, *kept, *axes)), (1, left, 1, prod(shape[1:]) // left))
        said: dict[str, Any] = {"p": 2} if op == "GlobalLpPool" else {}
        return self.reshape(self.make(op, [flat], (1, left, 1, 1), **said), after)

    def end(self, name: str) -> list[Node]:
        """All nodes, of which the last makes what the node made."""
        *before, last = self.nodes
        assert last.output == name
        return [*before, Node(last.op, last.name, last.inputs, self.node.outputs[:1], last.attributes, last.kind)]


Rule = Callable[[Composition], "str | None"]


def composed(nodes: Iterable[Node], model: StaticModel) -> Iterator[Node]:
    """The nodes, those that are several layers as the nodes of these."""
    for node in nodes:
        rule = RULES.get(node.op)
        composition = Composition(node, model)
        end = rule(composition) if rule and not node.kind and node.output in model.shapes else None
        yield from [node] if end is None else composition.end(end)


def _axes(of: Composition, index: int = 1) -> tuple[int, ...] | None:
    """The axes of a reduction, those behind the batch; None where the batch is one of them."""
    rank = len(of.shape(of.node.inputs[0]))
    found = of.node.attributes.get("axes")
    if found is None and (array := of.array(index)) is not None:
        found = array.ravel().tolist()
    axes = sorted({int(axis) % rank for axis in found}) if found and rank else ()
    return None if 0 in axes or not axes else tuple(axes)


# over other axes


def norm(of: Composition) -> str | None:
    """Over rows, columns or both: those as channels."""
    (x, *learned), said = of.node.inputs, of.node.attributes
    shape = of.shape(x)
    is_rms = of.node.op == "RMSNormalization"
    axis = said.get("axis", -1) % len(shape) if shape else 0
    if len(shape) not in (2, IMAGE) or axis == 0 or not all(name in of.model.constants for name in learned):
        return None
    size = prod(shape[axis:])
    weight, *bias = (of.model.constants[name] for name in learned)
    fields = {"eps": shortest(said.get("epsilon", 1e-5))}
    tensors = [of.hold(np.broadcast_to(weight, shape[axis:]).reshape(size))]
    if not is_rms:
        tensors.append(of.hold(np.broadcast_to(bias[0] if bias else np.float32(0), shape[axis:]).reshape(size)))
    kind = "rmsnorm" if is_rms else "layernorm"
    if axis == 1:
        over = {"over": "all"} if len(shape) == IMAGE else {}
        return of.layer(kind, [x, *tensors], shape, **fields, **over)
    axes = tuple(range(axis, IMAGE))
    return of.as_channels(x, axes, lambda y: of.layer(kind, [y, *tensors], of.shape(y), **fields))


REDUCTIONS = {
    "ReduceL2": "GlobalLpPool",
    "ReduceMax": "GlobalMaxPool",
    "ReduceMean": "GlobalAveragePool",
    "ReduceSum": "GlobalAveragePool",
}


def reduction(of: Composition) -> str | None:
    """One value of each of what is kept."""
    x, after = of.node.inputs[0], of.shape(of.node.output)
    shape, axes = of.shape(x), _axes(of)
    if axes is None and of.node.attributes.get("noop_with_empty_axes") and shape == after:
        return of.make("Identity", [x], shape)
    if axes is None or len(shape) not in (2, IMAGE) or after[:1] != (1,):
        return None
    op = REDUCTIONS[of.node.op]
    if axes == (2, 3) and of.node.op in ("ReduceMax", "ReduceMean"):
        return None  # a layer does it
    found = of.reduced(of.image(x), axes, op, after)
    return of.times(found, prod(shape[axis] for axis in axes)) if of.node.op == "ReduceSum" else found


def lp_normalization(of: Composition) -> str | None:
    """Each value over the length of its line."""
    (x,), shape, said = of.node.inputs, of.shape(of.node.inputs[0]), of.node.attributes
    axis, p = said.get("axis", -1) % max(1, len(shape)), said.get("p", 2)
    if len(shape) not in (2, IMAGE) or axis == 0 or p not in (1, 2):
        return None

    def over_length(y: str) -> str:
        (_, C, H, W) = of.shape(y)
        cells = of.make("Abs", [y], of.shape(y)) if p == 1 else y
        length = of.reduced(cells, (1,), "GlobalAveragePool" if p == 1 else "GlobalLpPool", (1, 1, H, W))
        length = of.times(length, C) if p == 1 else length
        # Where all are 0, they are 0 afterwards, too.
        held = of.layer("clip", [length], of.shape(length), min=TINY)
        return of.make("Div", [y, held], of.shape(y))

    return of.reshape(of.as_channels(of.image(x), (axis,), over_length), shape)


def softmax(of: Composition) -> str | None:
    """Over an axis and all behind it, as it was before version 13."""
    x = of.node.inputs[0]
    shape = of.shape(x)
    axis = of.node.attributes.get("axis", 1) % max(1, len(shape))
    if of.model.opset >= 13 or len(shape) != IMAGE or axis == 0 or prod(shape[axis + 1 :]) == 1:
        return None
    return of.as_channels(x, tuple(range(axis, IMAGE)), lambda y: of.make(of.node.op, [y], of.shape(y), axis=1))


def concat(of: Composition) -> str | None:
    """Along rows or columns: those as channels."""
    shape = of.shape(of.node.output)
    axis = of.node.attributes.get("axis", 1) % max(1, len(shape))
    inputs = of.node.inputs
    if len(shape) != IMAGE or axis < 2 or len(inputs) < 2 or not all(of.shape(name) for name in inputs):
        return None
    order = (0, 2, 1, 3) if axis == 2 else (0, 3, 2, 1)
    turned = [of.transpose(name, order) for name in inputs]
    made = of.make("Concat", turned, tuple(shape[axis] for axis in order), axis=1)
    return of.transpose(made, order)


# in pieces


def depth_to_space(of: Composition) -> str | None:
    """Channels that lie cell by cell, then by what they become: first in the other order."""
    x, after, said = of.node.inputs[0], of.shape(of.node.output), of.node.attributes
    r = said["blocksize"]
    if said.get("mode", "DCR") != "DCR" or len(after) != IMAGE or after[1] == 1:
        return None
    other = of.layer("channelshuffle", [x], of.shape(x), G=r * r)
    return of.make("DepthToSpace", [other], after, blocksize=r, mode="CRD")


def space_to_depth(of: Composition) -> str | None:
    """The other way: by channels, then cell by cell."""
    x, after = of.node.inputs[0], of.shape(of.node.output)
    if len(after) != IMAGE:
        return None
    found = of.layer("pixelunshuffle", [x], after, factor=of.node.attributes["blocksize"])
    if of.node.attributes.get("mode", "DCR") == "CRD":
        return found
    return of.layer("channelshuffle", [found], after, G=of.shape(x)[1])


def batch_norm(of: Composition) -> str | None:
    """Without its weight and bias, where these are read as none: that takes their distinct values, however many
    channels there are."""
    node = spelled(of.node, of.model)
    x, *names = node.inputs
    stored = [of.model.constants[name] for name in names if name in of.model.constants]
    shape = of.shape(x)
    if len(stored) != 4 or len(shape) < 2:
        return None
    distinct = (Operand(array.shape, True, tuple(map(float, np.unique(array)))) for array in stored)
    found = operators.read(OnnxNode(node.op, (Operand(shape[1:]), *distinct), node.attributes))
    if found is None or found[1].get("affine", True):
        return None
    kind, fields = found
    return of.layer(kind, [x, *names[2:]], shape, **fields)


def group_norm(of: Composition) -> str | None:
    """Weights are one a channel, or in older versions one a group."""
    x, said = of.node.inputs[0], of.node.attributes
    shape, weight, bias = of.shape(x), of.array(1), of.array(2)
    if len(shape) != IMAGE or weight is None or bias is None or shape[1] % weight.size:
        return None
    tensors = [of.hold(np.repeat(array.ravel(), shape[1] // array.size)) for array in (weight, bias)]
    fields = {"G": said["num_groups"], "eps": shortest(said.get("epsilon", 1e-5))}
    return of.layer("groupnorm", [x, *tensors], shape, **fields)


def prelu(of: Composition) -> str | None:
    """A slope for each cell: what is above 0, and what is below times its slope."""
    x, slope = of.node.inputs[0], of.array(1)
    shape = of.shape(x)
    if slope is None or len(shape) < 2 or (slope.size == 1 or _is_by_channel(slope, shape)):
        return None
    whole = _spread(slope, shape)
    if whole is None:
        return None
    above = of.make("Relu", [x], shape)
    below = of.make("Relu", [of.times(x, -1)], shape)
    return of.make("Add", [above, of.layer("constant", [below, of.hold(-whole)], shape, by="mul")], shape)


def selu(of: Composition) -> str | None:
    """With other numbers it is another curve, times a number."""
    said = of.node.attributes
    alpha, gamma = said.get("alpha", 1.6732632423543772), said.get("gamma", 1.0507009873554805)
    if (round(alpha, 5), round(gamma, 5)) == (1.67326, 1.0507):
        return None
    x = of.node.inputs[0]
    return of.times(of.make("Elu", [x], of.shape(x), alpha=alpha), gamma)


def negative(of: Composition) -> str | None:
    return of.times(of.node.inputs[0], -1)


def with_stored(of: Composition) -> str | None:
    """A stored number for each cell, where it is not one a channel; what is taken from a stored number."""
    first, second = (of.array(i) for i in (0, 1))
    shape, op = of.shape(of.node.output), of.node.op
    stored = second if second is not None else first
    if stored is None or stored.dtype.kind != "f" or len(of.node.inputs) != 2 or (op == "Div" and second is None):
        return None
    x = of.node.inputs[1 if second is None else 0]
    if of.shape(x) == shape and stored.size == 1 and op in ("Add", "Sub") and stored.any():
        return _with_number(of, x, float(stored.reshape(-1)[0]), is_first=second is None)
    if of.shape(x) != shape or stored.size == 1 or _is_by_channel(stored, shape):
        return None
    whole = _spread(stored, shape)
    if whole is None:
        return None
    if op == "Div":
        whole = np.float32(1) / whole
    elif op == "Sub" and second is None:
        x = of.times(x, -1)
    elif op == "Sub":
        whole = -whole
    by = {"by": "mul"} if op in ("Mul", "Div") else {}
    return of.layer("constant", [x, of.hold(whole)], shape, **by)


def _with_number(of: Composition, x: str, number: float, is_first: bool) -> str:
    """A sum with one number, or a difference from it: a line for each channel."""
    shape = of.shape(of.node.output)
    is_less = of.node.op == "Sub"
    factor = -1.0 if is_less and is_first else 1.0
    summand = -number if is_less and not is_first else number
    values = (of.hold(np.full(shape[1], value, np.float32)) for value in (factor, summand))
    return of.layer("scale", [x, *values], shape, bias=True)


def _is_by_channel(stored: NDArray[Any], shape: tuple[int, ...]) -> bool:
    """Whether stored numbers are one a channel of a shape (N, C, ...)."""
    own = (*stored.shape, *())
    return own[-len(shape) + 1 :] == (shape[1], *(1 for _ in shape[2:])) and stored.size == shape[1]


def _spread(stored: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any] | None:
    """Stored numbers, one for each cell (C, ...); None where they are more, or other ones for each input."""
    if prod(shape) > LARGEST or stored.ndim > len(shape) or (stored.ndim == len(shape) and stored.shape[0] != 1):
        return None
    try:
        whole: NDArray[Any] = np.broadcast_to(stored, shape)[0].copy()
    except ValueError:
        return None
    return whole


RULES: dict[str, Rule] = {
    "Add": with_stored,
    "BatchNormalization": batch_norm,
    "Concat": concat,
    "DepthToSpace": depth_to_space,
    "Div": with_stored,
    "GroupNormalization": group_norm,
    "LayerNormalization": norm,
    "LogSoftmax": softmax,
    "LpNormalization": lp_normalization,
    "Mul": with_stored,
    "Neg": negative,
    "PRelu": prelu,
    "RMSNormalization": norm,
    "ReduceL2": reduction,
    "ReduceMax": reduction,
    "ReduceMean": reduction,
    "ReduceSum": reduction,
    "Selu": selu,
    "Softmax": softmax,
    "SpaceToDepth": space_to_depth,
    "Sub": with_stored,
}
