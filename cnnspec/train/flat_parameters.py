"""Arrays by name that lie one behind the other in a single one: what is done to all of them is done at once."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
from numpy.typing import DTypeLike

from ..graph.array import Array
from ..graph.shape import Shape


class FlatParameters:
    """`whole` is the single array, 0 at first; `named` are its pieces, in the order given, as arrays of `shapes`."""

    def __init__(self, shapes: Mapping[str, Shape], dtype: DTypeLike = np.float32) -> None:
        self.whole: Array = np.zeros(sum(map(prod, shapes.values())), dtype)
        self.named: dict[str, Array] = {}
        begin = 0
        for name, shape in shapes.items():
            self.named[name] = self.whole[begin : begin + prod(shape)].reshape(shape)
            begin += prod(shape)

    @property
    def shapes(self) -> dict[str, Shape]:
        return {name: array.shape for name, array in self.named.items()}

    def fill(self, arrays: Mapping[str, Array]) -> None:
        """Take the values of arrays of the same names and shapes; there may be others among them."""
        for name, own in self.named.items():
            own[...] = arrays[name]
