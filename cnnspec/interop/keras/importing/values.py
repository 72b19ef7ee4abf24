"""Values as Keras has them, H x W x C, beside ours, C x H x W; and layers by which they are made. A model with channels
first is read as the same one with channels last.

Keras counts an unrolled image H, W, C. Ours lies in memory C, H, W, so what reads the vector has its weights turned;
where nothing does, the image's axes change their order before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....graph.builder import Value
from ....graph.shape import Shape, is_image, times
from ...draft import Draft
from ...faults import Unsaid
from .topology import FIRST, Node

Array = NDArray[Any]


class Held(NamedTuple):
    """A value: ours, its shape in Keras, and for a vector whose cells stand in another order here where each of ours
    stands there. A vector may be held as C x 1 x 1, a signal (T, C) as C x 1 x T.
    `margin` is how many rows and columns of minus infinity are around it (top, left, bottom, right): only a
    maximum over windows reads."""

    value: Value
    shape: Shape
    order: Array | None = None
    margin: tuple[int, int, int, int] = (0, 0, 0, 0)
    zeros: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Such of zeros, which only convolutions read: they are their padding."""


@dataclass(slots=True)
class Turning:
    """A use of a layer on its way into the language: what it is given, its arrays, and the draft that it becomes part
    of; `name` is its own where that says something, `version` that of the Keras that wrote it."""

    node: Node
    inputs: tuple[Held | float, ...]
    arrays: Mapping[str, Array]
    draft: Draft
    name: str
    version: str
    is_unrolled: bool = False
    """Whether all that reads what it makes can have its weights turned."""
    is_border: bool = False
    """Whether all that reads what it makes are convolutions without padding."""
    channels_first: bool = False
    """Whether the model has images as C, H, W. `Held` has them as H, W, C all the same."""

    def __getitem__(self, field: str) -> Any:
        return self.node.config.get(field)

    def axis(self, rank: int) -> Any:
        """The field `axis`, or those axes, of a value with so many, counted as where channels are last."""
        said = self["axis"]
        if not self.channels_first or rank < 2:
            return said
        return [last(each, rank) for each in said] if isinstance(said, list) else last(said or -1, rank)

    @property
    def held(self) -> Held:
        """The one value that it is given."""
        if len(self.inputs) != 1 or not isinstance(self.inputs[0], Held):
            raise Unsaid(f"it takes one input, {len(self.inputs)} are given")
        return self.inputs[0]

    @property
    def image(self) -> Held:
        """The one image, or signal, that it is given."""
        held = self.held
        if len(held.shape) < 2:
            raise Unsaid(f"{times(held.shape)} arrives, no image")
        if self.channels_first and self["data_format"] not in (None, FIRST):
            raise Unsaid("it has the channels last, other layers of the model have them first")
        return held

    def wants_channels_last(self) -> None:
        """Raise Unsaid in a model with channels first, for a layer that counts axes in a way of its own."""
        if self.channels_first:
            raise Unsaid("it counts axes in a model that has its channels first")

    def array(self, *names: str) -> Array:
        """The first array that the file has under one of these names."""
        for name in names:
            if name in self.arrays:
                return self.arrays[name]
        raise Unsaid(f"the file holds no {names[0]} for it")

    def only(self, **usual: Any) -> None:
        """Raise Unsaid where a field is neither left out nor what it usually is."""
        for field, value in usual.items():
            if self[field] not in (None, value):
                raise Unsaid(f"with `{field}` {self[field]!r:.60} it is no layer")

    def add(
        self,
        kind: str,
        *inputs: Value,
        fields: Mapping[str, Any] | None = None,
        part: str = "",
        tensors: Mapping[str, Array] | None = None,
    ) -> Value:
        """One more layer. With tensors it is called as the layer in Keras, or as a part of it."""
        made = self.draft.add(kind, inputs, fields, tensors)
        if tensors and self.name:
            self.draft.told[made.name] = f"{self.name}.{part}" if part else self.name
        return made

    def vector(self, held: Held) -> Value:
        """A vector as such, where it was held as an image of one cell."""
        return self.add("flatten", held.value) if is_image(held.value.shape) else held.value

    def pixel(self, held: Held) -> Value:
        """A vector as an image of one cell."""
        if is_image(held.value.shape):
            return held.value
        return self.add("reshape", held.value, fields={"C": held.shape[-1], "H": 1, "W": 1})

    def same_shape(self, value: Value) -> Held:
        """What a layer makes that keeps its one input's shape and order."""
        return self.held._replace(value=value)


def last(axis: int, rank: int) -> int:
    """Where an axis of C, H, W stands in H, W, C, both counted from 1, the batch left out."""
    counted = axis if axis > 0 else axis + rank + 1
    return counted - 1 or rank


def rows_columns(held: Held) -> Shape:
    """Height and width of an image; a signal has one row."""
    return held.value.shape[1:]


def held_image(value: Value, like: Held) -> Held:
    """An image of ours as Keras has it: as many axes as another one."""
    C, H, W = value.shape
    return Held(value, (W, C) if len(like.shape) == 2 else (H, W, C))


def along(array: Array, order: Array | None) -> Array:
    """One value a cell, in the order in which ours stand."""
    return array if order is None else array.reshape(-1)[order]


def unrolled_order(C: int, H: int, W: int) -> Array | None:
    """Where each cell of ours, in C, H, W order, stands among those of Keras, in H, W, C order."""
    if C == 1 or H * W == 1:
        return None
    return np.arange(prod((H, W, C))).reshape(H, W, C).transpose(2, 0, 1).reshape(-1)
