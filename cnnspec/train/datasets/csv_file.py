"""CSV: an image a row, as its label and its gray pixels, whole numbers from 0 to 255, row by row.

Without a header line the label stands first. With one, it is the column called `label`, `y`, `class` or `target`, and a
column that counts the rows is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...diagnostics import FileError
from ...diagnostics.wording import quantity
from ...files.file_array import StoredArray
from ...files.reading import blaming
from . import csv_lines
from .csv_lines import COUNTERS, LABELS, CsvLine, error, is_number
from .storage import array, kept, plain

MOST = 2**40
_UNSEEN = re.compile(r"[^ -~\t]")
"""What NumPy may take for blanks around a number, and nobody else does."""
WHOLE = 2**53
"""Up to here, float64 tells whole numbers apart."""


class CsvColumns(NamedTuple):
    """How many there are and what stands between them, the place of the label's, and of those that are no pixels."""

    width: int
    separator: str
    label: int
    others: tuple[int, ...]
    is_named: bool

    def fields(self, line: CsvLine) -> list[str]:
        return line.text.split(self.separator)

    def start(self, line: CsvLine, column: int) -> int:
        """Where a field begins, counted from 1."""
        return csv_lines.start(line, column, self.separator)


def read(path: Path, size: tuple[int, int]) -> tuple[StoredArray, NDArray[np.int64]]:
    """Images (n, H, W) and labels (n,). A row has H x W = `size` pixels, or those of some square.

    Raises FileError: E403 and E404, E420 when there is no row, E424 for a row that is no image.
    """
    labels: list[NDArray[np.int64]] = []
    lasts: list[NDArray[np.int64]] = []
    width = 0

    def pixels() -> Iterator[bytes]:
        nonlocal width
        columns: CsvColumns | None = None
        for lines in csv_lines.blocks(path, stream):
            if columns is None:
                columns = _columns(path, lines[0])
                del lines[: columns.is_named]
            if not lines:
                continue
            rows = _parsed(path, lines, columns)
            width = columns.width - len(columns.others)
            labels.append(rows[:, columns.label])
            if not columns.is_named:
                lasts.append(rows[:, -1])
            yield np.delete(rows, columns.others, axis=1).astype(np.uint8).tobytes()

    with plain(path) as stream, blaming(path):
        stored = kept(pixels(), MOST)
    if not labels:
        raise FileError.about(path, "E420", "the table has no rows", help="a row for each example")
    H, W = size if width == size[0] * size[1] else (isqrt(width), isqrt(width))
    if width != H * W or not width:
        why = f"{width} pixels are neither {size[0]} x {size[1]} nor a square"
        raise error(
            path, 1, 1, "a row is no gray image", why, "all pixels of the image, row by row; else an `.npz` file"
        )
    found = np.concatenate(labels)
    _refuse_first(path, found, lasts)
    return array(stored, "u1", (len(found), H, W), 0), found


def _columns(path: Path, first: CsvLine) -> CsvColumns:
    """What the first line says of all."""
    separator = csv_lines.separator(first)
    fields = first.text.split(separator)
    if all(map(is_number, fields)):
        return CsvColumns(len(fields), separator, 0, (0,), False)
    names = csv_lines.names(path, first)
    found = [i for i, name in enumerate(names) if name in LABELS]
    if len(found) != 1:
        wanted = ", ".join(f"`{name}`" for name in LABELS)
        why = f"the first line is neither numbers nor names with one of {wanted}"
        raise error(path, first.number, 1, "which column is the label?", why, "call it `label`")
    counters = tuple(i for i, name in enumerate(names) if name in COUNTERS)
    return CsvColumns(len(names), separator, found[0], (found[0], *counters), True)


def _refuse_first(path: Path, labels: NDArray[np.int64], lasts: list[NDArray[np.int64]]) -> None:
    """Refuse a first column that never changes, as the corner of an image, where the last one numbers classes."""
    if not lasts or (labels != labels[0]).any():
        return
    found = np.unique(np.concatenate(lasts))
    if len(found) > 1 and found[0] in (0, 1) and found[-1] - found[0] == len(found) - 1:
        why = f"the first column is always {labels[0]}, the last one counts from {found[0]} to {found[-1]}"
        cure = "a first line of names, with `label` for its column"
        raise error(path, 1, 1, "which column is the label?", why, cure)


def _parsed(path: Path, lines: list[CsvLine], columns: CsvColumns) -> NDArray[np.int64]:
    """The numbers of some lines, (n, columns), pixels from 0 to 255."""
    for line in lines:
        if _UNSEEN.search(line.text):
            _blame(path, [line], columns)
    try:
        quote = '"' if any('"' in line.text for line in lines) else None
        texts = (line.text for line in lines)
        rows = np.loadtxt(texts, delimiter=columns.separator, comments=None, ndmin=2, quotechar=quote)
    except ValueError as fault:
        _blame(path, lines, columns)
        raise error(
            path, lines[0].number, 1, "the table cannot be read", str(fault), "numbers and what parts them"
        ) from None
    if rows.shape[1] != columns.width:
        _blame(path, lines, columns)
    low, high = np.zeros(columns.width), np.full(columns.width, 255)
    low[list(columns.others)], high[list(columns.others)] = -WHOLE, WHOLE
    wrong = ~((low <= rows) & (rows <= high) & (rows == np.floor(rows)))
    if wrong.any():
        row, column = map(int, np.argwhere(wrong)[0])
        line = lines[row]
        what = "a label is a whole number" if column == columns.label else "a pixel is a whole number from 0 to 255"
        cure = "other numbers go into an `.npz` file: its x is taken as it is"
        raise error(path, line.number, columns.start(line, column), what, f"found {rows[row, column]:g}", cure)
    return rows.astype(np.int64)


def _blame(path: Path, lines: list[CsvLine], columns: CsvColumns) -> None:
    """Raises E424 for the first line of another length, or the first field that is no number."""
    for line in lines:
        fields = columns.fields(line)
        if len(fields) != columns.width:
            why = f"{quantity(len(fields), 'field')}; the first line has {columns.width}"
            raise error(
                path, line.number, 1, "a row has another length", why, "an example a line, as many fields in each"
            )
        for column, field in enumerate(fields):
            if not is_number(field):
                found = f"found `{field.strip()[:20]}`"
                cure = "a number for each class, from 0 on, and for each pixel, from 0 to 255"
                raise error(path, line.number, columns.start(line, column), "a field is no number", found, cure)
