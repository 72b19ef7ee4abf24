"""The network's graph as the page draws it: nodes with their places, and edges as paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...graph.shape import times
from ..diagram.diagram import Diagram, Node, diagram, shares
from ..diagram.layout import Pair, lay_out
from ..diagram.to_svg import curve
from ..drawing.terminal_text import width
from ..summary.summary import Summary

LETTER, LINE, PAD = 6.8, 15.0, 10.0
"""Width of a letter of the nodes' font, height of a line, and room around the text, in pixels."""
THUMBNAIL = 36.0
LETTERS = 22
"""Of a line, unless a single word is longer."""
GAP = 14.0, 22.0
FIELD = re.compile(r"\S+ (?:\[.*?\]|\{.*?\}|\S+)")
"""A field's name and its value, which may be a list."""


def graphs(summary: Summary, numbers: Mapping[str, int]) -> list[dict[str, Any]]:
    """The graph as it is shown first, and, where that folds blocks, the one of all layers. Layers are named by their
    `numbers`."""
    folded, whole = diagram(summary), diagram(summary, 0)
    return [_laid_out(drawn, numbers) for drawn in ([folded, whole] if folded.nodes != whole.nodes else [whole])]


def _laid_out(drawn: Diagram, numbers: Mapping[str, int]) -> dict[str, Any]:
    layout = lay_out({node.key: _size(node) for node in drawn.nodes}, drawn.edges, GAP)
    most = shares(drawn.nodes)
    place = {node.key: i for i, node in enumerate(drawn.nodes)}
    nodes = []
    for node in drawn.nodes:
        box = layout.boxes[node.key]
        nodes.append(
            {
                "box": [round(box.breadth - box.across / 2, 1), round(box.depth, 1), box.across, box.along],
                "lines": _lines(node),
                "family": node.family or ("block" if node.kind else "input"),
                "counts": [node.params, node.macs],
                "bars": [round(n / of, 4) if of else 0 for n, of in zip((node.params, node.macs), most, strict=True)],
                "layers": [numbers[name] for name in node.layers],
            }
        )
    edges = [
        {
            "from": place[source],
            "to": place[target],
            "path": curve(points, True),
            "head": [round(x, 1) for x in points[-1]],
        }
        for (source, target), points in layout.routes.items()
    ]
    return {"size": [round(layout.breadth, 1), round(layout.depth, 1)], "nodes": nodes, "edges": edges}


def _lines(node: Node) -> list[str]:
    """The name, what it is in lines that are not long, and the shape of its output."""
    title = f"{node.title} ×{node.times}" if node.times > 1 else node.title
    kind = list(_in_lines(node.kind)) if node.kind != node.title else []
    return [title, *kind, times(node.shape)]


def _in_lines(kind: str) -> Iterator[str]:
    """A kind with its fields; a name and its value stay together."""
    name, _, fields = kind.partition(" ")
    line = name
    for field in FIELD.findall(fields):
        if width(line) + 1 + width(field) > LETTERS:
            yield line
            line = field
        else:
            line = f"{line} {field}"
    if line:
        yield line


def _size(node: Node) -> Pair:
    wide = max(width(line) for line in _lines(node)) * LETTER
    return round(wide + 3 * PAD + THUMBNAIL, 1), len(_lines(node)) * LINE + 2 * PAD
