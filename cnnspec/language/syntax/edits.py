"""Edits of a spec's text that keep the style it is written in: block or flow."""

from __future__ import annotations

from collections.abc import Iterable

from ...diagnostics import Edit, Fix, Span
from .nodes import Mapping
from .source import Source


def set_field(source: Source, body: Mapping, key: str, value: str) -> Edit | None:
    """A field of a layer with another value, or added behind the last; None where no field is written at all."""
    for word, node in body.items:
        if word.text == key:
            return Edit(node.span, value)
    if not body.items:
        return None
    first, last = body.items[0][0].span, body.items[-1][1].span
    is_flow = _at(source, body.span) == "{"
    between = ", " if is_flow else f"\n{' ' * (first.column - 1)}"
    return Edit(Span(*last.end, *last.end), f"{between}{key}: {value}")


def insert_before(source: Source, entry: Span, layer: str) -> Edit:
    """A layer without fields before another entry of its list."""
    line = source.lines[entry.line - 1][: entry.column - 1]
    is_block = line.rstrip().endswith("-") and not line.strip(" -")
    between = f"\n{line[: line.rindex('-')]}- " if is_block else ", "
    return Edit(Span(*entry.start, *entry.start), layer + between)


def apply(source: Source, fixes: Iterable[Fix]) -> tuple[str, list[Fix]]:
    """The text with fixes made, and those that were: of two that touch each other only the first is."""
    made: list[Fix] = []
    pieces: list[tuple[int, int, str]] = []
    line_end = "\r\n" if "\r\n" in source.text else "\n"
    for fix in dict.fromkeys(fixes):
        own = [(source.offset(*e.span.start), source.offset(*e.span.end), e.text) for e in fix.edits]
        if all(end < first or last < start for start, end, _ in own for first, last, _ in pieces):
            pieces += [(start, end, text.replace("\n", line_end)) for start, end, text in own]
            made.append(fix)
    text = source.text
    for start, end, new in sorted(pieces, reverse=True):
        text = text[:start] + new + text[end:]
    return text, made


def _at(source: Source, span: Span) -> str:
    return source.lines[span.line - 1][span.column - 1 : span.column]
