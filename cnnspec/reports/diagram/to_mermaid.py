"""A network's graph as Mermaid, which GitHub, GitLab and many editors draw from a fenced block.

Source of the format: https://mermaid.js.org/syntax/flowchart.html
"""

from __future__ import annotations

from ..drawing.terminal_text import escaped
from .diagram import Diagram
from .to_svg import Direction, lines_of

WORDS: dict[Direction, str] = {"down": "TD", "right": "LR"}
SPECIAL = str.maketrans({c: f"#{ord(c)};" for c in '"#<>&`'})
"""What Mermaid would take for its own in a quoted label; written as numbers of characters."""


def render(drawn: Diagram, direction: Direction = "down") -> str:
    """A flowchart; each node has its name, its kind with the fields, and the shape of its output."""
    number = {node.key: f"n{i}" for i, node in enumerate(drawn.nodes)}
    lines = [f"flowchart {WORDS[direction]}"]
    for node in drawn.nodes:
        label = "<br/>".join(escaped(line).translate(SPECIAL) for line in lines_of(node))
        lines.append(f'    {number[node.key]}["{label}"]')
    lines += [f"    {number[edge.source]} --> {number[edge.target]}" for edge in drawn.edges]
    return "\n".join(lines) + "\n"
