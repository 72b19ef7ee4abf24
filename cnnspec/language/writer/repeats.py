"""Calls in a row that are one call with `repeat`."""

from __future__ import annotations

from dataclasses import replace

from ..elaboration.binding import REPEATS
from ..elaboration.symbol_table import repeated
from .lines import CallLine, JoinLine, Line, Lines


def folded(lines: Lines) -> Lines:
    """A list in which equal calls that follow each other are one, also inside of its branches and arguments."""
    found: Lines = []
    for line in map(_folded_inside, lines):
        before = found[-1] if found else None
        if isinstance(line, CallLine) and isinstance(before, CallLine) and _goes_on(before, line):
            found[-1] = replace(before, repeat=before.repeat + 1)
        else:
            found.append(line)
    return found


def _folded_inside(line: Line) -> Line:
    match line:
        case JoinLine():
            branches = (folded(each) if isinstance(each, list) else each for each in line.branches)
            return replace(line, branches=tuple(branches))
        case CallLine():
            given = {n: folded(each) if isinstance(each, list) else each for n, each in line.arguments.items()}
            return replace(line, arguments=given)
        case _:
            return line


def _goes_on(call: CallLine, line: CallLine) -> bool:
    """Whether a line is one more repetition of a call. Layers that are given are never equal, as their names and
    tensors are their own."""
    is_next = (
        line.label == repeated(call.label, call.repeat) and call.label[-1:].isdigit() if call.label else not line.label
    )
    return is_next and line.block == call.block and line.arguments == call.arguments and call.repeat < REPEATS
