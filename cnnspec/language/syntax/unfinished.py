"""Texts that are just being written: made readable, with every place still its own.

What cannot be read is blanked out, brackets and quotes that are open are closed where a line ends. So an editor knows
what stands around a half-typed line, though no parser would read it.
"""

from __future__ import annotations

import yaml

from .nodes import Mapping
from .open_brackets import LOADER, OpenBracket, open_brackets
from .parser import parse, visible
from .source import Source

ROUNDS = 100
"""So many lines are mended before a text is given up."""
READ = 2_000_000
"""So many characters are read again for that, in all."""


def readable(text: str) -> Mapping | None:
    """The root of a text with what cannot be read left out, None where nothing is left that is a spec."""
    source = Source("", visible(text))
    for _ in range(min(ROUNDS, 1 + READ // (1 + len(text)))):
        root, found = parse(source)
        if isinstance(root, Mapping):
            return root
        lines = list(source.lines)
        if error := _error(source.text):
            _mend(lines, error)
        else:
            place = next((d.span for d in found if d.span), None)
            if place is None:
                return None
            lines[place.line - 1] = ""
        mended = Source("", "\n".join(lines))
        if mended.text == source.text:
            return None
        source = mended
    return None


def _error(text: str) -> yaml.MarkedYAMLError | None:
    try:
        for _ in yaml.parse(text, Loader=LOADER):
            pass
    except yaml.MarkedYAMLError as error:
        return error
    except yaml.YAMLError:
        return None
    return None


def _mend(lines: list[str], error: yaml.MarkedYAMLError) -> None:
    """Mend the line that an error comes from: afterwards it is another one, or empty."""
    context = error.context or ""
    start = error.context_mark.line if error.context_mark else 0
    stop = error.problem_mark.line if error.problem_mark else len(lines)
    if "quoted" in context and error.context_mark and lines[start].strip():
        lines[start] = lines[start][: error.context_mark.column]
    elif "flow" in context and (opened := open_brackets("\n".join(lines[:stop]))):
        _close(lines, opened)
    elif "simple key" in context:
        lines[start] = ""
    elif error.problem_mark and _goes_on(lines, stop, error.problem_mark.column, error.problem or ""):
        _blank(lines, stop - 1)  # a word on the line above goes on here
    else:
        _blank(lines, stop)


def _close(lines: list[str], opened: list[OpenBracket]) -> None:
    """Close what is open at the end of the line of the innermost bracket, before a comment."""
    last = opened[-1].line
    before, mark, comment = lines[last].partition(" #")
    lines[last] = f"{before}{''.join(bracket.closer for bracket in reversed(opened))}{mark}{comment}"


def _blank(lines: list[str], at: int) -> None:
    """Empty a line, or the last one before it that is not."""
    at = min(at, len(lines) - 1)
    while at > 0 and not lines[at].strip():
        at -= 1
    lines[at] = ""


def _goes_on(lines: list[str], line: int, column: int, problem: str) -> bool:
    """Whether a `:` cannot stand in a line because a word of the line above goes on in it."""
    return "mapping values" in problem and line > 0 and ": " not in lines[line][:column]
