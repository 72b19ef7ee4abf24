"""Where a network looked, in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ....graph.graph import INPUT
from ....graph.shape import times
from ...drawing.ansi import BOLD, painter
from ...drawing.decimals import Decimals
from ...drawing.half_blocks import half_blocks, reduced
from ...drawing.terminal_text import escaped
from ..attribution import Attribution, spread
from ..cells.to_text import named

MOST = 32
"""Columns of the picture."""


def render(
    found: Attribution,
    size: tuple[int, int],
    class_name: str,
    terms: int,
    digits: int,
    width: int | None = None,
    colour: bool = False,
) -> str:
    """The value, the place that speaks most for it, as many maps as there are `terms`, and the heat over an input of
    that size (H, W): the brighter, the more."""
    one = Decimals(digits).one
    paint = painter(colour)
    value = paint(BOLD, f"{named(found.name, found.place)} = {one(found.value)}")
    lines = [
        value + (f"    class {escaped(class_name)}" if class_name else ""),
        *_said(found, one),
        *_maps(found, terms, one),
    ]
    if np.any(found.heat):
        small = reduced(np.abs(spread(found.heat, size))[None], min(MOST, width or MOST))[0]
        lines += ["", *(line.rstrip() for line in half_blocks((small / small.max()).tolist(), colour))]
    return "\n".join(lines) + "\n"


def _said(found: Attribution, one: Callable[[float], str]) -> Iterator[str]:
    what = "the input gradient" if found.at == INPUT else f"Grad-CAM at {escaped(found.at)} ({times(found.maps.shape)})"
    lost = 1 - np.isfinite(found.signed).mean()
    if lost:
        yield f"{what}: {100 * lost:.3g} % of it are NaN or infinite"
    elif not np.any(found.signed):
        yield f"{what} is 0 everywhere: no place speaks for or against this value"
    else:
        row, column = np.unravel_index(np.abs(found.heat).argmax(), found.heat.shape)
        strongest = f"{one(float(found.signed[row, column]))} at row {row}, column {column}"
        if found.is_against:
            yield f"{what} is below 0 everywhere: no place speaks for this value"
            yield f"shown is what speaks against it, the most: {strongest}"
        else:
            yield f"{what}, the most: {strongest}"


def _maps(found: Attribution, terms: int, one: Callable[[float], str]) -> Iterator[str]:
    brought = found.contributions
    if brought is None or not np.isfinite(brought).all() or not brought.any():
        return
    order = np.argsort(-np.abs(brought), kind="stable")[:terms]
    yield "maps that bring the most: " + ", ".join(f"{i} ({one(float(brought[i]))})" for i in order)
