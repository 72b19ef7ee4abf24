"""Whether a model is given its images rows first (N, H, W, C), as TensorFlow has them, or channels first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray
from onnx import GraphProto, NodeProto

from .axes import BROADCAST, EACH, channels_first

CARRYING = EACH | BROADCAST | {"Concat", "LogSoftmax", "Pad", "Resize", "Slice", "Softmax", "Split", "Upsample"}
"""Operators that leave axes where they are."""
CHANNELS_SECOND = frozenset(
    {"AveragePool", "BatchNormalization", "Conv", "ConvTranspose", "GlobalAveragePool", "GlobalMaxPool"}
    | {"InstanceNormalization", "LRN", "MaxPool"}
)
"""Operators whose second axis is the channels."""
Stored = Mapping[str, NDArray[Any]]
COLOURS = (1, 3)
SIDE = 5
"""Rows and columns of an image at least, where nothing else tells them from colours."""


def is_channels_last(graph: GraphProto, given: str, sizes: Sequence[int], stored: Stored) -> bool:
    """Of an input with the sizes (N, ...), 0 where they are free. The first operator that knows channels tells it by
    what is done to the axes before; where there is none, few colours behind larger sides do."""
    if len(sizes) not in (3, 4):
        return False
    plain = tuple(range(len(sizes)))
    orders: dict[str, tuple[int, ...]] = {given: plain}
    for node in graph.node:
        order = next((orders[name] for name in node.input if name in orders), None)
        if order is None:
            continue
        if node.op_type == "Transpose":
            perm = _permutation(node, len(order))
            orders |= {name: tuple(order[axis] for axis in perm) for name in node.output}
        elif node.op_type in CARRYING:
            orders |= dict.fromkeys(node.output, order)
        elif node.op_type in CHANNELS_SECOND:
            return order == channels_first(len(sizes)) != plain
        elif node.op_type in ("ReduceMax", "ReduceMean") and len(over := _reduced(node, stored)) == len(sizes) - 2:
            return {order[axis] for axis in over if -len(order) <= axis < len(order)} == {*plain[1:-1]}
    *sides, last = sizes[1:]
    return len(sizes) == 4 and last in COLOURS and all(size == 0 or size >= SIDE for size in sides)


def _reduced(node: NodeProto, stored: Stored) -> set[int]:
    """The axes that a node makes one value of."""
    axes = stored.get(node.input[1]) if len(node.input) > 1 else None
    if axes is not None:
        return {*axes.ravel().tolist()}
    return {axis for each in node.attribute if each.name == "axes" for axis in each.ints}


def _permutation(node: NodeProto, rank: int) -> tuple[int, ...]:
    said = next((tuple(each.ints) for each in node.attribute if each.name == "perm"), tuple(reversed(range(rank))))
    return said if sorted(said) == list(range(rank)) else tuple(range(rank))
