"""The bundled networks as a list for people."""

from __future__ import annotations

from collections.abc import Mapping

from ...graph.shape import times
from ...spec import Spec
from ..drawing.terminal_text import escaped
from ..drawing.text_table import wrapped

INDENT = "    "


def render(specs: Mapping[str, Spec], width: int | None = None) -> str:
    """Two lines each, or more where the width asks for it: name and figures, then what it is."""
    names = max(map(len, specs))
    inputs = max(len(times(spec.graph.input)) for spec in specs.values())
    lines: list[str] = []
    for name, spec in specs.items():
        totals = spec.graph.totals
        size = times(spec.graph.input)
        row = f"{name:{names}}  {size:{inputs}}  {totals.params:>11,} params  {totals.macs:>14,} MACs"
        if width is None or len(row) <= width:
            lines.append(row)
        else:
            lines += [
                name,
                *wrapped(f"{INDENT}{size}, {totals.params:,} params, {totals.macs:,} MACs", width, len(INDENT)),
            ]
        lines += wrapped(f"{INDENT}{escaped(spec.name)}: {escaped(spec.header.about)}", width, len(INDENT))
    return "\n".join(lines) + "\n"
