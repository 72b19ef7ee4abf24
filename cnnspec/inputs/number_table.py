"""A CSV as a network's input: a row of the image in each line, the channels of a colour image one below another.

Numbers stand between commas, semicolons or tabs, with a point for decimals. Blank lines, and lines that begin with #,
are passed over. They are taken as they are: nothing is scaled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ..diagnostics import FileError, Span
from ..diagnostics.wording import clipped, quantity
from ..files.number_text import NUMBER, separator
from ..files.reading import AnyPath, Malformed

MOST = 1 << 24
"""Bytes of a table."""


class NumberTable(NamedTuple):
    """The lines of a file that hold numbers, with their numbers counted from 1, not yet read as numbers."""

    path: AnyPath
    lines: list[tuple[int, str]]

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns), by the first row."""
        return len(self.lines), len(_fields(self.lines[0][1])) if self.lines else 0

    @property
    def is_whole(self) -> bool:
        """Whether all numbers are written as whole ones."""
        return not any(re.search(r"[.eE]", text) for _, text in self.lines)

    def rows(self) -> list[list[float]]:
        """The numbers. Raises FileError (E403) at the line and column of what is none."""
        found: list[list[float]] = []
        for number, text in self.lines:
            fields = _fields(text)
            if len(fields) != self.shape[1]:
                why = f"{quantity(len(fields), 'number')}; the first row has {self.shape[1]}"
                raise _error(self.path, Span(number, 1, number, len(text) + 1), "a row has another length", why)
            found.append(list(_numbers(self.path, number, fields)))
        return found


def read(stream: BinaryIO, path: AnyPath, has_names: bool = False) -> NumberTable:
    """The table in a file; with `has_names` its first line may be names of its columns, which are passed over. Raises
    Malformed."""
    data = stream.read(MOST + 1)
    if len(data) > MOST:
        raise Malformed(f"a table of more than {MOST:,} bytes", "save it as an .npy file")
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
    numbered = ((number, line) for number, line in enumerate(text.split("\n"), 1))
    lines = [(n, line) for n, line in numbered if line.strip(" \t") and not line.startswith("#")]
    if has_names and lines and not any(NUMBER.fullmatch(field.strip(' "')) for field in _fields(lines[0][1])):
        del lines[0]
    return NumberTable(path, lines)


def _fields(line: str) -> list[str]:
    return line.split(separator(line))


def _numbers(path: AnyPath, line: int, fields: list[str]) -> Iterator[float]:
    column = 1
    for field in fields:
        text = field.strip(' "')
        if not NUMBER.fullmatch(text):
            what = f"`{clipped(text)}` is no number" if text else "a number is missing"
            raise _error(path, Span(line, column, line, column + max(1, len(field))), what)
        yield float(text)
        column += len(field) + 1


def _error(path: AnyPath, span: Span, message: str, why: str = "") -> FileError:
    cure = "a row of the image in each line, numbers with commas between them and a point for decimals"
    return FileError.about(path, "E403", message, why, cure, span)
