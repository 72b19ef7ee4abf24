"""What the examples of a data set ought to give, held against the network's output and the loss."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...diagnostics import FileError
from ...diagnostics.wording import listed, quantity
from ...files.file_array import StoredArray, pieces
from ...graph.shape import Shape, times
from ...language.sections.train import LossName
from .array_values import ArrayValues

LISTED = 10
"""So many names of classes are said."""


def answers(path: Path, y: StoredArray, count: int, output: Shape, loss: LossName) -> ArrayValues:
    """y, of the file `path`, as what a network with `output` is to give for `count` inputs.

    Raises FileError: E421 for labels that are none of its scores, E422 for another number than `count`, E423 when
    they are of another kind or shape than the loss compares with the output. Labels may stand for vectors of a 1
    among zeros with `mse`, and for a single output with `binary_cross_entropy`.
    """
    if not y.ndim:
        cure = "an array with one row for each input, in its order"
        raise FileError.about(path, "E423", "`y` is a single number", _shapes(y, output), cure)
    if len(y) != count:
        why, cure = f"{quantity(count, 'input')}, {quantity(len(y), 'answer')}", "each input needs one, in its order"
        raise FileError.about(path, "E422", "there are not as many answers as inputs", why, cure)
    if loss == "binary_cross_entropy":
        return _bits(path, y, output)
    are_labels = y.ndim == 1 and y.dtype.kind in "iub" and len(output) == 1 and output != (1,)
    return _targets(path, y, output) if loss == "mse" and not are_labels else _labels(path, y, output)


def _targets(path: Path, y: StoredArray, output: Shape) -> ArrayValues:
    if y.shape[1:] != output:
        cure = f"`y` of shape {('n', *output)}".replace("'", "")
        if prod(y.shape[1:]) == prod(output):
            cure = f"save `y.reshape({', '.join(map(str, (-1, *output)))})`"
        message = "`mse` compares numbers one by one with the output"
        raise FileError.about(path, "E423", message, _shapes(y, output), cure)
    return ArrayValues(path, "y", y, "float32").check()


def _bits(path: Path, y: StoredArray, output: Shape) -> ArrayValues:
    """A 0 or a 1 for each value of the output."""
    is_single = y.ndim == 1 and prod(output) == 1
    if y.shape[1:] != output and not is_single:
        cure = f"`y` of shape {('n', *output)}".replace("'", "")
        if prod(y.shape[1:]) == prod(output):
            cure = f"save `y.reshape({', '.join(map(str, (-1, *output)))})`"
        elif y.ndim == 1 and y.dtype.kind in "iub" and len(output) == 1:
            cure = f"`loss: cross_entropy`, where each example has one label; else save `numpy.eye({output[0]})[y]`"
        message = "`binary_cross_entropy` takes a 0 or a 1 for each output"
        raise FileError.about(path, "E423", message, _shapes(y, output), cure)
    for start, piece in pieces(y):
        wrong = (piece != 0) & (piece != 1)
        if wrong.any():
            place, *rest = (int(i) for i in np.argwhere(wrong)[0])
            value = piece[place, *rest]
            cure = "save `y > 0`, or `loss: mse` for other numbers" if np.isfinite(value) else "leave the example out"
            where = ", ".join(map(str, (start + place, *rest)))
            why = "`binary_cross_entropy` learns whether each label is there: 1, or not: 0"
            raise FileError.about(path, "E421", f"`y[{where}]` is {value:g}, neither 0 nor 1", why, cure)
    return ArrayValues(path, "y", y, "int64")


def _labels(path: Path, y: StoredArray, output: Shape) -> ArrayValues:
    if y.shape[1:] == output and y.shape[1:] != output[1:]:
        cure = "`loss: mse`; when they are classes one-hot, save `y.argmax(1)`"
        raise FileError.about(path, "E423", "`cross_entropy` takes labels", _shapes(y, output), cure)
    if y.shape[1:] != output[1:]:
        where = f" for each of {times(output[1:])} places" if output[1:] else " an example"
        cure = "`loss: mse`" if y.dtype.kind == "f" else f"`y` of shape {('n', *output[1:])}".replace("'", "")
        raise FileError.about(path, "E423", f"`cross_entropy` takes one label{where}", _shapes(y, output), cure)
    if y.dtype.kind == "f":
        why = f"`y` is of type {y.dtype}, made for fractions"
        raise FileError.about(path, "E423", "labels are whole numbers", why, "save `y.astype(int)`, or `loss: mse`")
    _refuse_labels_outside(path, y, output[0])
    return ArrayValues(path, "y", y, "int64")


def _refuse_labels_outside(path: Path, y: StoredArray, scores: int) -> None:
    ends = [(int(piece.min()), int(piece.max())) for _, piece in pieces(y)]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    if low >= 0 and high < scores:
        return
    wrong = high if high >= scores else low
    first = next(start + int(np.nonzero(piece == wrong)[0][0]) for start, piece in pieces(y) if wrong in piece)
    cure = f"a last layer of {high + 1} outputs, `dense: {{K: {high + 1}}}`" if low >= 0 else "count classes from 0"
    if low == 1 and high == scores:
        cure = "classes are counted from 0: save `y - 1`"
    given = quantity(scores, "score")
    why = f"the network gives {given}, so labels are 0 to {scores - 1}; these go from {low} to {high}"
    raise FileError.about(path, "E421", f"label {wrong} of example {first} is no class", why, cure)


def named(
    path: Path, found: tuple[str, ...], classes: tuple[str, ...] | None, output: Shape, loss: LossName
) -> NDArray[np.int64]:
    """The label of each of the `found` class names: its place in `classes`, or without these its own. E421."""
    if loss == "binary_cross_entropy" and prod(output) == 1 and classes is None and len(found) == 2:
        return np.arange(2)  # of two classes the second is there or not
    if classes is not None:
        if strangers := [name for name in found if name not in classes]:
            why = f"the spec's `classes` are {listed(classes, LISTED)}"
            message = f"`{strangers[0]}` is no class of the spec"
            raise FileError.about(path, "E421", message, why, "name the folders like the classes, or change `classes`")
        return np.array([classes.index(name) for name in found], np.int64)
    if len(output) == 1 and len(found) != output[0]:
        why = f"the classes are {listed(found, LISTED)}"
        message = f"{len(found)} classes, but the network gives {quantity(output[0], 'score')}"
        cure = f"a last layer of {len(found)} outputs, `dense: {{K: {len(found)}}}`, or name its `classes` in the spec"
        raise FileError.about(path, "E421", message, why, cure)
    return np.arange(len(found))


def _shapes(y: StoredArray, output: Shape) -> str:
    return f"the answers are {y.shape}, {y.dtype}; the output is {('n', *output)}".replace("'", "")
