"""What `run` is given: image files, folders of images, arrays. Batches come one at a time, bad inputs beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..diagnostics import Diagnostic, FileError
from ..files.places import is_folder
from ..graph.array import Array
from ..graph.shape import Shape
from ..language.sections.preprocess import Preprocess
from . import is_array
from .arrays import check, load_input
from .images import listing, load


class Case(NamedTuple):
    """One input (C, H, W) with the name to show; `failure` instead of the array when it cannot be used. `label` is the
    class that it is of, by name or number, where the data say so."""

    name: str
    array: Array | None = None
    failure: FileError | None = None
    label: str | int | None = None


class InputBatch(NamedTuple):
    """Cases without their arrays, and the array (n, C, H, W) of the usable ones; None when none is."""

    cases: list[Case]
    array: Array | None


def paths(given: Iterable[str]) -> Iterator[Path]:
    """Files as they are, folders as their images in natural order; an unusable folder stands for itself."""
    for name in given:
        path = Path(name)
        try:
            images = listing(path) if is_folder(path) else []
        except FileError:
            images = []
        yield from images or [path]


def count(files: Iterable[Path], input: Shape) -> int:
    """How many cases the files hold: an array file one or many, by its header."""
    return sum(_stored(path, input) for path in files)


def _stored(path: Path, input: Shape) -> int:
    try:
        return check(path, input) if is_array(path) else 1
    except FileError:
        return 1


def cases(
    files: Iterable[Path], preprocess: Preprocess | None, input: Shape, folder: Path | None = None
) -> Iterator[Case]:
    """Every input of the given files, in order, named by its path, or by its path in `folder`."""
    for path in files:
        yield from of_file(path, str(path.relative_to(folder) if folder else path), preprocess, input)


def of_file(path: Path, name: str, preprocess: Preprocess | None, input: Shape) -> Iterator[Case]:
    """Every input of a file, in order, under its `name`."""
    try:
        if is_array(path):
            yield from of_array(path, name, input)
        elif is_folder(path):
            raise _empty(path)
        else:
            yield Case(name, load(path, preprocess, input))
    except FileError as failure:
        yield Case(name, failure=failure)


def of_array(path: Path, name: str, input: Shape, first: int = 0, end: int | None = None) -> Iterator[Case]:
    """The inputs of an array, or those from `first` to before `end`. Raises FileError."""
    arrays = load_input(path, input)
    for i, one in enumerate(arrays.batches(1, first, end), first):
        yield Case(f"{name}[{i}]" if len(arrays) > 1 else name, one[0])


def batches(cases: Iterable[Case], size: int) -> Iterator[InputBatch]:
    """The cases in groups of up to `size`. Only one group's arrays are held at a time."""
    source = iter(cases)
    while group := list(islice(source, size)):
        usable = [case.array for case in group if case.array is not None]
        stacked = np.stack(usable) if usable else None
        group = [case._replace(array=None) for case in group]
        del usable
        yield InputBatch(group, stacked)
        del stacked


def _empty(folder: Path) -> FileError:
    listing(folder)
    help = "images are looked for in the folder itself; arrays are named one by one"
    return FileError([Diagnostic("E410", "no image in this folder", file=str(folder), help=help)])
