"""The tensors that a weights file must hold, as text, JSON, Markdown and comma-separated values."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import prod

from ..graph.layer import TensorSpec
from ..graph.shape import FLOAT, times
from .drawing import markdown_table
from .drawing.ansi import DIM, painter
from .drawing.csv_table import csv_table
from .drawing.terminal_text import escaped
from .drawing.text_table import Column, Line, Measure, table
from .summary.facts import counted

DTYPE = "F32"
TITLES = ("tensor", "shape", "dtype", "role")
RIGHT = ("shape",)


def text(tensors: Mapping[str, TensorSpec], width: int | None = None, colour: bool = False) -> str:
    """Names, shapes and types; buffers dimmed; their number and size."""
    columns = [Column(title, title, title in RIGHT, keeps_end=title == "tensor") for title in TITLES]
    lines = [Line(cells, DIM if cells[-1] == "buffer" else "") for cells in _rows(tensors)]
    measures = [Measure("dtype"), Measure("tensor", least=12), Measure("role")]
    shown = table(columns, [lines], width, measures).lines(painter(colour)) if lines else ()
    return "".join(f"{line}\n" for line in (*shown, *([""] if lines else []), _sizes(tensors)))


def markdown_text(tensors: Mapping[str, TensorSpec]) -> str:
    rows = ((markdown_table.code(name), *rest) for name, *rest in _rows(tensors))
    return "".join(f"{line}\n" for line in (*markdown_table.table(TITLES, RIGHT, rows), "", _sizes(tensors)))


def csv_text(tensors: Mapping[str, TensorSpec]) -> str:
    return csv_table(TITLES, list(_rows(tensors)))


def json_text(tensors: Mapping[str, TensorSpec]) -> str:
    """A list of records, a tensor a line."""
    records = (
        {"name": name, "shape": tensor.shape, "dtype": DTYPE, "buffer": tensor.buffer}
        for name, tensor in tensors.items()
    )
    return "[\n" + ",\n".join(f"  {json.dumps(record)}" for record in records) + "\n]\n"


def _rows(tensors: Mapping[str, TensorSpec]) -> Iterator[tuple[str, ...]]:
    for name, tensor in tensors.items():
        yield escaped(name), times(tensor.shape), DTYPE, "buffer" if tensor.buffer else "param"


def _sizes(tensors: Mapping[str, TensorSpec]) -> str:
    values = sum(prod(tensor.shape) for tensor in tensors.values())
    return f"{len(tensors):,} tensors, {values:,} values, {counted(FLOAT * values, 'B')}"
