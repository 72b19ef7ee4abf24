"""Labels as they are written in a table: numbers of classes, or their names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...diagnostics import FileError, Span
from ...diagnostics.wording import listed, quantity
from ...files.natural_order import natural
from ...files.number_text import NUMBER
from ...graph.shape import Shape
from ...language.sections.train import LossName
from .targets import LISTED, named

_WHOLE = re.compile(r"[+-]?\d{1,15}(\.0*)?", re.ASCII)


class Place(NamedTuple):
    """Where a label stands first, and its number in the order in which they came."""

    number: int
    line: int
    column: int


class LabelTexts:
    """The labels of one example after another, of the file `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._first: dict[str, Place] = {}
        self._numbers: list[int] = []

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, field: str, line: int, column: int) -> None:
        """A label as it stands in a line, decoded as Latin-1."""
        try:
            text = field.encode("latin-1").decode("utf-8")
        except UnicodeDecodeError:
            cure = "save the table as UTF-8"
            raise FileError.about(self.path, "E424", "a label is no text", "", cure, _span(line, column)) from None
        if not text:
            cure = "leave out rows whose label is not known"
            raise FileError.about(self.path, "E424", "a label is missing", "", cure, _span(line, column))
        self._numbers.append(self._first.setdefault(text, Place(len(self._first), line, column)).number)

    def numbered(
        self, classes: tuple[str, ...] | None, output: Shape, loss: LossName
    ) -> tuple[NDArray[np.int64], tuple[str, ...] | None]:
        """A number for each example, and the classes' names where those are the table's own: in their natural order.

        The names of the spec's `classes` come first, then whole numbers, from 0 on, then names. Raises FileError: E421
        for what is no class of the network, E423 for numbers that are none of a class.
        """
        numbers, own = self._meanings(classes, output, loss)
        return numbers[self._numbers], own

    def _meanings(
        self, classes: tuple[str, ...] | None, output: Shape, loss: LossName
    ) -> tuple[NDArray[np.int64], tuple[str, ...] | None]:
        texts = list(self._first)
        if classes is not None and all(text in classes for text in texts):
            return np.array([classes.index(text) for text in texts]), None
        if all(map(_WHOLE.fullmatch, texts)):
            numbers = {text: int(text.partition(".")[0]) for text in texts}
            if loss != "binary_cross_entropy":
                self._refuse_outside(numbers, output[0])
            return np.array([*numbers.values()]), None
        if all(map(NUMBER.fullmatch, texts)):
            text = next(text for text in texts if not _WHOLE.fullmatch(text))
            cure = "`loss: mse` learns numbers; another column of labels is called `label` in a first line"
            raise self._at(text, "E423", f"`{text}` is no label", "labels are whole numbers or names", cure)
        if classes is not None:
            text = next(text for text in texts if text not in classes)
            why = f"the spec's `classes` are {listed(classes, LISTED)}"
            raise self._at(text, "E421", f"`{text}` is no class of the spec", why, "one of these, or change `classes`")
        own = tuple(sorted(texts, key=natural))
        order = named(self.path, own, None, output, loss)
        return np.array([order[own.index(text)] for text in texts]), own

    def _refuse_outside(self, numbers: dict[str, int], scores: int) -> None:
        low, high = min(numbers.values()), max(numbers.values())
        if low >= 0 and high < scores:
            return
        cure = f"a last layer of {high + 1} outputs, `dense: {{K: {high + 1}}}`" if low >= 0 else "count classes from 0"
        if low == 1 and high == scores:
            written = ", ".join(f'"{i}"' for i in range(1, min(scores, 3) + 1)) + ", ..." * (scores > 3)
            cure = f"name them in the spec: `classes: [{written}]`"
        text = next(text for text, number in numbers.items() if not 0 <= number < scores)
        why = f"the network gives {quantity(scores, 'score')}, so labels are 0 to {scores - 1}"
        raise self._at(text, "E421", f"label {text} is no class", f"{why}; these go from {low} to {high}", cure)

    def _at(self, text: str, code: str, message: str, why: str, cure: str) -> FileError:
        place = self._first[text]
        return FileError.about(self.path, code, message, why, cure, _span(place.line, place.column))


def _span(line: int, column: int) -> Span:
    return Span(line, column, line, column + 1)
