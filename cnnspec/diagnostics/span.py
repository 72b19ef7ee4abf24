"""Places in a text, and what may be written there instead."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A piece of a text: lines and columns count characters from 1, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int

    @property
    def start(self) -> tuple[int, int]:
        return self.line, self.column

    @property
    def end(self) -> tuple[int, int]:
        return self.end_line, self.end_column

    def covers(self, inner: Span) -> bool:
        return self.start <= inner.start and inner.end <= self.end

    def up_to(self, last: Span) -> Span:
        """From the start of this piece to the end of another."""
        return Span(*self.start, *last.end)


NOWHERE = Span(1, 1, 1, 1)
"""The place of what stands in no text."""


class Edit(NamedTuple):
    """`text` in place of what stands at `span`; a span without width is a place to insert at."""

    span: Span
    text: str


class Fix(NamedTuple):
    """A cure that is an edit. A sure one keeps what was plainly meant and may be made without asking; the others
    choose among several cures, or change what the network computes. The edits of a fix belong together."""

    title: str
    edits: tuple[Edit, ...]
    is_sure: bool = False


def instead(span: Span, text: str, is_sure: bool = False) -> Fix:
    """One text in place of another."""
    return Fix(f"write `{text}`", (Edit(span, text),), is_sure)
