"""The lines of a CSV, whatever they hold: piece by piece, without blank ones and comments, and what its first one says.

Fields stand between commas, semicolons or tabs, and may stand in quotes as in RFC 4180, but end with their line; lines
that begin with # are comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from csv import Error, reader
from pathlib import Path
from typing import IO, NamedTuple

from ...diagnostics import FileError, Span
from ...files import number_text
from ...files.number_text import NUMBER

LABELS = ("label", "y", "class", "target")
"""What a column of labels may be called."""
COUNTERS = ("", "id", "index", "unnamed: 0")
"""What the column is called in which other programs count the rows."""
BLOCK = 2**22
"""Bytes that are read at once; a line may not be longer."""
_FIELD = re.compile(rf' *(?:" *)?{NUMBER.pattern} *(?:" *)?|(?i: *nan *)', re.ASCII)


class CsvLine(NamedTuple):
    """A line, counted from 1. Its text is decoded byte by byte, as Latin-1."""

    number: int
    text: str


def blocks(path: Path, stream: IO[bytes]) -> Iterator[list[CsvLine]]:
    """Some lines at a time, without blank ones and comments. Raises FileError (E424)."""
    number = 0
    while block := stream.read(BLOCK):
        block += stream.readline(BLOCK)
        texts = (
            block.decode("latin-1").removeprefix("\xef\xbb\xbf").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        )
        texts = texts[: len(texts) - (not texts[-1])]
        given = (CsvLine(number + i, text) for i, text in enumerate(texts, 1) if text.strip())
        lines = [line for line in given if not line.text.startswith("#")]
        number += len(texts)
        if not block.endswith(b"\n") and stream.read(1):
            raise error(path, number, 1, "a line is too long", f"it has more than {BLOCK:,} bytes", "an example a line")
        if lines:
            yield lines


def separator(first: CsvLine) -> str:
    """What stands between fields, by the first line."""
    return number_text.separator(first.text)


def fields(path: Path, line: CsvLine, separator: str) -> list[str]:
    """What a line holds, without quotes and spaces around. Raises FileError (E424)."""
    try:
        (found,) = reader([line.text], delimiter=separator, strict=True)
    except (Error, ValueError) as fault:
        raise error(path, line.number, 1, "the row cannot be read", str(fault), "an example a line") from None
    return [field.strip(" ") for field in found]


def names(path: Path, first: CsvLine) -> list[str]:
    """The names of columns that a first line holds, in small letters. Raises FileError (E424)."""
    return [name.strip().lower() for name in fields(path, first, separator(first))]


def start(line: CsvLine, column: int, separator: str) -> int:
    """Where a field begins, counted from 1."""
    return sum(len(field) + 1 for field in line.text.split(separator)[:column]) + 1


def is_number(field: str) -> bool:
    """Whether a field is a number, in quotes or not, or stands for none, without characters that are not seen."""
    return _FIELD.fullmatch(field) is not None


def error(path: Path, line: int, column: int, message: str, why: str, cure: str) -> FileError:
    """E424 at a place of the table."""
    return FileError.about(path, "E424", message, why, cure, Span(line, column, line, column + 1))
