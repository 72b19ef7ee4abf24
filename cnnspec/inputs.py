"""What `run` is given: image files, folders of images, arrays. Batches come one at a time, bad inputs beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from .arrays import load_input
from .diagnostics import Diagnostic, FileError
from .images import listing, load
from .kernels.windows import Array
from .preprocess import Preprocess

ARRAYS = (".npy", ".npz")


@dataclass(frozen=True, slots=True)
class Case:
    """One input (C, H, W) with the name to show; `failure` instead of the array when it cannot be used."""

    name: str
    array: Array | None = None
    failure: FileError | None = None


def paths(given: Iterable[str]) -> Iterator[Path]:
    """Files as they are, folders as their images in natural order. Raises FileError for a folder without images."""
    for name in given:
        path = Path(name)
        if not path.is_dir():
            yield path
            continue
        images = listing(path)
        if not images:
            raise FileError(
                [Diagnostic("E410", "no image in this folder", file=name, help="PNG, JPEG, ... files")]
            )
        yield from images


def cases(
    files: Iterable[Path], preprocess: Preprocess | None, input: tuple[int, int, int]
) -> Iterator[Case]:
    """Every input of the given files, in order; an array file holds one or many."""
    for path in files:
        try:
            if path.suffix.lower() in ARRAYS:
                yield from _stored(path, input)
            else:
                yield Case(str(path), load(path, preprocess, input))
        except FileError as failure:
            yield Case(str(path), failure=failure)


def _stored(path: Path, input: tuple[int, int, int]) -> Iterator[Case]:
    arrays = load_input(path, input)
    for i in range(len(arrays)):
        yield Case(f"{path}[{i}]" if len(arrays) > 1 else str(path), arrays[i : i + 1][0])


def batches(cases: Iterable[Case], size: int) -> Iterator[tuple[list[Case], Array | None]]:
    """Up to `size` cases with the array (n, C, H, W) of the usable ones, None when none is."""
    source = iter(cases)
    while group := list(islice(source, size)):
        usable = [case.array for case in group if case.array is not None]
        yield group, np.stack(usable) if usable else None
