"""A text read as it was meant: some of its characters replaced, each place still that of the reader's own text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from ...diagnostics import Span
from .source import Source


class Replacement(NamedTuple):
    """`new` in place of the characters `start` to `end` of a text."""

    start: int
    end: int
    new: str


def replaced(text: str, replacements: Sequence[Replacement], start: int = 0, end: int | None = None) -> str:
    """A text, or the part `start` to `end` of it, with replacements, which are in order, made."""
    pieces: list[str] = []
    for first, last, new in replacements:
        pieces += (text[start:first], new)
        start = last
    return "".join([*pieces, text[start:end]])


@dataclass(frozen=True)
class MendedSource(Source):
    """`text` is that of `original` with `replacements` made. Its spans are places in `original`."""

    original: Source = field(kw_only=True)
    replacements: tuple[Replacement, ...] = field(kw_only=True)

    @classmethod
    def of(cls, source: Source, replacements: Sequence[Replacement]) -> MendedSource:
        text = replaced(source.text, replacements)
        return cls(source.file, text, original=source, replacements=tuple(replacements))

    def span(self, start: int, end: int) -> Span:
        return self.original.span(self._origin(start), self._origin(end))

    @cached_property
    def _places(self) -> tuple[int, ...]:
        """Where each replacement begins in the mended text."""
        places, grown = [], 0
        for start, end, new in self.replacements:
            places.append(start + grown)
            grown += len(new) - (end - start)
        return tuple(places)

    def _origin(self, offset: int) -> int:
        number = bisect_right(self._places, offset) - 1
        if number < 0:
            return offset
        start, end, new = self.replacements[number]
        behind = offset - self._places[number] - len(new)
        return end + behind if behind >= 0 else start
