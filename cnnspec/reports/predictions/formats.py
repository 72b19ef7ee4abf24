"""Results of `run` as text and as JSON lines, and a small picture for the terminal."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from ...graph.array import Array
from ...graph.shape import times
from ...spec.ranking import Class, Prediction
from ..drawing.ansi import PLAIN
from ..drawing.bar import bar
from ..drawing.terminal_text import escaped, width

BAR = 24
GRAYS = (232, 255)
"""The terminal's ramp from black to white, in its 256 colours."""


def text(results: Sequence[Prediction], lines: bool = False) -> str:
    """Each input's name with its top classes under it, aligned throughout, a blank line between inputs.

    With `lines`, a line each instead: the input's name and its first class.
    """
    labels = [_label(c) for r in results if isinstance(r.found, tuple) for c in r.found]
    room = max(map(width, labels), default=0)
    if not lines:
        return "\n".join("\n".join([_title(r), *_rows(r, room)]) + "\n" for r in results)
    margin = max((width(_title(r)) for r in results), default=0)
    return "".join(f"{_padded(_title(r), margin)}{row}\n" for r in results for row in _rows(r, room))


def _title(result: Prediction) -> str:
    return escaped(f"{result.input}: {result.output}" if result.output else result.input)


def _rows(result: Prediction, room: int) -> Iterator[str]:
    if not isinstance(result.found, tuple):
        y = result.found
        figures = "  ".join(f"{name} {value:.4g}" for name, value in _figures(y).items())
        yield f"  {times(y.shape)}  {figures}"
        return
    for c in result.found:
        yield f"  {_padded(_label(c), room)}  {100 * c.score:6.2f} %  {bar(c.score, BAR)}".rstrip()


def _label(c: Class) -> str:
    return escaped(c.name) or f"class {c.index}"


def _padded(label: str, room: int) -> str:
    return label + " " * (room - width(label))


def _figures(y: Array) -> dict[str, float]:
    """Range and mean of an output that is no list of classes."""
    return {"min": float(y.min()), "mean": float(y.mean(dtype=float)), "max": float(y.max())}


def json_lines(results: Sequence[Prediction]) -> str:
    """A JSON object for each result, in ASCII; numbers that JSON does not know (NaN, infinity) become null."""
    return "".join(json.dumps(_object(result), allow_nan=False) + "\n" for result in results)


def _object(result: Prediction) -> dict[str, Any]:
    whose = {"input": result.input} | ({"output": result.output} if result.output else {})
    if isinstance(result.found, tuple):
        top = [{"index": c.index, "class": c.name or None, "score": _number(c.score)} for c in result.found]
        return {**whose, "top": top}
    figures = {name: _number(value) for name, value in _figures(result.found).items()}
    return {**whose, "shape": list(result.found.shape), **figures}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def picture(image: Array, colour: bool = False) -> str:
    """A small gray image (H, W), two rows of pixels a line: in shades where the terminal has colours.

    Otherwise in half blocks for what is brighter than the middle, without blank lines around; "" when all of it
    is equally bright.
    """
    low, high = float(image.min()), float(image.max())
    if not low < high:
        return ""
    shares = ((image - low) / (high - low)).tolist()
    shares += [[0.0] * len(shares[0])] * (len(shares) % 2)
    pairs = [list(zip(*rows, strict=True)) for rows in zip(shares[::2], shares[1::2], strict=True)]
    if colour:
        return "".join(f"{_shaded(row)}{PLAIN}\n" for row in pairs)
    return "\n".join(_halved(row).rstrip() for row in pairs).strip("\n") + "\n"


def _halved(row: Sequence[tuple[float, float]]) -> str:
    return "".join(" ▄▀█"[2 * (upper > 0.5) + (lower > 0.5)] for upper, lower in row)


def _shaded(row: Sequence[tuple[float, float]]) -> str:
    black, white = GRAYS
    grays = ([black + round(share * (white - black)) for share in pair] for pair in row)
    return "".join(f"\x1b[38;5;{upper};48;5;{lower}m" + "▀" * len(list(run)) for (upper, lower), run in groupby(grays))
