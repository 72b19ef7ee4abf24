"""A summary as one JSON document for programs, a layer a line."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from ...graph.shape import Shape
from .summary import Row, Summary


def render(summary: Summary) -> str:
    """`output` and `totals` are null for a summary that ends at a mistake."""
    totals = asdict(summary.totals) if summary.totals else None
    layers = ",\n".join(f"    {json.dumps(layer(row))}" for row in summary.rows)
    return (
        '{\n  "schema": 1,\n'
        f'  "name": {json.dumps(summary.name)},\n'
        f'  "file": {json.dumps(summary.file)},\n'
        f'  "input": {json.dumps(summary.input)},\n'
        f'  "output": {json.dumps(output(summary))},\n'
        f'  "layers": [\n{layers}\n  ],\n'
        f'  "totals": {json.dumps(totals)}\n'
        "}\n"
    )


def output(summary: Summary) -> Shape | dict[str, Shape] | None:
    """The output's shape; by name when there are several."""
    if summary.outputs is None:
        return None
    shapes = dict(summary.outputs)
    return shapes if len(shapes) > 1 else next(iter(shapes.values()))


def layer(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "line": row.line,
        "inputs": row.inputs,
        "output": row.output,
        "params": row.params,
        "buffers": row.buffers,
        "macs": row.macs,
        "receptive_field": row.receptive_field,
        "fields": row.fields,
    }
