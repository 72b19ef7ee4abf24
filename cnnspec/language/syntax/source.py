"""The text of a spec, and where each of its characters stands."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from ...diagnostics import Diagnostic, Span, SpecError

MAX_BYTES = 1024 * 1024

_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class Source:
    """A text and the path shown to the reader. Offsets count characters from 0."""

    file: str
    text: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The text's lines without their ends; line 1 of a Span is `lines[0]`."""
        return tuple(_LINE_END.split(self.text))

    @cached_property
    def _starts(self) -> tuple[int, ...]:
        return (0, *(match.end() for match in _LINE_END.finditer(self.text)))

    def span(self, start: int, end: int) -> Span:
        return Span(*self._place(start), *self._place(end))

    def point(self, offset: int) -> Span:
        """The character at `offset`; without width at the end of a line."""
        return self.span(offset, offset + (self.text[offset : offset + 1] not in ("", "\r", "\n")))

    def line_start(self, offset: int) -> int:
        return self._starts[self._place(offset)[0] - 1]

    def offset(self, line: int, column: int) -> int:
        """Where a line and column, as in a Span, lie in the text."""
        return self._starts[line - 1] + column - 1

    def _place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def read(file: str, data: bytes) -> Source:
    """The text of a spec. Raises SpecError: E002 when it is not UTF-8, E003 when it is too large.

    A caller need not load more than MAX_BYTES + 1 bytes.
    """
    if len(data) > MAX_BYTES:
        found = Diagnostic(
            "E003",
            f"the file has more than {MAX_BYTES:,} bytes",
            file,
            why=f"a spec has at most {MAX_BYTES:,} bytes (1 MiB)",
            help="layers that repeat fit in a block: see `blocks` and `repeat`",
        )
        raise SpecError([found])
    try:
        return Source(file, data.removeprefix(codecs.BOM_UTF8).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise SpecError([_undecodable(file, error)]) from None


def _undecodable(file: str, error: UnicodeDecodeError) -> Diagnostic:
    before = Source(file, error.object[: error.start].decode("utf-8"))
    place = len(before.text)
    wide = error.object.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return Diagnostic(
        "E002",
        "the file is UTF-16 or UTF-32, not UTF-8" if wide else "the file is not UTF-8",
        file,
        before.span(place, place),
        label=f"byte 0x{error.object[error.start]:02X} begins no character",
        help="save the file as UTF-8",
    )
