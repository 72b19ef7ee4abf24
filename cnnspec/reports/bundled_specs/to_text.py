"""The bundled networks as a list for people."""

from __future__ import annotations

from collections.abc import Mapping

from ...graph.shape import times
from ...spec import Spec
from ..drawing.terminal_text import escaped


def render(specs: Mapping[str, Spec]) -> str:
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
