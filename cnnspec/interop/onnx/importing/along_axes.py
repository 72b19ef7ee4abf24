"""Operators over other axes than a layer has: what these do is done between changes of order."""

from __future__ import annotations

from math import prod

import numpy as np

from ..node import shortest
from .composition import IMAGE, Composition, Rule, spread_over
from .parameters import are_none

TINY = 1e-24
"""Less than any root that is not 0, in float32."""


def norm(of: Composition) -> str | None:
    """Over rows, columns or both: those as channels."""
    (x, *learned), said = of.node.inputs, of.node.attributes
    shape = of.shape(x)
    is_rms = of.node.op == "RMSNormalization"
    axis = said.get("axis", -1) % len(shape) if shape else 0
    if len(shape) not in (2, IMAGE) or axis == 0 or not all(name in of.model.constants for name in learned):
        return None
    arrays = [of.model.constants[name] for name in learned]
    if len(arrays) == 1 and not is_rms:
        arrays.append(np.zeros((), np.float32))
    spread = [each for array in arrays if (each := spread_over(array, shape[axis:])) is not None]
    if len(spread) < len(arrays):
        return None
    fields = {"eps": shortest(said.get("epsilon", 1e-5))}
    names = (learned[0], learned[-1])
    tensors = [of.hold(array.ravel(), name) for array, name in zip(spread, names, strict=False)]
    kind = "rmsnorm" if is_rms else "layernorm"
    if not is_rms and are_none(of.model, *tensors):
        fields, tensors = fields | {"affine": False}, []
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
    shape, axes = of.shape(x), of.model.axes(of.node)
    if axes is None and of.node.attributes.get("noop_with_empty_axes") and shape == after:
        return of.make("Identity", [x], shape)
    if axes is None or 0 in axes or len(shape) not in (2, IMAGE) or after[:1] != (1,):
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


def product(of: Composition) -> str | None:
    """With stored matrices over the last axis: neurons for each row, in groups where each channel has a matrix of its
    own."""
    x, matrices, after = of.node.inputs[0], of.array(1), of.shape(of.node.output)
    shape = of.shape(x)
    if matrices is None or len(shape) != IMAGE or after[:1] != (1,):
        return None
    matrices = matrices[:, None] if matrices.ndim == 1 else matrices
    *front, inner, size = matrices.shape
    count, (_, C, H, W) = prod(front), shape
    if (count not in (1, C) and C != 1) or front[:-1] not in ([], [1]) or inner != W:
        return None
    rows = matrices.reshape(count, inner, size).swapaxes(1, 2).reshape(count * size, inner, 1, 1)
    weight = of.hold(rows, of.node.inputs[1])
    if count == 1:
        layer = of.as_channels(x, (3,), lambda y: of.make("Conv", [y, weight], (1, size, *of.shape(y)[2:])))
        return layer if after == (1, C, H, size) else of.reshape(layer, after)
    groups = 1 if C == 1 else count
    columns = of.reshape(of.transpose(x, (0, 1, 3, 2)), (1, groups * inner, 1, H))
    made = of.make("Conv", [columns, weight], (1, count * size, 1, H), group=groups)
    whole = of.transpose(of.reshape(made, (1, count, size, H)), (0, 1, 3, 2))
    return whole if after == (1, count, H, size) else of.reshape(whole, after)


RULES: dict[str, Rule] = {
    "LayerNormalization": norm,
    "LogSoftmax": softmax,
    "LpNormalization": lp_normalization,
    "MatMul": product,
    "RMSNormalization": norm,
    "ReduceL2": reduction,
    "ReduceMax": reduction,
    "ReduceMean": reduction,
    "ReduceSum": reduction,
    "Softmax": softmax,
}
