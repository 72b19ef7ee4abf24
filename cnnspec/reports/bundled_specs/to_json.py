"""The bundled networks for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...spec import Spec


def render(specs: Mapping[str, Spec]) -> str:
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
