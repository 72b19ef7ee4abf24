"""A text in the one layout, as an edit of no more than what changes."""

from __future__ import annotations

from ..diagnostics import Edit, Span, SpecError
from ..language.document.formatting import formatted
from .reading import Reading


def format_edits(reading: Reading) -> list[Edit]:
    """The edit that lays a text out; none for one that is so, or that cannot be read yet."""
    try:
        text = formatted(reading.source)
    except SpecError:
        return []
    old, new = reading.source.lines, tuple(text.replace("\r\n", "\n").split("\n"))
    if old == new:
        return []
    shorter = min(len(old), len(new))
    first = next((n for n in range(shorter) if old[n] != new[n]), shorter - 1)
    last = next((n for n in range(shorter - first) if old[-1 - n] != new[-1 - n]), shorter - first - 1)
    end = len(old) - last
    span = Span(first + 1, 1, end, len(old[end - 1]) + 1)
    return [Edit(span, "\n".join(new[first : len(new) - last]))]
