"""Laws of explanations as JSON, for the page that works cells out by them; `scripts/laws.js` reads it.

A number that follows no place stands as it is. One that does is an object: looked up along the axis `a` in `v`, or
in `r`, which has each value with how often it follows itself, or counted from `b` in steps of `d`; with `c` it is the
constant and the sum of look-ups `t`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from ...graph.explanation import Read
from ..inspection.laws import Along, Law, Laws, Number, Total


def table(laws: Laws) -> dict[str, Any]:
    """The formula, and a row for each part: name, how, number, the reads `read` and `by` or null, shares."""
    told = iter(laws.laws)
    rows = []
    for name, part in laws.model.parts.items():
        number = _told(next(told))
        reads = [_read(read, told) for read in (part.read, part.by)]
        rows.append([name, part.how, number, *reads, [_told(next(told)) for _ in part.shares]])
    return {"formula": laws.model.formula, "parts": rows}


def _read(like: Read | None, told: Iterator[Law]) -> list[Any] | None:
    """Whose cells, the ranges of the axes (first, step, length), and whether they count all cells as one axis."""
    if like is None:
        return None
    of = _told(next(told))
    return [of, [[_told(next(told)) for _ in range(3)] for _ in like.axes], int(like.flat)]


def _told(law: Law) -> Any:
    if isinstance(law, Total):
        return {"c": law.constant, "t": [_along(axis, offsets) for axis, offsets in law.terms]}
    return _along(law.axis, law.values) if isinstance(law, Along) else _plain(law)


def _along(axis: int, values: Sequence[Number]) -> dict[str, Any]:
    first, second, *_ = values
    if isinstance(first, int) and isinstance(second, int):
        step = second - first
        if all(value == first + i * step for i, value in enumerate(values)):
            return {"a": axis, "b": first, "d": step}
    runs = [[_plain(value), len(list(same))] for value, same in groupby(values)]
    if 2 * len(runs) < len(values):
        return {"a": axis, "r": runs}
    return {"a": axis, "v": [_plain(value) for value in values]}


def _plain(value: Number) -> Any:
    """As JSON has it: a number that it has no word for is a text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return list(value) if isinstance(value, tuple) else value
