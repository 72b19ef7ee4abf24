"""What operators say of axes, for values whose channels are first in place of last.

A rule writes what stands for a node, and says that it did; where it did not, the node is given what it reads as the
file has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np

from ..node import shortest
from .axes import BROADCAST, EACH, channels_first, channels_last
from .composition import spread_over
from .layouts import RANKS, Layouts, Vector
from .parameters import are_none
from .static import Node

Rule = Callable[[Layouts, Node], bool]
SINGLE = 13
"""The version from which on `Softmax` goes over one axis; before it went over all behind it, too."""


def _place(axis: int, rank: int) -> int:
    """Where an axis of a value with channels last lies when they are first."""
    return channels_last(rank)[axis % rank]


# order and shape


def transpose(of: Layouts, node: Node) -> bool:
    """Changes of order behind each other are one, of the value before them all."""
    (x,), made, perm = node.inputs, node.output, node.attributes.get("perm", ())
    rank = len(perm)
    if x in of.first and tuple(perm) == channels_first(rank):
        of.in_file[made] = of.first[x]
        return True
    if not perm or x in of.unrolled:
        return False
    base, before = of.source(x)
    order = tuple(before[axis] for axis in perm)
    if order == tuple(range(rank)):
        of.in_file[made] = base
    elif order == channels_last(rank) and rank in RANKS:
        of.last[made] = base
    else:
        of.add(node.to("Transpose", base, perm=list(order)), [of.shape(base)[axis] for axis in order])
        of.turned[made] = base, order
    return True


def reshape(of: Layouts, node: Node) -> bool:
    """Whatever gives a value another shape: where the channels stay last, rows and columns become others."""
    x, made = node.inputs[0], node.output
    before, after = of.before.get(x, ()), of.before[made]
    if x not in of.last:
        return _unfolded(of, node, before, after)
    base, C = of.last[x], before[-1]
    sizes = of.shape(base)[1:]
    if before == after:
        of.last[made] = base
    elif after[:1] != before[:1]:
        return False
    elif len(after) in RANKS and after[-1] == C:
        of.reshaped(base, tuple(after[axis] for axis in channels_first(len(after))), made, node.name)
        of.last[made] = made
    elif C == 1 or prod(sizes) == C:
        of.reshaped(base, after, made, node.name)  # both orders are one
    elif made in of.recounted:
        of.reshaped(base, after, made, node.name)
        of.unrolled[made] = Vector(made, sizes)
    else:
        return False
    return True


def _unfolded(of: Layouts, node: Node, before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """A vector that becomes an image of one cell has its channels where they are looked for."""
    x, made = node.inputs[0], node.output
    if len(before) != 2 or len(after) not in RANKS or after != (1, *(1 for _ in after[2:]), before[1]):
        return False
    if x in of.unrolled or x in of.last:
        return False
    held = of.as_in_file(x)
    of.add(replace(node, inputs=(held, *node.inputs[1:])), after)
    of.first[made] = of.reshaped(
        held, tuple(after[axis] for axis in channels_first(len(after))), f"{made}/channels first"
    )
    return True


# value by value


def each(of: Layouts, node: Node) -> bool:
    x, *more = node.inputs
    if any(map(of.is_computed, more)):
        return False
    if x in of.last:
        of.put(replace(node, inputs=(of.last[x], *more)))
    elif x in of.unrolled:
        base, sizes = of.unrolled[x]
        of.add(replace(node, inputs=(base, *more)), of.shape(base))
        of.unrolled[node.output] = Vector(node.output, sizes)
    else:
        return False
    return True


def broadcast(of: Layouts, node: Node) -> bool:
    """Values and stored numbers that fit each other."""
    rank = len(of.before[node.output])
    if any(name in of.unrolled for name in node.inputs):
        return _on_vectors(of, node)
    computed = [name for name in node.inputs if of.is_computed(name)]
    if not any(name in of.last for name in computed) or any(len(of.before[name]) != rank for name in computed):
        return False
    stored = {name: of.stored(name, rank) for name in node.inputs if name in of.model.constants}
    if len(computed) + len(stored) < len({*node.inputs}) or None in stored.values():
        return False
    of.put(replace(node, inputs=tuple(stored.get(name) or of.channels_first(name) for name in node.inputs)))
    return True


def _on_vectors(of: Layouts, node: Node) -> bool:
    """Of such that are unrolled alike."""
    vectors = {name: of.unrolled[name] for name in node.inputs if name in of.unrolled}
    sizes = next(iter(vectors.values())).sizes
    others = [name for name in node.inputs if name not in vectors]
    if any(vector.sizes != sizes for vector in vectors.values()) or any(map(of.is_computed, others)):
        return False
    stored = {name: of.columns(name, sizes) for name in others if name in of.model.constants}
    if len(stored) < len({*others}) or None in stored.values():
        return False
    inputs = tuple(vectors[name].base if name in vectors else stored[name] or "" for name in node.inputs)
    of.add(replace(node, inputs=inputs), of.before[node.output])
    of.unrolled[node.output] = Vector(node.output, sizes)
    return True


def batchnorm(of: Layouts, node: Node) -> bool:
    """Of a vector: a value each."""
    return node.inputs[0] in of.unrolled and _on_vectors(of, replace(node, outputs=node.outputs[:1]))


# along axes


def concat(of: Layouts, node: Node) -> bool:
    rank = len(of.before[node.output])
    if not any(name in of.last for name in node.inputs) or not all(map(of.is_computed, node.inputs)):
        return False
    axis = _place(node.attributes.get("axis", 1), rank)
    of.put(node.to("Concat", *(of.channels_first(name) for name in node.inputs), axis=axis))
    return True


def softmax(of: Layouts, node: Node) -> bool:
    (x,), usual = node.inputs, -1 if of.model.opset >= SINGLE else 1
    if x not in of.last:
        return False
    rank = len(of.before[x])
    axis = node.attributes.get("axis", usual) % rank
    if of.model.opset >= SINGLE:
        of.put(node.to(node.op, of.last[x], axis=_place(axis, rank)))
    elif axis == rank - 1:
        of.put(replace(node.to(node.op, of.last[x]), kind=node.op.lower()))
    else:
        return False
    return True


def along(of: Layouts, node: Node) -> bool:
    """One axis, the last where none is said."""
    (x,) = node.inputs
    if x not in of.last:
        return False
    axis = _place(node.attributes.get("axis", -1), len(of.before[x]))
    of.put(node.to(node.op, of.last[x], **{**node.attributes, "axis": axis}))
    return True


def norm(of: Layouts, node: Node) -> bool:
    """Over the channels of each cell, or over all."""
    x, *learned = node.inputs
    if x not in of.last or not all(name in of.model.constants for name in learned):
        return False
    shape = of.before[x]
    axis = node.attributes.get("axis", -1) % len(shape)
    spread = [spread_over(of.model.constants[name], shape[axis:]) for name in learned]
    if axis not in (1, len(shape) - 1) or any(array is None for array in spread):
        return False
    names = []
    for name, array in zip(learned, spread, strict=True):
        names.append(of.model.hold(f"{node.output}/{name}", np.moveaxis(np.asarray(array), -1, 0), name))
    if axis == 1:
        of.put(node.to(node.op, of.last[x], *names, **{**node.attributes, "axis": 1}))
        return True
    is_rms = node.op == "RMSNormalization"
    if not is_rms and len(names) == 1:
        names.append(of.model.hold(f"{node.output}/bias", np.zeros(shape[-1], np.float32)))
    fields = {"eps": shortest(node.attributes.get("epsilon", 1e-5))}
    if not is_rms and are_none(of.model, *names):
        fields, names = {**fields, "affine": False}, []
    kind = "rmsnorm" if is_rms else "layernorm"
    of.put(replace(node.to("", of.last[x], *names, **fields), kind=kind, outputs=node.outputs[:1]))
    return True


def reduction(of: Layouts, node: Node) -> bool:
    x = node.inputs[0]
    axes = _said(of, node, "axes", 1)
    if x not in of.last or not axes:
        return False
    rank, base = len(of.before[x]), of.last[x]
    places = sorted(_place(axis, rank) for axis in axes)
    said = {key: value for key, value in node.attributes.items() if key not in ("axes", "noop_with_empty_axes")}
    found = node.to(node.op, base, **said, axes=places)
    if node.attributes.get("keepdims", 1):
        of.put(found)
        return True
    after = of.before[node.output]
    if len(after) in RANKS and rank - 1 not in {axis % rank for axis in axes}:
        of.put(found)
    else:
        of.add(found, after)
    return True


# parts and sizes


def pad(of: Layouts, node: Node) -> bool:
    x = node.inputs[0]
    amounts = _said(of, node, "pads", 1) or _said(of, node, "paddings", 1)
    if x not in of.last or amounts is None:
        return False
    rank = len(of.before[x])
    axes = _said(of, node, "", 3)
    axes = list(range(rank)) if axes is None else axes
    sides = np.zeros((2, rank), np.int64)
    for i, axis in enumerate(axes):
        sides[:, _place(axis, rank)] = amounts[i], amounts[i + len(axes)]
    operand = of.model.hold(f"{node.output}/amounts by channels", sides.ravel())
    said = {key: value for key, value in node.attributes.items() if key not in ("pads", "paddings")}
    of.put(node.to("Pad", of.last[x], operand, *node.inputs[2:3], **said))
    return True


def slice(of: Layouts, node: Node) -> bool:
    x = node.inputs[0]
    starts, ends = (_said(of, node, name, i) for i, name in ((1, "starts"), (2, "ends")))
    if x not in of.last or starts is None or ends is None:
        return False
    rank = len(of.before[x])
    axes = _said(of, node, "axes", 3) or list(range(len(starts)))
    places = [_place(axis, rank) for axis in axes]
    parts = {"starts": starts, "ends": ends, "axes": places, "steps": _said(of, node, "steps", 4) or [1] * len(starts)}
    names = (of.model.hold(f"{node.output}/{what}", np.array(values, np.int64)) for what, values in parts.items())
    of.put(node.to("Slice", of.last[x], *names))
    return True


def resize(of: Layouts, node: Node) -> bool:
    """Factors or sizes of all axes, in the other order. Regions are left to who reads them."""
    x = node.inputs[0]
    if x not in of.last or node.attributes.get("coordinate_transformation_mode") == "tf_crop_and_resize":
        return False
    rank = len(of.before[x])
    said = dict(node.attributes)
    order = channels_first(rank)
    if "axes" in said:
        said["axes"] = [_place(axis, rank) for axis in said["axes"]]
    elif "scales" in said:
        said["scales"] = [said["scales"][axis] for axis in order]
    inputs = [of.last[x]]
    for name in node.inputs[1:]:
        array = of.model.constants.get(name)
        if name and array is None:
            return False
        if array is not None and array.size == rank and "axes" not in said:
            name = of.model.hold(f"{name}/channels first", array[list(order)])
        inputs.append(name)
    of.put(node.to(node.op, *inputs, **said))
    return True


# products


def product(of: Layouts, node: Node) -> bool:
    """With a stored matrix: of each cell's channels, which is a convolution of single cells, or of an unrolled image,
    whose cells the matrix has in another order."""
    x = node.inputs[0]
    weight = of.model.constant(node, 1)
    if weight is None or weight.ndim != 2:
        return False
    if x in of.last and node.op == "MatMul":
        rank = len(of.before[x])
        cells = weight.T.reshape(*weight.shape[::-1], *(1 for _ in range(rank - 2)))
        name = of.model.hold(f"{node.output}/weight", np.ascontiguousarray(cells), node.inputs[1])
        of.put(node.to("Conv", of.last[x], name))
        return True
    if x not in of.unrolled or node.attributes.get("transA", 0) or any(map(of.is_computed, node.inputs[1:])):
        return False
    base, sizes = of.unrolled[x]
    is_turned = bool(node.attributes.get("transB", 0))
    columns = of.columns(node.inputs[1], sizes) if is_turned else _rows(of, node.inputs[1], sizes)
    if columns is None:
        return False
    of.add(replace(node, inputs=(base, columns, *node.inputs[2:])), of.before[node.output])
    return True


def _rows(of: Layouts, name: str, sizes: tuple[int, ...]) -> str | None:
    turned = of.model.hold(f"{name}/turned", of.model.constants[name].T, name)
    columns = of.columns(turned, sizes)
    return columns and of.model.hold(f"{name}/by channels {sizes}", of.model.constants[columns].T, name)


def _said(of: Layouts, node: Node, attribute: str, index: int) -> list[int] | None:
    """Whole numbers of a node, an attribute in older versions and an operand in newer ones."""
    found: Iterable[Any] | None = node.attributes.get(attribute)
    if found is None and (array := of.model.constant(node, index)) is not None:
        found = array.ravel()
    return None if found is None else [int(value) for value in found]


RULES: dict[str, Rule] = {
    **dict.fromkeys(EACH, each),
    **dict.fromkeys(BROADCAST, broadcast),
    "BatchNormalization": batchnorm,
    "Concat": concat,
    "Flatten": reshape,
    "Gemm": product,
    "LayerNormalization": norm,
    "LogSoftmax": softmax,
    "LpNormalization": along,
    "MatMul": product,
    "Pad": pad,
    "RMSNormalization": norm,
    "ReduceL2": reduction,
    "ReduceMax": reduction,
    "ReduceMean": reduction,
    "ReduceSum": reduction,
    "Reshape": reshape,
    "Resize": resize,
    "Slice": slice,
    "Softmax": softmax,
    "Squeeze": reshape,
    "Transpose": transpose,
    "Unsqueeze": reshape,
    "Upsample": resize,
}
"""By operator; what is not here is given what it reads as the file has it."""
