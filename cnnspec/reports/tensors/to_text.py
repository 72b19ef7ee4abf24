"""Tensors as a table for people."""

from __future__ import annotations

from collections.abc import Mapping

from ...graph.layer import TensorSpec
from ..drawing.ansi import DIM, painter
from ..drawing.text_table import Column, Narrowing, TableRow, table
from .cells import RIGHT, TITLES, rows, sizes


def render(tensors: Mapping[str, TensorSpec], width: int | None = None, colour: bool = False) -> str:
    """Names, shapes and types; buffers dimmed; their number and size."""
    columns = [Column(title, title, title in RIGHT, keeps_end=title == "tensor") for title in TITLES]
    lines = [TableRow(cells, DIM if cells[-1] == "buffer" else "") for cells in rows(tensors)]
    narrowing = [Narrowing("dtype"), Narrowing("tensor", least=12), Narrowing("role")]
    shown = table(columns, [lines], width, narrowing).lines(painter(colour)) if lines else ()
    return "".join(f"{line}\n" for line in (*shown, *([""] if lines else []), sizes(tensors)))
