"""TOML text -> nodes with positions, so that settings are read and complained of as a spec is.

`tomllib` says what a text holds but not where. Where a key stands is found line by line: tables and keys are written
one a line, and what lies inside a value has the value's place.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as MappingABC
from typing import Any

from ...diagnostics import Diagnostic, Span, SpecError
from .nodes import Mapping, Node, Scalar, of_data
from .source import Source

Path = tuple[str, ...]
DEEPEST = 32
"""Keys that lead to a value; none of the settings lies deeper than three."""

_KEY = r"""(?:"[^"\n]*"|'[^'\n]*'|[\w-]+)"""
_KEYS = rf"({_KEY}(?:[ \t]*\.[ \t]*{_KEY})*)"
_TABLE = re.compile(rf"[ \t]*\[{{1,2}}[ \t]*{_KEYS}[ \t]*\]")
_ENTRY = re.compile(rf"""[ \t]*{_KEYS}[ \t]*=[ \t]*("[^"\n]*"|'[^'\n]*'|[^#\n]*[^#\s]|)""")


def parse(source: Source, table: Path = ()) -> Mapping | None:
    """The table of that path, None where there is none. Raises SpecError: E001 for what is no TOML, E003 for
    what is nested too deep."""
    try:
        held: Any = tomllib.loads(source.text)
        for key in table:
            held = held.get(key) if isinstance(held, dict) else None
        return _mapping(held, table, places(source)) if isinstance(held, dict) else None
    except tomllib.TOMLDecodeError as error:
        raise SpecError([_no_toml(source, str(error))]) from None
    except RecursionError:
        message, help = "tables and lists are nested too deep", "settings are at most three keys deep"
        raise SpecError([Diagnostic("E003", message, source.file, help=help)]) from None


def places(source: Source) -> dict[Path, tuple[Span, Span]]:
    """Where the keys of a text are written, and their values; a table is its own value."""
    found: dict[Path, tuple[Span, Span]] = {}
    table: Path = ()
    for number, line in enumerate(source.lines, 1):
        if match := _TABLE.match(line):
            table = _path(match[1])
            span = Span(number, match.start(1) + 1, number, match.end(1) + 1)
            found.setdefault(table, (span, span))
        elif match := _ENTRY.match(line):
            key, value = (Span(number, match.start(i) + 1, number, match.end(i) + 1) for i in (1, 2))
            found.setdefault(table + _path(match[1]), (key, value))
    return found


def _path(written: str) -> Path:
    return tuple(key.strip("\"'") for key in re.findall(_KEY, written))


def _mapping(held: MappingABC[str, Any], path: Path, known: MappingABC[Path, tuple[Span, Span]]) -> Mapping:
    if len(path) > DEEPEST:
        raise RecursionError
    items: list[tuple[Scalar, Node]] = []
    for key, value in held.items():
        inner = (*path, key)
        where, what = _place(inner, known)
        node = _mapping(value, inner, known) if isinstance(value, dict) else _leaf(value, what)
        items.append((Scalar(key, True, where), node))
    return Mapping(tuple(items), _place(path, known)[1])


def _leaf(value: object, span: Span) -> Node:
    try:
        return of_data(value, span)
    except ValueError:  # a date or a time
        return Scalar(str(value), False, span)


def _place(path: Path, known: MappingABC[Path, tuple[Span, Span]]) -> tuple[Span, Span]:
    """The place of a key, or of the nearest one around it."""
    while path and path not in known:
        path = path[:-1]
    start = Span(1, 1, 1, 1)
    return known.get(path, (start, start))


def _no_toml(source: Source, said: str) -> Diagnostic:
    match = re.search(r" \(at line (\d+), column (\d+)\)$", said)
    span = source.point(source.offset(int(match[1]), int(match[2]))) if match else None
    message = f"this is no TOML: {said[: match.start()] if match else said}"
    help = '`key = value`, a line each: texts in `"..."`, lists in `[...]`, `true`, numbers; tables begin with `[name]`'
    return Diagnostic("E001", message, source.file, span, help=help)
