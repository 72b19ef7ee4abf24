"""A data set as training sees it: so many examples, any of which can be read at any time, from any thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .array_values import ArrayValues, Indices

Images = NDArray[np.float32]
Answers = NDArray[Any]
"""What examples ought to give: labels int64 (n,), or targets float32 (n, *output)."""


class InputSource(Protocol):
    """Inputs, on disk or in memory."""

    def __len__(self) -> int: ...

    def read(self, indices: Indices) -> Images:
        """Those of the given places, in their order: (n, C, H, W), C-contiguous."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and what the network ought to make of them.

    `name` is the path shown to the reader. `classes` are the names of the labels where they have some. `blank` is
    the value (C,) of a black cell in each channel: the background that augmentation fills in.

    `seal` works out the fingerprint. `files` are the examples' own, where each has one.
    """

    name: str
    inputs: InputSource
    answers: ArrayValues
    classes: tuple[str, ...] | None
    blank: NDArray[np.float32]
    seal: Callable[[], str]
    files: tuple[Path, ...] | None = None

    @cached_property
    def fingerprint(self) -> str:
        """A hash: equal for equal data, wherever they lie. It covers the answers, all of the inputs, and of pixels the
        `preprocess` that makes inputs of them; of images in folders also their names. So all data are read once."""
        return self.seal()

    def __len__(self) -> int:
        return len(self.inputs)

    def class_name(self, label: int) -> str:
        """The name of a label, or its number where it has none."""
        return self.classes[label] if self.classes and label < len(self.classes) > 1 else str(label)

    def file(self, example: int) -> str:
        """Where an example lies in the folder of the data, "" where it has no file of its own."""
        return str(self.files[example].relative_to(self.name)) if self.files else ""

    def read(self, indices: Indices) -> tuple[Images, Answers]:
        """Inputs float32 (n, C, H, W), C-contiguous, and labels int64 (n,) or targets float32 (n, *output).

        Labels are (n, H, W) where the output is a list of scores for each place, (K, H, W). Raises FileError for what
        could not be known before: E410 an image is damaged, E426 a number is not finite.
        """
        return self.inputs.read(indices), self.answers.read(indices)
