"""Learning curves as an SVG picture: loss and accuracy side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...train.events import EpochDone
from ..drawing.axis import counting
from ..drawing.svg import document, dot, line, polyline, text
from ..drawing.text_table import shortened
from .curves import Panel, panels

WIDTH, HEIGHT = 380, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 64, 44
"""A panel's size and the margins around its plot, in pixels."""
TITLE = 20
"""Letters of the name that stand beside the legend."""
DOTTED = 40
"""Up to so many epochs, each has a dot."""

TRAINING, VALIDATION = "line first dashed", "line second"
"""The two curves differ in their strokes, too: not everybody sees the colours."""


def render(name: str, epochs: Sequence[EpochDone], is_smoothed: bool = False) -> str:
    """The picture of a run's epochs, at least one."""
    shown = list(panels(epochs, is_smoothed))
    last = epochs[-1].epoch
    parts = [part for i, panel in enumerate(shown) for part in _panel(panel, last, i * WIDTH)]
    heading = text(LEFT, 26, shortened(name, TITLE), kind="title")
    width = len(shown) * WIDTH
    parts = [heading, *_legend(width - RIGHT - 190), *parts]
    return document(width, HEIGHT, f"Learning curves of {name}", parts)


def _legend(x: float) -> Iterator[str]:
    for begin, words, kind in ((x, "training", TRAINING), (x + 96, "validation", VALIDATION)):
        yield line(begin, 22, begin + 20, 22, kind)
        yield dot(begin + 10, 22, _filled(kind))
        yield text(begin + 28, 26, words, kind="soft")


def _panel(panel: Panel, last: int, x0: float) -> Iterator[str]:
    epochs = counting(last)
    left, right, top, bottom = x0 + LEFT, x0 + WIDTH - RIGHT, TOP, HEIGHT - BOTTOM

    def at(epoch: float, value: float) -> tuple[float, float]:
        return (
            left + epochs.place(epoch) * (right - left),
            bottom - panel.axis.place(value) * (bottom - top),
        )

    for tick in panel.axis.ticks:
        _, y = at(epochs.low, tick)
        yield line(left, y, right, y, "line faint thin")
        yield text(left - 8, y + 4, panel.label(tick), "end", "soft")
    for tick in epochs.ticks:
        x, _ = at(tick, panel.axis.low)
        yield line(x, bottom, x, bottom + 4, "line soft thin")
        yield text(x, bottom + 18, f"{tick:g}", "middle", "soft")
    yield line(left, bottom, right, bottom, "line soft thin")
    yield text((left + right) / 2, HEIGHT - 8, "epoch", "middle", "soft")
    scale = ", logarithmic" if panel.axis.is_log else ""
    yield text(left, 50, f"{panel.title}{scale}")
    yield from _curve([at(*point) for point in panel.training], TRAINING, last)
    yield from _curve([at(*point) for point in panel.validation], VALIDATION, last)


def _curve(places: Sequence[tuple[float, float]], kind: str, last: int) -> Iterator[str]:
    if places:
        yield polyline(places, kind)
    if last <= DOTTED:
        yield from (dot(x, y, _filled(kind)) for x, y in places)


def _filled(kind: str) -> str:
    """A dot in the colour of a line."""
    return kind.split()[1]
