"""What stands for the values of a file while a model is turned: nodes over values with their channels first."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .axes import channels_first, channels_last
from .static import Node, StaticModel

RANKS = (3, 4)
"""Axes of signals and of images, the batch counted."""


class Vector(NamedTuple):
    """A vector that stands for another one, which is an image (C, ...) unrolled channels first."""

    base: str
    sizes: tuple[int, ...]


class Layouts:
    """The nodes so far, and what stands for values of the file. `before` are the shapes that the file gives them."""

    def __init__(self, model: StaticModel) -> None:
        self.model = model
        self.before = dict(model.shapes)
        self.nodes: list[Node] = []
        self.last: dict[str, str] = {}
        """Values whose channels are last, and which one has the same channels first. Both may have one name."""
        self.first: dict[str, str] = {}
        """Values as they are in the file, of which there is one with the channels first besides."""
        self.turned: dict[str, tuple[str, tuple[int, ...]]] = {}
        """Values of other orders, what they are made of, and how."""
        self.unrolled: dict[str, Vector] = {}
        self.recounted = _recounted(model)
        self.in_file: dict[str, str] = {}
        """What stands for values, or was made for them, that are as the file has them."""

    def shape(self, name: str) -> tuple[int, ...]:
        """That of a value as it is held."""
        return self.model.shapes[name]

    def is_computed(self, name: str) -> bool:
        return name not in self.model.constants and name in self.before

    def source(self, name: str) -> tuple[str, tuple[int, ...]]:
        """What a value is but in another order, and this order of its axes."""
        if name in self.last:
            return self.last[name], channels_last(len(self.before[name]))
        held = self.as_in_file(name)
        return self.turned.get(held, (held, tuple(range(len(self.before[name])))))

    def channels_first(self, name: str) -> str:
        """A value of the file with the channels first."""
        if name in self.last:
            return self.last[name]
        if name not in self.first:
            order = channels_first(len(self.before[name]))
            self.first[name] = self._transposed(self.as_in_file(name), order, f"{name}/channels first")
        return self.first[name]

    def as_in_file(self, name: str) -> str:
        """A value as the file has it."""
        if name in self.in_file:
            return self.in_file[name]
        if name in self.last:
            base = self.last[name]
            called = name if base != name else f"{name}/channels last"
            self.in_file[name] = self._transposed(base, channels_last(len(self.before[name])), called)
        elif name in self.unrolled:
            self.in_file[name] = self._unrolled(name, *self.unrolled[name])
        else:
            return name
        return self.in_file[name]

    def _transposed(self, base: str, order: tuple[int, ...], called: str) -> str:
        shape = self.shape(base)
        self.add(Node("Transpose", called, (base,), (called,), {"perm": list(order)}), [shape[i] for i in order])
        return called

    def _unrolled(self, name: str, base: str, sizes: tuple[int, ...]) -> str:
        image = self.reshaped(base, (1, *sizes), f"{name}/image")
        turned = self._transposed(image, channels_last(1 + len(sizes)), f"{name}/channels last")
        return self.reshaped(turned, self.before[name], f"{name}/rows first")

    def reshaped(self, name: str, shape: tuple[int, ...], called: str, node: str = "") -> str:
        target = self.model.hold(f"{called}/shape", np.array(shape, np.int64))
        self.add(Node("Reshape", node or called, (name, target), (called,), {}), shape)
        return called

    def add(self, node: Node, shape: Any) -> None:
        """A node, and the shape of what it makes."""
        self.nodes.append(node)
        self.model.shapes[node.output] = tuple(shape)

    def put(self, node: Node) -> None:
        """A node over values that have their channels first, in place of one over such that have them last."""
        shape = self.before[node.output]
        self.add(node, [shape[axis] for axis in channels_first(len(shape))])
        self.last[node.output] = node.output

    def stored(self, name: str, rank: int) -> str | None:
        """Numbers that go with the values of an image of some axes, channels first; None where they are no such."""
        array = self.model.constants[name]
        if array.size == 1:
            return name
        if array.ndim > rank or (array.ndim == rank and array.shape[0] != 1):
            return None
        whole = np.moveaxis(array.reshape((1,) * (rank - array.ndim) + array.shape)[0], -1, 0)
        whole = whole[0] if len(whole) == 1 else whole  # a number for each cell, whatever the channel
        return self.model.hold(f"{name}/channels first {rank}", whole, name)

    def columns(self, name: str, sizes: tuple[int, ...]) -> str | None:
        """Numbers whose last axis counts the values of a vector, in our order; None where they are no such."""
        array = self.model.constants[name]
        found = array if array.size == 1 else rolled(array, sizes)
        return None if found is None else self.model.hold(f"{name}/channels first {sizes}", found, name)


PRODUCTS = ("Gemm", "MatMul")
"""What reads a vector with a stored weight for each of its values."""
BETWEEN = ("Add", "BatchNormalization", "Clip", "Dropout", "Elu", "LeakyRelu", "Mul", "Relu", "Sigmoid", "Sub", "Tanh")
"""What may stand before them."""


def _recounted(model: StaticModel) -> set[str]:
    """Values that are read by products alone, whatever is done to each of theirs before."""
    found = {name for node in model.nodes for name in node.outputs} - {*model.outputs}
    for node in reversed(model.nodes):
        if not (node.op in PRODUCTS or (node.op in BETWEEN and node.output in found)):
            found.difference_update(node.inputs)
    return found


def rolled(array: NDArray[Any], sizes: tuple[int, ...]) -> NDArray[Any] | None:
    """The last axis, which counts an image (C, ...) rows first, in the order of channels first."""
    C, *rest = sizes
    if not array.ndim or array.shape[-1] != int(np.prod(sizes)):
        return None
    table = array.reshape(*array.shape[:-1], *rest, C)
    return np.ascontiguousarray(np.moveaxis(table, -1, array.ndim - 1).reshape(array.shape))
