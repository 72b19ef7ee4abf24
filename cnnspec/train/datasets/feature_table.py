"""CSV: an example a row, as its features, numbers of any size, and what ought to come of them.

The answers are the last columns, or the one that a first line calls `label`, `y`, `class` or `target`; a column that
counts the rows is left out. A class stands there by its name or its number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...diagnostics import FileError
from ...diagnostics.wording import quantity
from ...files.file_array import StoredArray
from ...files.number_text import NUMBER
from ...files.reading import blaming
from ...graph.shape import Shape
from ...language.sections.train import LossName
from . import csv_lines
from .csv_lines import COUNTERS, LABELS, CsvLine, error
from .label_texts import LabelTexts
from .storage import array, kept, plain

MOST = 2**44
"""Bytes of the features as float32."""
Rows = list[list[str]]


class FeatureTable(NamedTuple):
    """Inputs (n, C), and labels (n,) with their `classes` where they are names, or targets (n, answers)."""

    inputs: StoredArray
    answers: NDArray[np.int64] | NDArray[np.float32]
    classes: tuple[str, ...] | None

    @property
    def are_labels(self) -> bool:
        return self.answers.dtype.kind == "i"


class Wanted(NamedTuple):
    """What a network asks of a table: so many features, and answers for an `output` and a `loss`; the names of the
    spec's `classes`."""

    features: int
    output: Shape
    loss: LossName
    classes: tuple[str, ...] | None

    @property
    def answers(self) -> tuple[int, ...]:
        """How many columns of answers there may be: a label, or a number for each value of the output."""
        return (1,) if self.loss == "cross_entropy" or prod(self.output) == 1 else (1, prod(self.output))

    def are_labels(self, columns: int) -> bool:
        return columns == 1 and not (self.loss == "mse" and prod(self.output) == 1)


class Columns(NamedTuple):
    """How many there are, what stands between them, and the places of features and answers."""

    width: int
    separator: str
    features: tuple[int, ...]
    answers: tuple[int, ...]
    is_named: bool


def read(path: Path, wanted: Wanted) -> FeatureTable:
    """The table in a file. Raises FileError: E403 and E404, E420 when there is no row, E421 and E423 for labels that
    are none of the network's, E424 for a row that is none."""
    targets: list[NDArray[np.float32]] = []
    labels = LabelTexts(path)
    columns: Columns | None = None

    def features() -> Iterator[bytes]:
        nonlocal columns
        for lines in csv_lines.blocks(path, stream):
            if columns is None:
                columns = _columns(path, lines[0], wanted)
                del lines[: columns.is_named]
            rows = [_row(path, line, columns) for line in lines]
            if wanted.are_labels(len(columns.answers)):
                (place,) = columns.answers
                for line, row in zip(lines, rows, strict=True):
                    labels.add(row[place], line.number, csv_lines.start(line, place, columns.separator))
            else:
                targets.append(_numbers(path, lines, rows, columns.answers, columns.separator))
            yield _numbers(path, lines, rows, columns.features, columns.separator).tobytes()

    with plain(path) as stream, blaming(path):
        stored = kept(features(), MOST)
    count = len(labels) or sum(map(len, targets))
    if not count:
        raise FileError.about(path, "E420", "the table has no rows", help="a row for each example")
    x = array(stored, "<f4", (count, wanted.features), 0)
    if not labels:
        return FeatureTable(x, np.concatenate(targets), None)
    return FeatureTable(x, *labels.numbered(wanted.classes, wanted.output, wanted.loss))


def _columns(path: Path, first: CsvLine, wanted: Wanted) -> Columns:
    """What the first line says of all: it holds names where none of its fields is a number."""
    separator = csv_lines.separator(first)
    fields = csv_lines.fields(path, first, separator)
    is_named = not any(map(NUMBER.fullmatch, fields))
    names = csv_lines.names(path, first) if is_named else []
    kept = [i for i in range(len(fields)) if not (is_named and names[i] in COUNTERS)]
    called = [i for i in kept if is_named and names[i] in LABELS]
    if len(called) > 1:
        why = " and ".join(f"`{names[i]}`" for i in called) + " may be labels"
        raise error(
            path, first.number, 1, "which column is the label?", why, "call one of them `label`, the others not"
        )
    answers = called or kept[wanted.features :]
    features = [i for i in kept if i not in answers]
    if len(features) != wanted.features or len(answers) not in wanted.answers:
        counts = " or ".join(f"{n:,}" for n in wanted.answers)
        asked = f"{quantity(wanted.features, 'feature')} and {counts} for the answer"
        why = f"the network takes {asked}; here are {quantity(len(kept), 'column')}" + _left_out(fields, kept)
        cure = f"`input: {{C: {len(kept) - 1}}}`" if len(kept) > 1 else "numbers with commas between them"
        if len(kept) - 1 == wanted.features:
            cure = "the answers behind the features, or one column called `label`"
        raise error(path, first.number, 1, "the columns do not fit the network's input", why, cure)
    return Columns(len(fields), separator, tuple(features), tuple(answers), is_named)


def _left_out(fields: Sequence[str], kept: Sequence[int]) -> str:
    return ", the one that counts the rows left out" if len(kept) < len(fields) else ""


def _row(path: Path, line: CsvLine, columns: Columns) -> list[str]:
    row = csv_lines.fields(path, line, columns.separator)
    if len(row) != columns.width:
        why = f"{quantity(len(row), 'field')}; the first line has {columns.width}"
        raise error(path, line.number, 1, "a row has another length", why, "an example a line, as many fields in each")
    return row


def _numbers(
    path: Path, lines: list[CsvLine], rows: Rows, places: Sequence[int], separator: str
) -> NDArray[np.float32]:
    """The numbers in some columns, (n, columns). Raises FileError (E424) at the first that is none."""
    cure = "a number for each feature; leave out rows in which one is not known"
    for line, row in zip(lines, rows, strict=True):
        for place in places:
            if not NUMBER.fullmatch(row[place]):
                what = "a field is no number" if row[place] else "a number is missing"
                found = f"found `{row[place][:20]}`" if row[place] else ""
                raise error(path, line.number, csv_lines.start(line, place, separator), what, found, cure)
    exact = np.array([[float(row[place]) for place in places] for row in rows]).reshape(len(rows), len(places))
    with np.errstate(over="ignore"):
        values = exact.astype("<f4")
    if not np.isfinite(values).all():
        i, column = map(int, np.argwhere(~np.isfinite(values))[0])
        line, place = lines[i], places[column]
        why = f"found `{rows[i][place][:20]}`; float32 ends at 3.4e38"
        raise error(path, line.number, csv_lines.start(line, place, separator), "a number is too large", why, "")
    return values
