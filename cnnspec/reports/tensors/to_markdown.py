"""Tensors as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping

from ...graph.layer import TensorSpec
from ..drawing.markdown_table import code, table
from .cells import RIGHT, TITLES, rows, sizes


def render(tensors: Mapping[str, TensorSpec]) -> str:
    cells = ((code(name), *rest) for name, *rest in rows(tensors))
    return "".join(f"{line}\n" for line in (*table(TITLES, RIGHT, cells), "", sizes(tensors)))
