"""CSV: an image a row, as its label and its gray pixels, whole numbers from 0 to 255, row by row.

Without a header line the label stands first. With one, it is the column called `label` or `y`.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...diagnostics import FileError, Span
from ...files.file_array import StoredArray
from ...files.reading import blaming
from .storage import array, kept, plain

LABELS = ("label", "y")
BLOCK = 2**22
"""Bytes that are read at once; a line may not be longer."""
MOST = 2**40
WHOLE = 2**53
"""Up to here, float64 tells whole numbers apart."""


class CsvColumns(NamedTuple):
    """How many there are, and the place of the label's."""

    width: int
    label: int


class CsvLine(NamedTuple):
    number: int
    text: str


def is_table(path: Path) -> bool:
    """Whether a file is called like a table."""
    return path.name.lower().removesuffix(".gz").endswith(".csv")


def read(path: Path, size: tuple[int, int]) -> tuple[StoredArray, NDArray[np.int64]]:
    """Images (n, H, W) and labels (n,). A row has H x W = `size` pixels, or those of some square.

    Raises FileError: E403 and E404, E420 when there is no row, E424 for a row that is no image.
    """
    labels: list[NDArray[np.int64]] = []
    width = 0

    def pixels() -> Iterator[bytes]:
        nonlocal width
        for lines, columns in _blocks(path, stream):
            rows = _parsed(path, lines, columns)
            width = columns.width - 1
            labels.append(rows[:, columns.label])
            yield np.delete(rows, columns.label, axis=1).astype(np.uint8).tobytes()

    with plain(path) as stream, blaming(path):
        stored = kept(pixels(), MOST)
    if not labels:
        raise FileError.about(path, "E420", "the table has no rows", help="a row for each example")
    H, W = size if width == size[0] * size[1] else (isqrt(width), isqrt(width))
    if width != H * W or not width:
        why = f"{width} pixels are neither {size[0]} x {size[1]} nor a square"
        raise _error(
            path, 1, 1, "a row is no gray image", why, "all pixels of the image, row by row; else an `.npz` file"
        )
    found = np.concatenate(labels)
    return array(stored, "u1", (len(found), H, W), 0), found


def _blocks(path: Path, stream: IO[bytes]) -> Iterator[tuple[list[CsvLine], CsvColumns]]:
    """The table piece by piece, without blank lines and without its header."""
    columns, number = None, 0
    while block := stream.read(BLOCK):
        block += stream.readline(BLOCK)
        texts = block.decode("latin-1").removeprefix("\xef\xbb\xbf").splitlines()
        lines = [CsvLine(number + i, text) for i, text in enumerate(texts, 1) if text.strip()]
        number += len(texts)
        if not block.endswith(b"\n") and stream.read(1):
            raise _error(
                path, number, 1, "a line is too long", f"it has more than {BLOCK:,} bytes", "an example a line"
            )
        if columns is None and lines:
            columns = _columns(path, lines[0])
            lines = lines[not _is_numeric(lines[0]) :]
        if columns is not None and lines:
            yield lines, columns


def _columns(path: Path, first: CsvLine) -> CsvColumns:
    fields = [field.strip().strip('"').lower() for field in first.text.split(",")]
    if _is_numeric(first):
        return CsvColumns(len(fields), 0)
    found = [i for i, field in enumerate(fields) if field in LABELS]
    if len(found) != 1:
        why = f"the first line is neither numbers nor names with one of {' and '.join(f'`{name}`' for name in LABELS)}"
        raise _error(path, first.number, 1, "which column is the label?", why, "call it `label`")
    return CsvColumns(len(fields), found[0])


def _parsed(path: Path, lines: list[CsvLine], columns: CsvColumns) -> NDArray[np.int64]:
    """The numbers of some lines, (n, columns), pixels from 0 to 255."""
    try:
        rows = np.loadtxt((line.text for line in lines), delimiter=",", comments=None, ndmin=2)
    except ValueError as fault:
        _blame(path, lines, columns)
        raise _error(path, lines[0].number, 1, "the table cannot be read", str(fault), "numbers and commas") from None
    if rows.shape[1] != columns.width:
        _blame(path, lines, columns)
    low, high = np.zeros(columns.width), np.full(columns.width, 255)
    low[columns.label], high[columns.label] = -WHOLE, WHOLE
    wrong = ~((low <= rows) & (rows <= high) & (rows == np.floor(rows)))
    if wrong.any():
        row, column = map(int, np.argwhere(wrong)[0])
        line = lines[row]
        what = "a label is a whole number" if column == columns.label else "a pixel is a whole number from 0 to 255"
        cure = "other numbers go into an `.npz` file: its x is taken as it is"
        raise _error(path, line.number, _start(line, column), what, f"found {rows[row, column]:g}", cure)
    return rows.astype(np.int64)


def _blame(path: Path, lines: list[CsvLine], columns: CsvColumns) -> None:
    """Raises E424 for the first line of another length, or the first field that is no number."""
    for line in lines:
        fields = line.text.split(",")
        if len(fields) != columns.width:
            why = f"{len(fields)} fields; the first line has {columns.width}"
            raise _error(path, line.number, 1, "a row has another length", why, "an example a line, fields with commas")
        for column, field in enumerate(fields):
            if not _is_number(field):
                found = f"found `{field.strip()[:20]}`"
                cure = "a number for each class, from 0 on, and for each pixel, from 0 to 255"
                raise _error(path, line.number, _start(line, column), "a field is no number", found, cure)


def _start(line: CsvLine, column: int) -> int:
    """Where a field begins, counted from 1."""
    return sum(len(field) + 1 for field in line.text.split(",")[:column]) + 1


def _is_numeric(line: CsvLine) -> bool:
    return all(map(_is_number, line.text.split(",")))


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return "_" not in field


def _error(path: Path, line: int, column: int, message: str, why: str, cure: str) -> FileError:
    return FileError.about(path, "E424", message, why, cure, Span(line, column, line, column + 1))
