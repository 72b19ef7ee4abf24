"""What a list of tensors holds, and what stands below it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

from ...graph.layer import TensorSpec
from ...graph.shape import FLOAT, times
from ..drawing.terminal_text import escaped
from ..summary.facts import counted

DTYPE = "F32"
TITLES = ("tensor", "shape", "dtype", "role")
RIGHT = ("shape",)


def rows(tensors: Mapping[str, TensorSpec]) -> Iterator[tuple[str, ...]]:
    for name, tensor in tensors.items():
        yield escaped(name), times(tensor.shape), DTYPE, "buffer" if tensor.buffer else "param"


def sizes(tensors: Mapping[str, TensorSpec]) -> str:
    values = sum(prod(tensor.shape) for tensor in tensors.values())
    return f"{len(tensors):,} tensors, {values:,} values, {counted(FLOAT * values, 'B')}"
