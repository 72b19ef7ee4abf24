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
