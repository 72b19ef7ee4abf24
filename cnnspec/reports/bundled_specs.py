"""The bundled networks as a list for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..graph.shape import times
from ..spec import Spec
from .drawing.terminal_text import escaped


def table(specs: Mapping[str, Spec]) -> str:
    """Two lines each: name and figures, then what it is."""
    names = max(map(len, specs))
    inputs = max(len(times(spec.graph.input)) for spec in specs.values())
    lines = []
    for name, spec in specs.items():
        totals = spec.graph.totals
        figures = f"{totals.params:>11,} params  {totals.macs:>14,} MACs"
        lines.append(f"{name:{names}}  {times(spec.graph.input):{inputs}}  {figures}")
        lines.append(f"    {escaped(spec.name)}: {escaped(spec.header.about)}")
    return "\n".join(lines) + "\n"


def records(specs: Mapping[str, Spec]) -> str:
    """A JSON list with an object for each."""
    return json.dumps([_record(name, spec) for name, spec in specs.items()], indent=2, ensure_ascii=False) + "\n"


def _record(name: str, spec: Spec) -> dict[str, Any]:
    graph = spec.graph
    return {
        "name": name,
        "title": spec.name,
        "about": spec.header.about,
        "input": list(graph.input),
        "outputs": {output: list(graph.shape(output)) for output in graph.outputs},
        "params": graph.totals.params,
        "buffers": graph.totals.buffers,
        "macs": graph.totals.macs,
    }
