"""A network as volumes, as papers draw it: a box for each layer that makes something new, as high as its rows, as deep
as its columns and as thick as its channels. What jumps over boxes goes in an arc above them.

Sizes are square roots of the true ones: a picture with maps of 224 and of 7 cells shows both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import NamedTuple

from ...graph.graph import INPUT
from ...graph.shape import Shape, is_image, times
from ..drawing import svg
from ..drawing.terminal_text import width
from ..summary.summary import Row, Summary
from .to_svg import LETTER, MARGIN, TITLE, style

LEAST, TALL, THICK = 6.0, 130.0, 70.0
SLANT = 0.35
"""How far back a column is drawn, to the right and up, for each pixel that it would be high."""
GAP = 16.0
MERGED = ("activation", "normalization", "output", "moving")
"""Families that belong to the box before them where they leave its shape as it is."""


class Volume(NamedTuple):
    """A box: whose output it is, what that is, and the layers that it stands for."""

    name: str
    shape: Shape
    family: str
    label: str


def render(summary: Summary) -> str:
    """The whole picture, from left to right."""
    volumes, jumps = _volumes(summary)
    sizes = _sizes([volume.shape for volume in volumes])
    base = MARGIN + TITLE + 24 + max(high + deep * SLANT for _, high, deep in sizes) + _highest(jumps)
    x, lefts = MARGIN, []
    for volume, (thick, _, deep) in zip(volumes, sizes, strict=True):
        room = max(thick + deep * SLANT, max(width(line) for line in _labels(volume)) * LETTER)
        lefts.append(x + (room - thick - deep * SLANT) / 2)
        x += room + GAP
    parts = [svg.text(MARGIN, MARGIN + 12, summary.name, kind="title")]
    tops = {
        v.name: (left + thick / 2 + deep * SLANT / 2, base - high - deep * SLANT)
        for v, left, (thick, high, deep) in zip(volumes, lefts, sizes, strict=True)
    }
    for level, (source, target) in enumerate(jumps):
        parts.append(_arc(tops[source], tops[target], level))
    for volume, left, size in zip(volumes, lefts, sizes, strict=True):
        parts += _box(volume, left, base, *size)
    said = f"{summary.name} as volumes: {', '.join(times(v.shape) for v in volumes)}"
    return svg.document(x - GAP + MARGIN, base + 3 * 14 + MARGIN, said, parts, style())


def _volumes(summary: Summary) -> tuple[list[Volume], list[tuple[str, str]]]:
    """The boxes in the order of execution, and what jumps over some of them."""
    volumes = [Volume(INPUT, summary.input, "input", INPUT)]
    home = {INPUT: INPUT}
    jumps: dict[tuple[str, str], None] = {}
    for step, row in zip(summary.steps, summary.rows, strict=True):
        family = step.layer.family
        if family in MERGED and step.arriving == (step.shape,):
            home[step.name] = home[step.inputs[0]]
            continue
        home[step.name] = step.name
        for source in step.inputs:
            if home[source] != volumes[-1].name:
                jumps[home[source], step.name] = None
        volumes.append(Volume(step.name, step.shape, family, _label(row)))
    return volumes, list(jumps)


def _label(row: Row) -> str:
    """The kind, with the size of its window if it has one."""
    window = row.fields.get("F")
    return f"{row.kind} {'x'.join(map(str, window))}" if isinstance(window, list) else row.kind


def _labels(volume: Volume) -> tuple[str, ...]:
    if not is_image(volume.shape):
        return volume.label, str(volume.shape[0])
    return volume.label, str(volume.shape[0]), times(volume.shape[1:])


def _sizes(shapes: Sequence[Shape]) -> list[tuple[float, float, float]]:
    """Thickness, height and depth of each box in pixels. A vector is a bar as high as it is long."""
    images = [shape for shape in shapes if is_image(shape)]
    longest = max((size for shape in images for size in shape[1:]), default=1)
    deepest = max((shape[0] for shape in images), default=1)
    most = max((shape[0] for shape in shapes if not is_image(shape)), default=1)

    def size(shape: Shape) -> tuple[float, float, float]:
        if not is_image(shape):
            return LEAST, LEAST + TALL * sqrt(shape[0] / most), LEAST
        high, deep = (LEAST + TALL * sqrt(size / longest) for size in shape[1:])
        return LEAST / 2 + THICK * sqrt(shape[0] / deepest), high, deep

    return [size(shape) for shape in shapes]


def _highest(jumps: Sequence[tuple[str, str]]) -> float:
    """Room above the boxes for arcs."""
    return 44.0 if jumps else 0.0


def _arc(source: tuple[float, float], target: tuple[float, float], level: int) -> str:
    (x, y), (to_x, to_y) = source, target
    top = min(y, to_y) - 22 - 6 * (level % 4)
    return svg.path(f"M{x:.1f} {y:.1f}C{x:.1f} {top:.1f} {to_x:.1f} {top:.1f} {to_x:.1f} {to_y:.1f}", "line thin soft")


def _box(volume: Volume, x: float, base: float, thick: float, high: float, deep: float) -> Iterator[str]:
    """The three faces that are seen, and the words below."""
    back = deep * SLANT
    kind = f"node {volume.family}"
    yield "<g>"
    yield svg.hint(f"{volume.name}: {volume.label}, {times(volume.shape)}")
    yield svg.box(x, base - high, thick, high, kind)
    top = [(x, base - high), (x + back, base - high - back), (x + thick + back, base - high - back)]
    yield svg.polygon([*top, (x + thick, base - high)], kind)
    side = [(x + thick, base - high), (x + thick + back, base - high - back), (x + thick + back, base - back)]
    yield svg.polygon([*side, (x + thick, base)], kind)
    for i, line in enumerate(_labels(volume)):
        kind = "small" if i != 1 else "name"
        yield svg.text(x + (thick + back) / 2, base + 14 + 14 * i, line, "middle", kind)
    yield "</g>"
