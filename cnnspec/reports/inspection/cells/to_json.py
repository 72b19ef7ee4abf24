"""Cells with their arithmetic for programs: every number that was read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ...drawing.json_number import json_number
from ..cell import Cell, Numbers, PartNumbers
from ..sources import Source
from .telling import Amount, Told


def render(cells: Sequence[Told], amount: Amount) -> str:
    """An object with a list of cells. Numbers are whole, and all of them are there, whatever the amount for people."""
    return json.dumps({"cells": [_told(told) for told in cells]}, indent=2, allow_nan=False) + "\n"


def _told(told: Told) -> dict[str, Any]:
    said: dict[str, Any] = {"layer": told.name, "place": list(told.place), "value": json_number(told.value)}
    if told.class_name:
        said["class"] = told.class_name
    if told.sees is not None:
        rows, columns = told.sees
        said["sees"] = {"rows": list(rows), "columns": list(columns)}
    if told.cell is not None:
        said |= _arithmetic(told.cell)
    if told.trail:
        said["trail"] = [_step(further, source) for further, source in told.trail]
    return said


def _arithmetic(cell: Cell) -> dict[str, Any]:
    return {
        "explained": json_number(cell.explained),
        "formula": cell.explanation.formula,
        "parts": {name: _part(cell, part) for name, part in cell.parts.items()},
    }


def _part(cell: Cell, part: PartNumbers) -> dict[str, Any]:
    said: dict[str, Any] = {"how": part.part.how, "value": json_number(part.value)}
    if part.block is None:
        return said
    read = part.block.read
    said["of"] = cell.step.inputs[read.of] if isinstance(read.of, int) else f"{cell.step.name}.{read.of}"
    said["axes"] = [{"first": axis.first, "step": axis.step, "length": axis.length} for axis in read.axes]
    said["flat"] = read.flat
    said["values"] = _numbers(part.block.values)
    if part.factors is not None:
        said["factors"] = _numbers(part.factors)
    return said


def _numbers(values: Numbers) -> Any:
    """As nested lists; None for what is not finite."""
    if values.ndim == 0:
        return json_number(float(values))
    return [_numbers(row) for row in values]


def _step(told: Told, source: Source | None) -> dict[str, Any]:
    said: dict[str, Any] = {"layer": told.name, "place": list(told.place), "value": json_number(told.value)}
    if source is not None:
        said["from"] = {
            "layer": source.name,
            "place": list(source.place),
            "value": json_number(source.value),
            "factor": None if source.factor is None else json_number(source.factor),
        }
    return said
