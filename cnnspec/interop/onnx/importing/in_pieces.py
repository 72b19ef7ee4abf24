"""Operators that no layer computes by itself, put together of several."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import operators
from ..node import OnnxNode, Operand, shortest
from .composition import IMAGE, Composition, Rule, spread_over
from .parameters import is_parameter
from .spelling import spelled

LARGEST = 2**22
"""Values of a stored tensor that is written out for each cell, at most."""


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


def unweighed(of: Composition) -> str | None:
    """A norm without its weight and bias, where these are read as none: that takes their distinct values, however many
    channels there are."""
    node = spelled(of.node, of.model)
    x, *names = node.inputs
    stored = [(name, of.model.constants[name]) for name in names if name in of.model.constants]
    shape = of.shape(x)
    if len(stored) != len(names) or len(shape) < 2:
        return None
    distinct = (
        Operand(array.shape, True, tuple(map(float, np.unique(array))), is_parameter(name, of.model))
        for name, array in stored
    )
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
    tensors = [
        of.hold(np.repeat(array.ravel(), shape[1] // array.size), name)
        for array, name in zip((weight, bias), of.node.inputs[1:], strict=False)
    ]
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


def fourth_root(of: Composition) -> str | None:
    """Of the sum of fourth powers in each window: squares in place of values, and one root more."""
    x, after = of.node.inputs[0], of.shape(of.node.output)
    if of.node.attributes.get("p", 2) != 4:
        return None
    squares = of.make("Mul", [x, x], of.shape(x))
    return of.make("Sqrt", [of.make("LpPool", [squares], after, **{**of.node.attributes, "p": 2})], after)


def shrink(of: Composition) -> str | None:
    """What is between two bounds becomes 0; the rest stays, or comes nearer to 0 by as much."""
    x, said = of.node.inputs[0], of.node.attributes
    shape, bound, less = of.shape(x), said.get("lambd", 0.5), said.get("bias", 0.0)
    if bound < 0 or less not in (0, bound):
        return None
    if less:
        return of.make("Sub", [x, of.layer("clip", [x], shape, min=-shortest(bound), max=shortest(bound))], shape)
    above = of.make("ThresholdedRelu", [x], shape, alpha=bound)
    below = of.make("ThresholdedRelu", [of.times(x, -1)], shape, alpha=bound)
    return of.make("Sub", [above, below], shape)


def reciprocal(of: Composition) -> str | None:
    return _over(of, np.ones((), np.float32))


def _over(of: Composition, stored: NDArray[Any]) -> str | None:
    """Stored numbers, over what arrives."""
    x = of.node.inputs[-1]
    shape = of.shape(x)
    number = shortest(float(stored.reshape(-1)[0])) if stored.size == 1 else 0.0
    above = of.layer("clip", [x], shape, min=number, max=number)  # whatever arrives
    if stored.size != 1:
        whole = _spread(stored, shape)
        if whole is None:
            return None
        above = of.layer("constant", [above, of.hold(whole)], shape)
    return of.make("Div", [above, x], shape)


def negative(of: Composition) -> str | None:
    return of.times(of.node.inputs[0], -1)


def with_stored(of: Composition) -> str | None:
    """A stored number for each cell, where it is not one a channel; what is taken from a stored number."""
    first, second = (of.array(i) for i in (0, 1))
    shape, op = of.shape(of.node.output), of.node.op
    stored = second if second is not None else first
    if stored is None or stored.dtype.kind != "f" or len(of.node.inputs) != 2:
        return None
    if op == "Div" and second is None:
        return _over(of, stored) if of.shape(of.node.inputs[1]) == shape else None
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
    return stored.shape[-len(shape) + 1 :] == (shape[1], *(1 for _ in shape[2:])) and stored.size == shape[1]


def _spread(stored: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any] | None:
    """Stored numbers, one for each cell (C, ...); None where they are more, or other ones for each input."""
    if prod(shape) > LARGEST or stored.ndim > len(shape) or (stored.ndim == len(shape) and stored.shape[0] != 1):
        return None
    whole = spread_over(stored, shape)
    return None if whole is None else whole[0].copy()


RULES: dict[str, Rule] = {
    "Add": with_stored,
    "BatchNormalization": unweighed,
    "DepthToSpace": depth_to_space,
    "Div": with_stored,
    "GroupNormalization": group_norm,
    "InstanceNormalization": unweighed,
    "LpPool": fourth_root,
    "Mul": with_stored,
    "Neg": negative,
    "PRelu": prelu,
    "Selu": selu,
    "Reciprocal": reciprocal,
    "Shrink": shrink,
    "SpaceToDepth": space_to_depth,
    "Sub": with_stored,
}
