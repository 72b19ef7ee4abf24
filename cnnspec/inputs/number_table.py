"""A CSV as a network's input: a row of the image in each line, the channels of a colour image one below another.

Numbers stand between commas, semicolons or tabs, with a point for decimals. Blank lines, and lines that begin with #,
are passed over. They are taken as they are: nothing is scaled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ..diagnostics import FileError, Span
from ..files.reading import AnyPath, Malformed

MOST = 1 << 26
"""Bytes of a table."""
SEPARATORS = ",;\t"
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


class NumberTable(NamedTuple):
    """`rows` of equally many numbers; `is_whole` when they are all written as whole ones."""

    rows: list[list[float]]
    is_whole: bool

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return len(self.rows), len(self.rows[0]) if self.rows else 0


def read(stream: BinaryIO, path: AnyPath) -> NumberTable:
    """The table in a file. Raises Malformed, and FileError (E403) at the line and column of what is no number."""
    data = stream.read(MOST + 1)
    if len(data) > MOST:
        raise Malformed(f"a table of more than {MOST:,} bytes", "save it as an .npy file")
    rows: list[list[float]] = []
    is_whole = True
    for number, line in _lines(data):
        separator = max(SEPARATORS, key=line.count)
        fields = line.split(separator)
        if rows and len(fields) != len(rows[0]):
            why = f"{len(fields)} numbers; the first row has {len(rows[0])}"
            raise _error(path, Span(number, 1, number, len(line) + 1), "a row has another length", why)
        rows.append(list(_numbers(path, number, fields)))
        is_whole = is_whole and not re.search(r"[.eE]", line)
    return NumberTable(rows, is_whole)


def _lines(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines that hold numbers, counted from 1."""
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip(" \t") and not line.startswith("#"):
            yield number, line


def _numbers(path: AnyPath, line: int, fields: list[str]) -> Iterator[float]:
    column = 1
    for field in fields:
        text = field.strip(' "')
        if not _NUMBER.fullmatch(text):
            what = f"`{text}` is no number" if text else "a number is missing"
            raise _error(path, Span(line, column, line, column + max(1, len(field))), what)
        yield float(text)
        column += len(field) + 1


def _error(path: AnyPath, span: Span, message: str, why: str = "") -> FileError:
    cure = "a row of the image in each line, numbers with commas between them"
    return FileError.about(path, "E403", message, why, cure, span)
