"""Each operator in one spelling: programs and versions of ONNX say the same in several ways.

A rule takes a node and gives another that computes the same, whose attributes and operands are those that the table
of operators reads; None leaves it as it is. A rule asks what is there, attributes or operands, never for the version,
save where one word has changed its meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf, isinf, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .parameters import is_parameter
from .resizing import resize
from .static import Node, StaticModel

Rule = Callable[[Node, StaticModel], "Node | None"]


def spelled(node: Node, model: StaticModel) -> Node:
    """The node as the table of operators reads it."""
    for _ in range(4):  # a rule may lead to another one's operator
        rule = RULES.get(node.op)
        found = rule(node, model) if rule else None
        if found is None or found == node:
            break
        node = found
    return node


def pieces(nodes: list[Node], model: StaticModel) -> Iterator[Node]:
    """The nodes, each `Split` as slices, as far as they are read."""
    read = {*model.outputs, *(name for node in nodes for name in node.inputs)}
    for node in nodes:
        shapes = [model.shapes.get(name) for name in node.outputs]
        if node.op != "Split" or node.inputs[0] not in model.shapes or not all(shapes):
            yield node
            continue
        axis = node.attributes.get("axis", 0) % len(model.shapes[node.inputs[0]])
        start = 0
        for name, shape in zip(node.outputs, shapes, strict=True):
            end = start + (shape or ())[axis]
            values = {"starts": start, "ends": end, "axes": axis}
            bounds = (model.hold(f"{name}/{what}", np.array([value], np.int64)) for what, value in values.items())
            if name in read:
                yield Node("Slice", node.name, (node.inputs[0], *bounds), (name,), {})
            start = end


def _held(model: StaticModel, node: Node, what: str, array: NDArray[Any], origin: str = "") -> str:
    return model.hold(f"{node.output}/{what}", array, origin)


def _without(node: Node, **usual: Any) -> dict[str, Any]:
    """The attributes without those that say what is usual."""
    return {name: value for name, value in node.attributes.items() if not (name in usual and usual[name] == value)}


# windows


def window(node: Node, model: StaticModel) -> Node:
    """Padding in numbers; what says nothing is left out."""
    given = dict(node.attributes)
    weight = model.constant(node, 1) if node.op in ("Conv", "ConvTranspose") else None
    F = list(given.get("kernel_shape", weight.shape[2:] if weight is not None else ()))
    auto = given.pop("auto_pad", "NOTSET")
    count = len(F)
    D, S = given.get("dilations", [1] * count), given.get("strides", [1] * count)
    shape, made = model.shapes.get(node.inputs[0], ()), model.shapes.get(node.output, ())
    if auto in ("SAME_UPPER", "SAME_LOWER") and node.op != "ConvTranspose" and len(shape) == len(made) == count + 2:
        before, after = [], []
        for x, y, f, s, d in zip(shape[2:], made[2:], F, S, D, strict=True):
            total = max(0, (y - 1) * s + d * (f - 1) + 1 - x)
            small, large = total // 2, total - total // 2
            before.append(small if auto == "SAME_UPPER" else large)
            after.append(large if auto == "SAME_UPPER" else small)
        given["pads"] = [*before, *after]
    elif auto not in ("NOTSET", "VALID"):
        given["auto_pad"] = auto
    if node.op not in ("Conv", "ConvTranspose"):
        given = _without(replace(node, attributes=given), dilations=[1] * count)
        given.pop("storage_order", None)  # of places, which are not told
        given.setdefault("strides", [1] * count)
    if node.op == "ConvTranspose" and (given.pop("output_shape", None) or "auto_pad" in given):
        if len(shape) != len(made) or len(made) != count + 2:
            return node
        given |= _around_transposed(given.pop("auto_pad", auto), given, shape[2:], made[2:], F)
    return replace(node, attributes=given, outputs=node.outputs[:1])


def _around_transposed(
    auto: str, given: dict[str, Any], before: tuple[int, ...], after: tuple[int, ...], F: list[int]
) -> dict[str, Any]:
    """Padding of a transposed convolution that makes a size; what is missing then is added behind."""
    ones, zeros = [1] * len(F), [0] * len(F)
    S, D, extra = (
        given.get(name, usual) for name, usual in (("strides", ones), ("dilations", ones), ("output_padding", zeros))
    )
    begins, ends, more = [], [], []
    for x, y, f, s, d, e in zip(before, after, F, S, D, extra, strict=True):
        total = s * (x - 1) + e + d * (f - 1) + 1 - y
        small, large = max(0, total) // 2, max(0, total) - max(0, total) // 2
        begins.append(small if auto == "SAME_UPPER" else large)
        ends.append(large if auto == "SAME_UPPER" else small)
        more.append(e + max(0, -total))
    return {"pads": [*begins, *ends], "output_padding": more}


# matrices


def gemm(node: Node, model: StaticModel) -> Node | None:
    """alpha and beta go into the weights, which are turned to one row a neuron."""
    weight, bias = model.constant(node, 1), model.constant(node, 2)
    if weight is None or weight.ndim != 2 or node.attributes.get("transA", 0):
        return None
    if bias is not None and bias.ndim == 2 and bias.shape[0] != 1:
        return None
    alpha, beta = node.attributes.get("alpha", 1.0), node.attributes.get("beta", 1.0)
    turned = bool(node.attributes.get("transB", 0))
    names = list(node.inputs)
    if not turned or alpha != 1:
        matrix = weight if turned else weight.T
        names[1] = _held(model, node, "weight", np.ascontiguousarray(matrix * np.float32(alpha)), names[1])
    K = model.constants[names[1]].shape[0]
    if bias is not None and (beta != 1 or bias.shape != (K,)):
        row = np.broadcast_to(bias.reshape(-1) if bias.size in (1, K) else bias, (K,))
        names[2] = _held(model, node, "bias", np.ascontiguousarray(row * np.float32(beta)), names[2])
    return node.to("Gemm", *names, transB=1)


def matmul(node: Node, model: StaticModel) -> Node | None:
    """A product with stored numbers is a layer of neurons."""
    weight = model.constant(node, 1)
    if weight is None or weight.ndim > 2 or len(model.shapes.get(node.inputs[0], ())) != 2:
        return None
    if weight.ndim == 1:
        column = _held(model, node, "column", weight[:, None], node.inputs[1])
        return node.to("Gemm", node.inputs[0], column, transB=0)
    return node.to("Gemm", *node.inputs, transB=0)


# sizes and order


def reshape(node: Node, model: StaticModel) -> Node | None:
    """Whatever only gives a value another shape."""
    before, after = model.shapes.get(node.inputs[0]), model.shapes.get(node.output)
    if before is None or after is None or before[:1] != (1,) or after[:1] != (1,):
        return None
    if before == after:
        return node.to("Identity", node.inputs[0])
    if len(after) == 2 and len(before) == 4:
        return node.to("Flatten", node.inputs[0], axis=1)
    return node.to("Reshape", node.inputs[0], _held(model, node, "shape", np.array((0, *after[1:]), np.int64)))


def transpose(node: Node, model: StaticModel) -> Node | None:
    """A change of order in which only axes of length 1 move is one of shape."""
    shape, perm = model.shapes.get(node.inputs[0]), node.attributes.get("perm")
    if shape is None or perm is None:
        return None
    long = [axis for axis in perm if axis < len(shape) and shape[axis] != 1]
    return reshape(node, model) if long == sorted(long) else None


def reduced(op: str) -> Rule:
    """A mean or a maximum over rows and columns."""

    def rule(node: Node, model: StaticModel) -> Node | None:
        if len(model.shapes.get(node.inputs[0], ())) != 4 or model.axes(node) != (2, 3):
            return None
        return node.to(op, node.inputs[0])

    return rule


def slice(node: Node, model: StaticModel) -> Node | None:
    """Starts, ends and axes as operands, without steps of 1."""
    starts, ends = (model.numbers(node, name, i) for i, name in ((1, "starts"), (2, "ends")))
    if starts is None or ends is None:
        return None
    axes = model.numbers(node, "axes", 3) or list(range(len(starts)))
    steps = model.numbers(node, "steps", 4) or [1] * len(starts)
    if any(step != 1 for step in steps):
        return None
    shape = model.shapes.get(node.inputs[0], ())
    cuts = [each for each in zip(starts, ends, axes, strict=True) if not _is_whole(*each, shape)]
    if not cuts:
        return node.to("Identity", node.inputs[0])
    parts = zip(("starts", "ends", "axes"), zip(*cuts, strict=True), strict=True)
    names = (_held(model, node, what, np.array(values, np.int64)) for what, values in parts)
    return node.to("Slice", node.inputs[0], *names)


def _is_whole(start: int, end: int, axis: int, shape: tuple[int, ...]) -> bool:
    """Whether a part of an axis is all of it."""
    size = shape[axis] if shape else 0
    return bool(shape) and start in (0, -size) and end >= size


def pad(node: Node, model: StaticModel) -> Node | None:
    """Amounts for all axes and a value as operands."""
    amounts = model.numbers(node, "pads", 1) or model.numbers(node, "paddings", 1)
    shape = model.shapes.get(node.inputs[0])
    if amounts is None or shape is None:
        return None
    axes = model.numbers(node, "", 3)
    if axes is not None:
        sides = [0] * (2 * len(shape))
        for i, axis in enumerate(axes):
            sides[axis % len(shape)] = amounts[i]
            sides[axis % len(shape) + len(shape)] = amounts[i + len(axes)]
        amounts = sides
    if not any(amounts):
        return node.to("Identity", node.inputs[0])
    value = model.constant(node, 2)
    fill = np.float32(node.attributes.get("value", 0.0) if value is None else value.reshape(-1)[:1].sum())
    names = (_held(model, node, "amounts", np.array(amounts, np.int64)), _held(model, node, "fill", np.array(fill)))
    return node.to("Pad", node.inputs[0], *names, **_without(node, pads=node.attributes.get("pads"), value=fill))


# value by value


def clip(node: Node, model: StaticModel) -> Node | None:
    """Bounds as two operands; one from 0 on is `Relu`."""
    low, high = (_bound(node, model, name, i) for i, name in ((1, "min"), (2, "max")))
    if low is None or high is None:
        return None
    if (low, high) == (-inf, inf):
        return node.to("Identity", node.inputs[0])
    if (low, high) == (0, inf):
        return node.to("Relu", node.inputs[0])
    bounds = (("min", low), ("max", high))
    names = ("" if isinf(value) else _held(model, node, what, np.array(value, "f4")) for what, value in bounds)
    return node.to("Clip", node.inputs[0], *names)


def _bound(node: Node, model: StaticModel, attribute: str, index: int) -> float | None:
    """A bound of Clip, None where it is computed."""
    open_end = -inf if attribute == "min" else inf
    if attribute in node.attributes:
        value = float(node.attributes[attribute])
    elif index < len(node.inputs) and node.inputs[index]:
        found = model.constant(node, index)
        if found is None or found.size != 1:
            return None
        value = float(found.reshape(-1)[0])
    else:
        return open_end
    return open_end if abs(value) > 3.4e38 else value


def softmax(node: Node, model: StaticModel) -> Node | None:
    """Before version 13 it went over an axis and all behind it."""
    shape = model.shapes.get(node.inputs[0], ())
    axis = node.attributes.get("axis", -1 if model.opset >= 13 else 1)
    if model.opset < 13 and shape and prod(shape[axis % len(shape) + 1 :]) != 1:
        return None
    return node.to(node.op, node.inputs[0], axis=axis)


def batchnorm(node: Node, model: StaticModel) -> Node | None:
    given = _without(
        node, spatial=1, training_mode=0, is_test=1, consumed_inputs=node.attributes.get("consumed_inputs")
    )
    return replace(node, attributes=given, outputs=node.outputs[:1])


def prelu(node: Node, model: StaticModel) -> Node | None:
    """One slope for all is one a channel."""
    shape, slope = model.shapes.get(node.inputs[0], ()), model.constant(node, 1)
    if len(shape) < 2 or slope is None or slope.size != 1:
        return None
    whole = np.full((shape[1], *(1 for _ in shape[2:])), slope.reshape(-1)[0], "f4")
    return node.to("PRelu", node.inputs[0], _held(model, node, "slope", whole))


def product(node: Node, model: StaticModel) -> Node | None:
    """Stored numbers behind what is computed; one number is one a channel; a quotient is a product."""
    first, second = (model.constant(node, i) for i in (0, 1))
    shape = model.shapes.get(node.output, ())
    if second is None and first is not None and node.op == "Mul":
        return node.to("Mul", node.inputs[1], node.inputs[0])
    if second is None or len(shape) < 2 or second.dtype.kind != "f":
        return None
    if node.op == "Div":
        with np.errstate(divide="ignore"):
            return node.to("Mul", node.inputs[0], _held(model, node, "factor", np.float32(1) / second))
    if second.size == 1:
        if second.reshape(-1)[0] == 1 and not is_parameter(node.inputs[1], model):
            return node.to("Identity", node.inputs[0])
        whole = np.full((shape[1], *(1 for _ in shape[2:])), second.reshape(-1)[0], "f4")
        return node.to("Mul", node.inputs[0], _held(model, node, "factor", whole))
    return None


def total(node: Node, model: StaticModel) -> Node | None:
    """A sum, a mean or the largest of one thing is that thing; of several a layer."""
    if len(node.inputs) == 1:
        return node.to("Identity", node.inputs[0])
    if node.op == "Sum" and not any(name in model.constants for name in node.inputs):
        return replace(node, kind="add", attributes={})
    return node.to("Add", *node.inputs) if node.op == "Sum" else None


def addition(node: Node, model: StaticModel) -> Node | None:
    """Stored numbers behind what is computed; nothing is added where they are 0, unless a layer may learn others."""
    first, second = (model.constant(node, i) for i in (0, 1))
    if first is not None and second is None and node.op == "Add":
        return node.to("Add", node.inputs[1], node.inputs[0])
    is_shape_kept = model.shapes.get(node.output) == model.shapes.get(node.inputs[0])
    if second is not None and not second.any() and is_shape_kept and not is_parameter(node.inputs[1], model):
        return node.to("Identity", node.inputs[0])
    if node.op == "Sub" and second is not None:
        return node.to("Add", node.inputs[0], _held(model, node, "summand", -second))
    return None


def concat(node: Node, model: StaticModel) -> Node | None:
    return node.to("Identity", node.inputs[0]) if len(node.inputs) == 1 else None


def space(node: Node, model: StaticModel) -> Node | None:
    """Columns first or rows first is the same for one channel."""
    shape = model.shapes.get(node.output, ())
    if len(shape) == 4 and shape[1] == 1 and node.attributes.get("mode", "DCR") == "DCR":
        return node.to("DepthToSpace", *node.inputs, blocksize=node.attributes["blocksize"], mode="CRD")
    return None


RULES: dict[str, Rule] = {
    "Add": addition,
    "AveragePool": window,
    "BatchNormalization": batchnorm,
    "Clip": clip,
    "Concat": concat,
    "Conv": window,
    "ConvTranspose": window,
    "DepthToSpace": space,
    "Div": product,
    "Flatten": reshape,
    "Gemm": gemm,
    "LogSoftmax": softmax,
    "LpPool": window,
    "MatMul": matmul,
    "Max": total,
    "MaxPool": window,
    "Mean": total,
    "Min": total,
    "Mul": product,
    "PRelu": prelu,
    "Pad": pad,
    "ReduceMax": reduced("GlobalMaxPool"),
    "ReduceMean": reduced("GlobalAveragePool"),
    "Reshape": reshape,
    "Resize": resize,
    "Slice": slice,
    "Softmax": softmax,
    "Squeeze": reshape,
    "Sub": addition,
    "Sum": total,
    "Transpose": transpose,
    "Unsqueeze": reshape,
    "Upsample": resize,
}
"""By operator; what is not here has one spelling."""
