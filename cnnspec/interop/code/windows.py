"""Paddings of windows as other programs want them: by numbers."""

from __future__ import annotations

from typing import Any

from ...graph.graph import Step
from ...graph.window import SlidingWindow

Sides = tuple[int, int, int, int]
"""Cells at the left, the right, the top and the bottom, in the order of `torch.nn.functional.pad`."""


def window_pair(layer: Any, step: Step) -> tuple[SlidingWindow, SlidingWindow]:
    rows, columns = layer.windows(step.arriving[0])
    return rows, columns


def sides(layer: Any, step: Step) -> Sides:
    """The padding of a layer."""
    rows, columns = window_pair(layer, step)
    return columns.before, columns.after, rows.before, rows.after


def reach(layer: Any, step: Step) -> Sides:
    """The cells beside the image that windows read: what they hang over by is counted, and negative what they leave."""
    rows, columns = window_pair(layer, step)
    return columns.before, _after(columns), rows.before, _after(rows)


def _after(window: SlidingWindow) -> int:
    return (window.outputs - 1) * window.S + window.extent - window.size - window.before


def is_symmetric(layer: Any, step: Step) -> bool:
    return all(window.before == window.after for window in window_pair(layer, step))


def padding(layer: Any, step: Step) -> Any:
    """Cells on each side of rows and of columns, where both sides have as many; one number where both axes do."""
    rows, columns = window_pair(layer, step)
    return rows.before if rows.before == columns.before else (rows.before, columns.before)


def cut(layer: Any, step: Step) -> Sides:
    """What a transposed convolution's padding cuts off the painted image; negative where cells are added."""
    rows, columns = window_pair(layer, step)
    return columns.before, _painted(columns) - columns.size, rows.before, _painted(rows) - rows.size


def _painted(window: SlidingWindow) -> int:
    """Cells behind the first that stays, of the image that windows paint: without any padding, less those before."""
    count = (window.size + window.before + window.after - window.extent) // window.S + 1
    return (count - 1) * window.S + window.extent - window.before


def window_sides(layer: Any, step: Step) -> Any:
    """Padding at the top and the bottom, at the left and the right; one number where all are equal."""
    rows, columns = window_pair(layer, step)
    return _one((rows.before, rows.after), (columns.before, columns.after))


def reached_sides(layer: Any, step: Step) -> Any:
    """The same of a pooling, with what windows hang over by."""
    if layer.rounding != "ceil":
        return window_sides(layer, step)
    rows, columns = window_pair(layer, step)
    return _one((rows.before, _after(rows)), (columns.before, _after(columns)))


def painted_beyond(layer: Any, step: Step) -> Any:
    """What a transposed convolution paints beyond its output, by sides; negative where it paints less."""
    left, right, top, bottom = cut(layer, step)
    return _one((top, bottom), (left, right))


def _one(rows: tuple[int, int], columns: tuple[int, int]) -> Any:
    return rows[0] if len({*rows, *columns}) == 1 else (rows, columns)
