"""Findings as workflow commands, which GitHub shows as annotations on a pull request's lines.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...diagnostics import Diagnostic
from ..drawing.terminal_text import escaped
from .to_text import limited

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = _DATA | {":": "%3A", ",": "%2C"}


def render(diagnostics: Iterable[Diagnostic]) -> str:
    """One line each. Nothing in a name can end the line or begin another command."""
    lines = []
    for file, shown, rest in limited(diagnostics):
        lines += [_command(diagnostic) for diagnostic in shown]
        if rest:
            lines.append(f"::notice file={_property(file)}::{_data(f'{rest:,} more findings in {escaped(file)}')}")
    return "".join(f"{line}\n" for line in lines)


def _command(diagnostic: Diagnostic) -> str:
    properties = ",".join(f"{key}={_property(value)}" for key, value in _places(diagnostic))
    said = (diagnostic.message, diagnostic.label, diagnostic.why, diagnostic.help)
    return f"::{diagnostic.severity} {properties}::{_data(chr(10).join(escaped(s) for s in said if s))}"


def _places(diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    if diagnostic.file:
        yield "file", diagnostic.file
    if span := diagnostic.span:
        yield "line", str(span.line)
        yield "endLine", str(span.end_line)
        if span.line == span.end_line:  # columns of several lines are refused
            yield "col", str(span.column)
            yield "endColumn", str(max(span.column, span.end_column - 1))
    yield "title", diagnostic.code


def _data(text: str) -> str:
    return "".join(_DATA.get(c, c) for c in text)


def _property(text: str) -> str:
    return "".join(_PROPERTY.get(c, c) for c in escaped(text))
