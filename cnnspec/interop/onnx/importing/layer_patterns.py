"""Layers of several nodes that hang on shapes or stored numbers: a rule each, asked about the last node.

Values between the nodes of a layer must not be read elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod

import numpy as np

from .. import operators, resampling, windowed
from ..node import shortest
from . import operands
from .bins import adaptivemaxpool
from .neighbours import Neighbours
from .parameters import are_none
from .spelling import spelled
from .static import Node

Found = tuple[Node, list[Node]]


def channelshuffle(near: Neighbours, node: Node) -> Found | None:
    """Channels as a table of G rows, turned, and in a row again."""
    turn = near.inner(node.inputs[0], "Transpose")
    split = near.inner(turn.inputs[0], "Reshape") if turn else None
    if turn is None or split is None:
        return None
    before, table, after = (near.shape(each) for each in (split.inputs[0], split.output, node.output))
    if len(table) < 3 or before != after or table != (*before[:1], *table[1:3], *before[2:]):
        return None
    if turn.attributes.get("perm") != [0, 2, 1, *range(3, len(table))]:
        return None
    return near.layer(node, "channelshuffle", {"G": table[1]}, split.inputs[0]), [turn, split]


def layernorm(near: Neighbours, node: Node) -> Found | None:
    """Over the channels, which are brought to the end and back."""
    norm = near.inner(node.inputs[0], "LayerNormalization")
    last = near.inner(norm.inputs[0], "Transpose") if norm else None
    if norm is None or last is None or norm.attributes.get("axis", -1) not in (-1, 3):
        return None
    if node.attributes.get("perm") != [0, 3, 1, 2] or last.attributes.get("perm") != [0, 2, 3, 1]:
        return None
    if len(norm.inputs) != 3:
        return None
    fields = {"eps": shortest(norm.attributes.get("epsilon", 1e-5))}
    learned: tuple[str, ...] = norm.inputs[1:]
    if all(map(near.is_stored, learned)) and are_none(near.model, *learned):
        fields, learned = {**fields, "affine": False}, ()
    return near.layer(node, "layernorm", fields, last.inputs[0], *learned), [norm, last]


def groupnorm(near: Neighbours, node: Node) -> Found | None:
    """Each group as one map that is normalised by itself, then weight and bias for each channel."""
    added = near.parted(node)
    scaled = near.inner(added[0], "Mul") if added else None
    weighed = near.parted(scaled) if scaled else None
    back = near.inner(weighed[0], "Reshape") if weighed else None
    if not (added and scaled and weighed and back):
        return None
    shape = near.shape(node.output)
    plain = plain_groupnorm(near, back)
    if plain is None or near.shape(back.output) != shape:
        return None
    if near.per_channel(weighed[1], shape) is None or near.per_channel(added[1], shape) is None:
        return None
    layer, inner = plain
    fields = {key: value for key, value in layer.attributes.items() if key != "affine"}
    whole = near.layer(node, "groupnorm", fields, *layer.inputs, weighed[1], added[1])
    return whole, [scaled, back, *inner]


def plain_groupnorm(near: Neighbours, node: Node) -> Found | None:
    """The same without weight and bias."""
    norm = near.inner(node.inputs[0], "InstanceNormalization")
    groups = near.inner(norm.inputs[0], "Reshape") if norm else None
    if norm is None or groups is None:
        return None
    table, ones, zeros = near.shape(groups.output), near.array(norm, 1), near.array(norm, 2)
    is_whole = len(table) == 3 and near.shape(groups.inputs[0]) == near.shape(node.output)
    if not is_whole or ones is None or zeros is None or (ones != 1).any() or zeros.any():
        return None
    fields = {"G": table[1], "eps": shortest(norm.attributes.get("epsilon", 1e-5)), "affine": False}
    return near.layer(node, "groupnorm", fields, groups.inputs[0]), [norm, groups]


def rmsnorm(near: Neighbours, node: Node) -> Found | None:
    """What arrives over the root of the mean of its squares, then a weight: over the channels, or over all."""
    weighed = near.parted(node)
    ratio = near.inner(weighed[0], "Div") if weighed else None
    root = near.inner(ratio.inputs[1], "Sqrt") if ratio else None
    total = near.inner(root.inputs[0], "Add") if root else None
    raised = near.parted(total) if total else None
    found = mean_square(near, raised[0]) if raised else None
    if not (weighed and ratio and root and total and raised and found) or found[0] != ratio.inputs[0]:
        return None
    (x, axes, inner), eps = found, near.model.constants[raised[1]]
    shape, weight = near.shape(x), near.model.constants[weighed[1]]
    is_all = axes == tuple(range(1, len(shape))) and len(shape) > 2
    fits = weight.shape in (shape, shape[1:]) if is_all else near.per_channel(weighed[1], shape) is not None
    if eps.size != 1 or near.shape(node.output) != shape or not fits or not (is_all or axes == (1,)):
        return None
    fields = {"eps": shortest(float(eps.reshape(-1)[0]))} | ({"over": "all"} if is_all else {})
    return near.layer(node, "rmsnorm", fields, x, weighed[1]), [ratio, root, total, *inner]


def mean_square(near: Neighbours, name: str) -> tuple[str, tuple[int, ...], list[Node]] | None:
    """Of a mean of squares over some axes, as one operator or as a sum times a share: what is squared, and the axes."""
    share, scaled = 1.0, near.inner(name, "Mul")
    inner = [scaled] if scaled else []
    if scaled:
        parted = near.parted(scaled)
        if parted is None or near.model.constants[parted[1]].size != 1:
            return None
        name, share = parted[0], float(near.model.constants[parted[1]].sum())
    total = near.inner(name, "ReduceSum" if scaled else "ReduceMean")
    square = near.inner(total.inputs[0], "Mul", "Pow") if total else None
    if total is None or square is None or not total.attributes.get("keepdims", 1):
        return None
    axes = near.model.axes(total)
    if axes is None:
        return None
    cells = prod(near.shape(square.output)[axis] for axis in axes)
    exponent = near.array(square, 1) if square.op == "Pow" else None
    is_square = len({*square.inputs}) == 1 if exponent is None else exponent.size == 1 and (exponent == 2).all()
    if not is_square or (scaled and np.float32(share) != np.float32(1 / cells)):
        return None
    return square.inputs[0], axes, [*inner, total, square]


SQUARES = {(0, 1, 3, 5, 2, 4): "CRD", (0, 3, 5, 1, 2, 4): "DCR"}
"""How channels and the cells of a square come to lie: those of a channel together, or those of a cell."""


def pixelunshuffle(near: Neighbours, node: Node) -> Found | None:
    """Cells of a square, row by row, become channels."""
    turn = near.inner(node.inputs[0], "Transpose")
    split = near.inner(turn.inputs[0], "Reshape") if turn else None
    if turn is None or split is None:
        return None
    mode = SQUARES.get(tuple(turn.attributes.get("perm", ())))
    if mode is None:
        return None
    before, table, after = (near.shape(each) for each in (split.inputs[0], split.output, node.output))
    if len(before) != 4 or len(table) != 6 or table[3] != table[5]:
        return None
    _, C, H, W = before
    r = table[3]
    if table != (1, C, H // r, r, W // r, r) or after != (1, C * r * r, H // r, W // r):
        return None
    return node.to("SpaceToDepth", split.inputs[0], blocksize=r, mode=mode), [turn, split]


def expanded(near: Neighbours, node: Node) -> Found | None:
    """A value that is written out to the size of the other one is spread over it as it is."""
    for name, other in zip(node.inputs, reversed(node.inputs), strict=True):
        wide = near.inner(name, "Expand")
        if wide is not None and near.shape(other) == near.shape(node.output) == near.shape(name):
            narrow = wide.inputs[0]
            return replace(node, inputs=tuple(narrow if each == name else each for each in node.inputs)), [wide]
    return None


def biased(near: Neighbours, node: Node) -> Found | None:
    """What is added right behind a convolution or a product without a bias is its bias."""
    added = near.parted(node)
    before = near.inner(added[0], "Conv", "ConvTranspose", "Gemm", "MatMul") if added else None
    if added is None or before is None or len([*filter(None, before.inputs)]) != 2 or before.kind:
        return None
    bias = near.per_channel(added[1], near.shape(node.output))
    if bias is None or near.array(before, 1) is None:
        return None
    name = near.model.hold(f"{node.output}/bias", bias, added[1])
    gemm = before.op == "MatMul"
    if gemm and len(near.shape(before.output)) != 2:
        return None
    op, attributes = ("Gemm", {"transB": 0}) if gemm else (before.op, before.attributes)
    merged = replace(node, op=op, inputs=(*before.inputs[:2], name), attributes=attributes, name=before.name)
    return merged, [before]


def rescaled(near: Neighbours, node: Node) -> Found | None:
    """A batch norm whose weight and bias stand behind it, a channel each, as Caffe writes it: they become its own."""
    inner: list[Node] = []
    factor, summand = np.ones(1, np.float32), np.zeros(1, np.float32)
    at: Node | None = node
    for op in ("Add", "Mul"):
        if at is not None and at.op == op:
            parted = near.parted(at)
            values = near.per_channel(parted[1], near.shape(node.output)) if parted else None
            if parted is None or values is None:
                return None
            factor, summand = (values, summand) if op == "Mul" else (factor, values)
            at = near.inner(parted[0], "Mul", "BatchNormalization")
            inner += [at] if at else []
    if at is None or at.op != "BatchNormalization" or len(at.inputs) != 5:
        return None
    weight, bias = near.array(at, 1), near.array(at, 2)
    if weight is None or bias is None:
        return None
    hold = near.model.hold
    names = (
        hold(f"{node.output}/weight", weight * factor, at.inputs[1]),
        hold(f"{node.output}/bias", bias * factor + summand, at.inputs[2]),
    )
    return replace(at, inputs=(at.inputs[0], *names, *at.inputs[3:]), outputs=node.outputs), inner


def shifted(near: Neighbours, node: Node) -> Found | None:
    """A sum with one stored value a channel, and what it may be a product with before."""
    added = near.parted(node)
    if added is None or near.per_channel(added[1], near.shape(node.output)) is None:
        return None
    is_less = node.op == "Sub"
    if near.shape(added[0]) != near.shape(node.output) or (is_less and added[0] != node.inputs[0]):
        return None
    if is_less:
        added = added[0], near.model.hold(f"{node.output}/bias", -near.model.constants[added[1]], added[1])
    scaled = near.inner(added[0], "Mul")
    parted = near.parted(scaled) if scaled else None
    if scaled and parted and near.per_channel(parted[1], near.shape(node.output)) is not None:
        return near.layer(node, "scale", {"bias": True}, parted[0], parted[1], added[1]), [scaled]
    ones = near.model.hold(f"{node.output}/weight", np.ones(near.shape(node.output)[1], np.float32))
    return near.layer(node, "scale", {"bias": True}, added[0], ones, added[1]), []


def sumpool(near: Neighbours, node: Node) -> Found | None:
    """A mean over windows, times the cells of a window; or all cells weighed by 1."""
    if (alike := weighed_alike(near, node)) and alike[0] == 1:
        return _summed(near, node, alike[1], [])
    parted = near.parted(node)
    found = counted(near, parted[0]) if parted else None
    if parted is None or found is None:
        return None
    mean, inner = found
    cells = float(prod(mean.attributes["kernel_shape"]))
    if near.model.constants[parted[1]].size != 1 or float(near.model.constants[parted[1]].sum()) != cells:
        return None
    return _summed(near, node, mean, inner)


def _summed(near: Neighbours, node: Node, mean: Node, inner: list[Node]) -> Found | None:
    """The sum over the windows of a mean, in place of a node."""
    read = operators.read(operands.of(spelled(mean, near.model), near.model))
    if read is None:
        return None
    fields = {key: value for key, value in read[1].items() if key != "count_padding"}
    return near.layer(node, "sumpool", fields, mean.inputs[0]), inner


def weighed_alike(near: Neighbours, node: Node) -> tuple[float, Node] | None:
    """Of a pooling whose cells lie apart, as our files have it: by what all cells are weighed, and the mean over the
    same windows. In files of others it is a convolution that happens to be one."""
    weight = near.array(node, 1) if node.op == "Conv" and len(node.inputs) == 2 and near.ours else None
    if (
        weight is None
        or node.inputs[1] == f"{node.name}.weight"
        or weight.shape[:2] != (near.shape(node.inputs[0])[1], 1)
    ):
        return None
    share = float(weight.flat[0])
    if node.attributes.get("group") != len(weight) or (weight != share).any():
        return None
    attributes = {key: value for key, value in node.attributes.items() if key != "group"} | {"count_include_pad": 1}
    return share, replace(node, op="AveragePool", inputs=node.inputs[:1], attributes=attributes)


def dilated_mean(near: Neighbours, node: Node) -> Found | None:
    """All cells of a window weighed by their share."""
    found = counted_alike(near, node)
    read = operators.read(operands.of(spelled(found, near.model), near.model)) if found else None
    return (near.layer(node, *read, node.inputs[0]), []) if read else None


def counted_alike(near: Neighbours, node: Node) -> Node | None:
    """The mean that such a pooling is, padding and all."""
    found = weighed_alike(near, node)
    if found is None or np.float32(found[0]) != np.float32(1 / prod(found[1].attributes["kernel_shape"])):
        return None
    return found[1]


def l2pool(near: Neighbours, node: Node) -> Found | None:
    """The root of a sum over windows of squares."""
    product = near.inner(node.inputs[0], "Mul", "Conv")
    total = sumpool(near, product) if product else None
    squares = near.inner(total[0].inputs[0], "Mul") if total else None
    if product is None or total is None or squares is None or len({*squares.inputs}) != 1:
        return None
    fields = dict(total[0].attributes)
    return near.layer(node, "l2pool", fields, squares.inputs[0]), [product, *total[1], squares]


def hanging(near: Neighbours, node: Node) -> Found | None:
    """Means over windows of which the last ones hang over the edge: each is put right by a factor of its own."""
    parted = near.parted(node)
    found = counted(near, parted[0]) if parted else None
    shape = near.shape(node.output)
    if parted is None or found is None or len(shape) != 4:
        return None
    mean, inner = found
    factors = near.model.constants[parted[1]]
    if factors.shape not in (shape[2:], (1, 1, *shape[2:])):
        return None
    read = operators.read(operands.of(spelled(mean, near.model), near.model))
    if read is None:
        return None
    fields = windowed.hanging(read[1], mean.attributes["pads"], near.shape(mean.inputs[0])[1:], factors)
    return None if fields is None else (near.layer(node, "avgpool", fields, mean.inputs[0]), inner)


def counted(near: Neighbours, name: str) -> Found | None:
    """The mean that a value is, padding and all, with its own padding or that of a node before it; and its nodes."""
    mean = near.inner(name, "AveragePool", "Conv")
    if mean is not None and mean.op == "Conv":
        found_alike = counted_alike(near, mean)
        return (found_alike, [mean]) if found_alike else None
    if mean is None or mean.attributes.get("ceil_mode") or not mean.attributes.get("count_include_pad"):
        return None
    found = padded(near, mean)
    return (mean, [mean]) if found is None else (found[0], [mean, *found[1]])


def padded(near: Neighbours, node: Node) -> Found | None:
    """Cells around an image that only a window's layer reads are its padding: zeros, or for a maximum what never is
    the largest value."""
    pad = near.inner(node.inputs[0], "Pad")
    plain = spelled(pad, near.model) if pad else None
    if pad is None or plain is None or plain.op != "Pad" or plain.attributes.get("mode", "constant") != "constant":
        return None
    amounts, fill = (near.array(plain, i) for i in (1, 2))
    if amounts is None or fill is None or len(amounts) != 8 or node.attributes.get("ceil_mode"):
        return None
    taken = float(fill.reshape(-1)[0]) <= LOWEST if node.op == "MaxPool" else not fill.any()
    own = any(node.attributes.get("pads") or ()) or node.attributes.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID")
    _, _, top, left, _, _, bottom, right = map(int, amounts)
    if not taken or own or any(amounts[[0, 1, 4, 5]]) or min(top, left, bottom, right) < 0:
        return None
    F = node.attributes.get("kernel_shape", [])
    D = node.attributes.get("dilations") or [1] * len(F)
    if node.op != "Conv" and any(max(of) > d * (f - 1) for of, f, d in zip(((top, bottom), (left, right)), F, D)):  # noqa: B905
        return None  # a window that sees nothing but padding
    counted = {"count_include_pad": 1} if node.op == "AveragePool" else {}
    attributes = {**node.attributes, "pads": [top, left, bottom, right], "auto_pad": "NOTSET", **counted}
    return replace(node, inputs=(pad.inputs[0], *node.inputs[1:]), attributes=attributes), [pad]


LOWEST = -3.4e38


def weighed(near: Neighbours, node: Node) -> Found | None:
    """Rows and columns weighed by matrices: means over bins, or an image that is resized smoothly."""
    columns, inner = near.array(node, 1), near.inner(node.inputs[0], "MatMul")
    rows = near.array(inner, 0) if inner else None
    if inner is None or rows is None or columns is None or rows.ndim != 2 or columns.ndim != 2:
        return None
    name = inner.inputs[1]
    if len(near.shape(name)) != 4 or near.is_stored(name):
        return None
    found = resampling.weighed(near.shape(name)[1:], rows, columns.T)
    return None if found is None else (near.layer(node, *found, name), [inner])


def chained(near: Neighbours, node: Node) -> Found | None:
    """Branches that were joined two by two under one layer's name."""
    inputs, inner = [*node.inputs], list[Node]()
    while (before := near.inner(inputs[0], node.op)) and before.name.startswith(f"{node.name}/"):
        inner.append(before)
        inputs[:1] = before.inputs
    if not inner or any(name in near.model.constants for name in inputs):
        return None
    return near.layer(node, node.op.lower(), {}, *inputs), inner


RULES: dict[str, tuple[Callable[[Neighbours, Node], Found | None], ...]] = {
    "Add": (groupnorm, expanded, biased, rescaled, shifted, chained),
    "AveragePool": (padded,),
    "Concat": (adaptivemaxpool,),
    "Conv": (sumpool, dilated_mean, padded),
    "Div": (expanded, chained),
    "MatMul": (weighed,),
    "MaxPool": (adaptivemaxpool, padded),
    "Mul": (sumpool, expanded, hanging, rmsnorm, rescaled, chained),
    "Reshape": (channelshuffle, pixelunshuffle, plain_groupnorm),
    "Sqrt": (l2pool,),
    "Sub": (expanded, shifted, chained),
    "Transpose": (layernorm,),
}
"""By the operator of the last node."""
