"""SVG pictures by hand: a document whose colours suit a light page and a dark one, and texts in it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from .terminal_text import escaped

_COLOURS = {
    "page": ("#ffffff", "#0d1117"),
    "ink": ("#1f2328", "#f0f6fc"),
    "soft": ("#59636e", "#9198a1"),
    "faint": ("#d1d9e0", "#30363d"),
    "first": ("#0b62d6", "#6cb0ff"),
    "second": ("#c2410c", "#ffa657"),
}
"""What a class is painted with on a light page and on a dark one."""
_STROKES = ("soft", "faint", "first", "second")
_SHAPE = """\
text { font: 12px system-ui, sans-serif; } .title { font-weight: 600; font-size: 14px; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; } .thin { stroke-width: 1; }
.dashed { stroke-dasharray: 5 3; }
"""


def _painted(page: int) -> str:
    """The classes with their colours; written out, since many programs know no variables of CSS."""
    colours = {name: pair[page] for name, pair in _COLOURS.items()}
    fills = (f".{name} {{ fill: {colour}; }}" for name, colour in colours.items())
    strokes = (f".line.{name} {{ fill: none; stroke: {colours[name]}; }}" for name in _STROKES)
    return "\n".join([f"text {{ fill: {colours['ink']}; }}", *fills, *strokes])


STYLE = f"{_SHAPE}{_painted(0)}\n@media (prefers-color-scheme: dark) {{\n{_painted(1)}\n}}\n"


def document(width: float, height: float, title: str, parts: Iterable[str], style: str = "") -> str:
    """A picture on its own ground, with a title for those who cannot see it, in a `style` beside that of them all."""
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{_plain(title)}</title>",
        f"<style>\n{STYLE}{style}</style>",
        '<rect class="page" width="100%" height="100%"/>',
        *parts,
        "</svg>",
    ]
    return "".join(f"{part}\n" for part in lines)


def text(x: float, y: float, words: str, anchor: str = "start", kind: str = "", turn: float = 0) -> str:
    """Words whose `anchor` (start, middle or end) stands at x, on the line y, turned by so many degrees."""
    turned = f' transform="rotate({turn:g} {x:.1f} {y:.1f})"' if turn else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turned}{_kind(kind)}>{_plain(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"{_kind(kind)}/>'


def polyline(points: Iterable[tuple[float, float]], kind: str) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{places}"{_kind(kind)}/>'


def dot(x: float, y: float, kind: str, radius: float = 3) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"{_kind(kind)}/>'


def square(x: float, y: float, side: float, kind: str, opacity: float) -> str:
    size = f'width="{side:g}" height="{side:g}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} fill-opacity="{opacity:.2f}"{_kind(kind)}/>'


def box(x: float, y: float, width: float, height: float, kind: str, radius: float = 0) -> str:
    size = f'width="{width:.1f}" height="{height:.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} rx="{radius:g}"{_kind(kind)}/>'


def polygon(points: Iterable[tuple[float, float]], kind: str) -> str:
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polygon points="{places}"{_kind(kind)}/>'


def path(steps: str, kind: str) -> str:
    """A line along the steps of SVG's path language."""
    return f'<path d="{steps}"{_kind(kind)}/>'


def hint(words: str) -> str:
    """What a browser says of the group that it stands in when the mouse rests there."""
    return f"<title>{_plain(words)}</title>"


def _kind(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _plain(words: str) -> str:
    return escape(escaped(words))
