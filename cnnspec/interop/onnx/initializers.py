"""Where the numbers of an ONNX model stand: in the file itself, or in another one beside it, where they are too many.

A file is one protobuf message, which ends at 2 GiB. The file beside it holds the arrays one behind another; a tensor
says which piece is its own. Small arrays stay in the message: shapes are worked out from them.

Format: https://onnx.ai/onnx/repo-docs/ExternalData.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, TensorProto

from .expression import fits

TYPES = {"f": ("<f4", TensorProto.FLOAT), "i": ("<i8", TensorProto.INT64)}
"""How values of a NumPy kind are stored, and ONNX's word for it."""
SMALL = 1024
"""Bytes below which an array stays in the message."""
PAGE = 4096
"""Large arrays begin at multiples of this, where a system can map them."""


class Initializers:
    """The named arrays of a graph, gathered first and then put where they are to stand."""

    def __init__(self, target: GraphProto) -> None:
        self.target = target
        self.arrays: list[tuple[TensorProto, NDArray[Any]]] = []

    def add(self, name: str, array: NDArray[Any]) -> None:
        """An array under a name of its own; it is read once the model is written."""
        stored, kind = TYPES[array.dtype.kind]
        tensor = self.target.initializer.add(name=name, dims=array.shape, data_type=kind)
        self.arrays.append((tensor, array.astype(stored, copy=False)))

    @property
    def fit(self) -> bool:
        """Whether a single file holds them all."""
        return fits(sum(array.nbytes for _, array in self.arrays))

    @property
    def has_large(self) -> bool:
        """Whether there is an array that could stand in another file."""
        return any(array.nbytes >= SMALL for _, array in self.arrays)

    def put_inside(self) -> None:
        """All in the message."""
        for tensor, array in self.arrays:
            tensor.raw_data = array.tobytes()

    def put_beside(self, location: str) -> Iterator[bytes | memoryview]:
        """The large ones in the file called `location`, whose bytes come in pieces."""
        large = []
        start = 0
        for tensor, array in self.arrays:
            if array.nbytes < SMALL:
                tensor.raw_data = array.tobytes()
                continue
            start += -start % PAGE
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in (("location", location), ("offset", start), ("length", array.nbytes)):
                tensor.external_data.add(key=key, value=str(value))
            large.append((start, array))
            start += array.nbytes
        return _pieces(large)


def _pieces(arrays: list[tuple[int, NDArray[Any]]]) -> Iterator[bytes | memoryview]:
    """The arrays, each at its place, zeros between them."""
    end = 0
    for start, array in arrays:
        yield bytes(start - end)
        yield np.ascontiguousarray(array).data.cast("B")
        end = start + array.nbytes
