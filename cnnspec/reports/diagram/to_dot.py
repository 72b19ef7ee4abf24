"""A network's graph in the DOT language, for Graphviz and the programs around it.

Source of the format: https://graphviz.org/doc/info/lang.html
"""

from __future__ import annotations

from ..drawing.terminal_text import escaped
from .diagram import Diagram
from .to_svg import COLOURS, Direction, lines_of

WORDS: dict[Direction, str] = {"down": "TB", "right": "LR"}


def render(drawn: Diagram, direction: Direction = "down") -> str:
    """A directed graph; the colours are those of the SVG on a light page."""
    number = {node.key: f"n{i}" for i, node in enumerate(drawn.nodes)}
    lines = [
        f"digraph {_quoted(drawn.name)} {{",
        f'    graph [rankdir={WORDS[direction]}, label={_quoted(drawn.name)}, labelloc=t, fontname="sans-serif"];',
        '    node [shape=box, style="rounded,filled", fontname="monospace", fontsize=10];',
    ]
    for node in drawn.nodes:
        fill, frame, *_ = COLOURS[node.family or ("block" if node.kind else "input")]
        label = "\\n".join(_inside(line) for line in lines_of(node))
        lines.append(f'    {number[node.key]} [label="{label}", fillcolor="{fill}", color="{frame}"];')
    lines += [f"    {number[edge.source]} -> {number[edge.target]};" for edge in drawn.edges]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return f'"{_inside(text)}"'


def _inside(text: str) -> str:
    return escaped(text).replace("\\", "\\\\").replace('"', '\\"')
