"""A network's graph as SVG: text as text, colours for a light page and a dark one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ...graph.shape import times
from ..drawing import svg
from ..drawing.terminal_text import width
from .diagram import Diagram, Node, shares
from .layout import Box, Layout, Pair, lay_out

LETTER = 6.7
"""Width of a letter of the node's font, in pixels; a wide one takes two."""
LINE, PAD, BAR, MARGIN = 16.0, 9.0, 4.0, 16.0
TITLE, LEGEND = 24.0, 20.0
BARS = (("first", "params"), ("second", "MACs"))
"""The class of each bar, and what it is the share of."""

Direction = Literal["down", "right"]


def render(drawn: Diagram, direction: Direction = "down") -> str:
    """The whole picture. Bars in a node are its share of params and of MACs, beside the largest node's."""
    sizes = {node.key: _size(node) for node in drawn.nodes}
    is_down = direction == "down"
    turned = sizes if is_down else {key: (high, wide) for key, (wide, high) in sizes.items()}
    layout = lay_out(turned, drawn.edges)
    across, along = (layout.breadth, layout.depth) if is_down else (layout.depth, layout.breadth)
    legend = list(_legend(MARGIN + TITLE)) if any(shares(drawn.nodes)) else []
    title_width, head = width(drawn.name) * LETTER * 1.2, TITLE + LEGEND * bool(legend)
    words_width = max(title_width, sum(map(_room, BARS)) if legend else 0)
    size = max(across, words_width) + 2 * MARGIN, along + 2 * MARGIN + head
    shift = (MARGIN + max(0.0, (words_width - across) / 2), MARGIN + head)
    title = svg.text(MARGIN, MARGIN + 12, drawn.name, kind="title")
    parts = [title, *legend, *_parts(drawn, layout, is_down, shift)]
    said = f"{drawn.name}: {len(drawn.nodes) - 1} nodes from {times(drawn.nodes[0].shape)}"
    return svg.document(*size, said, parts, style())


def lines_of(node: Node) -> tuple[str, ...]:
    """What stands in a node: what it is called, what it is, the shape of its output."""
    title = f"{node.title} ×{node.times}" if node.times > 1 else node.title
    kind = node.kind if node.kind != node.title else ""
    return tuple(filter(None, (title, kind, times(node.shape))))


def _size(node: Node) -> Pair:
    said = lines_of(node)
    wide = max(width(line) for line in said) * LETTER
    bars = 2 * (BAR + 2) if node.macs or node.params else 0.0
    return wide + 2 * PAD, len(said) * LINE + PAD + bars


def _parts(drawn: Diagram, layout: Layout, is_down: bool, shift: Pair) -> Iterator[str]:
    for route in layout.routes.values():
        yield from _edge([_point(place, is_down, shift) for place in route], is_down)
    most = shares(drawn.nodes)
    for node in drawn.nodes:
        yield from _node(node, _corner(layout.boxes[node.key], is_down, shift), most)


def _legend(top: float) -> Iterator[str]:
    """What the bars are."""
    yield "<g>"
    yield svg.hint("bars: how many a node has, beside the node with the most")
    x = MARGIN
    for bar in BARS:
        kind, words = bar
        yield svg.box(x, top + LEGEND / 2 - BAR, 2 * LETTER, BAR, kind, 1)
        yield svg.text(x + 2.5 * LETTER, top + LEGEND / 2, words, kind="small")
        x += _room(bar)
    yield "</g>"


def _room(bar: tuple[str, str]) -> float:
    """What an entry of the legend takes, with the gap behind it."""
    return (len(bar[1]) + 4.5) * LETTER


def _edge(points: list[Pair], is_down: bool) -> Iterator[str]:
    """A line that leaves and arrives along the way, and its head."""
    x, y = points[-1]
    yield svg.path(curve(points, is_down), "line thin soft")
    wings = ((x - 3, y - 6), (x + 3, y - 6)) if is_down else ((x - 6, y - 3), (x - 6, y + 3))
    yield svg.polygon([(x, y), *wings], "soft")


def curve(points: list[Pair], is_down: bool) -> str:
    """The way through points that leaves and arrives along the way, in SVG's path language."""
    (x, y), *further = points
    steps = [f"M{x:.1f} {y:.1f}"]
    for to_x, to_y in further:
        half = ((to_y - y) if is_down else (to_x - x)) / 2
        near, far = ((x, y + half), (to_x, to_y - half)) if is_down else ((x + half, y), (to_x - half, to_y))
        steps.append(f"C{near[0]:.1f} {near[1]:.1f} {far[0]:.1f} {far[1]:.1f} {to_x:.1f} {to_y:.1f}")
        x, y = to_x, to_y
    return "".join(steps)


def _point(place: Pair, is_down: bool, shift: Pair) -> Pair:
    x, y = place if is_down else (place[1], place[0])
    return x + shift[0], y + shift[1]


def _corner(box: Box, is_down: bool, shift: Pair) -> tuple[float, float, float, float]:
    """The upper left corner, width and height of a box on the page."""
    wide, high = (box.across, box.along) if is_down else (box.along, box.across)
    x, y = _point((box.breadth, box.depth + box.along / 2), is_down, shift)
    return x - wide / 2, y - high / 2, wide, high


def _node(node: Node, box: tuple[float, float, float, float], most: tuple[int, int]) -> Iterator[str]:
    x, y, wide, high = box
    yield "<g>"
    yield svg.hint(f"{node.title}: {node.kind or 'input'}, {node.params:,} params, {node.macs:,} MACs")
    yield svg.box(x, y, wide, high, f"node {node.family or ('block' if node.kind else 'input')}", 5)
    for i, line in enumerate(lines_of(node)):
        kind = "name" if i == 0 else "small"
        yield svg.text(x + wide / 2, y + PAD / 2 + (i + 0.75) * LINE, line, "middle", kind)
    for i, (value, largest, (kind, _)) in enumerate(zip((node.params, node.macs), most, BARS, strict=True)):
        if value and largest:
            top = y + high - (2 - i) * (BAR + 2) - 1
            yield svg.box(x + PAD, top, max(1.0, value / largest * (wide - 2 * PAD)), BAR, kind, 1)
    yield "</g>"


COLOURS = {
    "input": ("#ffffff", "#57606a", "#161b22", "#8b949e"),
    "block": ("#eef1f4", "#57606a", "#21262d", "#8b949e"),
    "convolution": ("#dbeafe", "#2563eb", "#10253f", "#5b9bf5"),
    "dense": ("#ede9fe", "#7c3aed", "#251a45", "#a78bfa"),
    "pooling": ("#dcfce7", "#16803c", "#10301d", "#4ac26b"),
    "activation": ("#fef3c7", "#b45309", "#33270d", "#e3b341"),
    "normalization": ("#cffafe", "#0e7490", "#0c2d36", "#39c5cf"),
    "moving": ("#f4f4f5", "#71717a", "#27272a", "#a1a1aa"),
    "join": ("#fee2e2", "#dc2626", "#3b1418", "#ff7b72"),
    "output": ("#fce7f3", "#be185d", "#3a1229", "#f778ba"),
}
"""What a node of each family is filled and framed with, on a light page and on a dark one."""


def style() -> str:
    """The classes of nodes in all pictures of networks."""

    def painted(page: int) -> str:
        return "\n".join(
            f".node.{name} {{ fill: {colours[page]}; stroke: {colours[page + 1]}; }}"
            for name, colours in COLOURS.items()
        )

    shape = "text.name, text.small { font-family: ui-monospace, Consolas, monospace; font-size: 11px; }\n"
    shape += "text.name { font-weight: 600; }\n"
    return f"{shape}{painted(0)}\n@media (prefers-color-scheme: dark) {{\n{painted(2)}\n}}\n"
