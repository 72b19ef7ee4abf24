"""Data sets: pairs of an input and what the network ought to make of it, read from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .examples import Examples

if TYPE_CHECKING:
    from ...files import AnyPath
    from ...spec import Spec
    from .targets import Loss

__all__ = ["Examples", "data_path", "open_examples"]


def data_path(spec: Spec, given: str | None = None) -> Path:
    """The data set to take: `given`, by default what the spec's `train: {data: ...}` names.

    Either is a path, or the name of a bundled data set (`digits`). A path in a spec starts in the spec's folder.
    Raises FileError: E414 when the spec names none, E416 when its path leaves the spec's folder, E404.
    """
    raise NotImplementedError


def open_examples(path: AnyPath, spec: Spec, loss: Loss = "cross_entropy") -> Examples:
    """The examples in a file or folder, as inputs and targets of the spec's network.

    - an IDX file of images, or a folder with `train-images-idx3-ubyte` (.gz or not), and its labels beside it
    - a folder with one sub-folder of images a class, named like the spec's `classes` where it has some. Their order
      is mixed: every stretch of it holds each class in proportion
    - `.npz` with x (N, C, H, W) and y
    - `.csv` (.gz or not): label and pixels a row, or a column called `label` or `y`

    Pixels (IDX, images, CSV) go through the spec's `preprocess`; numbers in `.npz` are taken as they are. Everything
    that can be known before the work is checked. Raises FileError (E403, E404, E406, E410 to E413, E420 to E424).
    """
    raise NotImplementedError
