"""Which kind of data set lies at a path, and whether its numbers are pixels: told by a look at its beginning, without
NumPy, so that `validate` can say what the data need of a spec."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ...diagnostics import FileError
from ...files.npz import Archive
from ...files.places import is_folder, is_plain
from ...files.reading import blaming
from ...files.recognition import EMPTY, GZIP, IDX, NPZ, TEXT, ZIP, ensured, look
from ...graph.shape import Shape, is_image

Kind = Literal["images", "idx", "npz", "csv"]
"""A folder of images, IDX files, an archive of arrays, a table."""
KINDS = "a folder with a sub-folder for each class, IDX files, `.npz` with x and y, or `.csv`"
Use = Literal["learn", "judge", "test"]
"""What data are opened for: to learn from, to judge by the same, or to judge by what they keep for tests, if any."""
KERAS_TEST = {"x_test", "y_test"}
MOST = 2**44
"""Bytes that an uncompressed archive may hold."""


def kind_of(path: Path) -> Kind:
    """The kind of the data set at `path`. Raises FileError: E404 where there is nothing, E403 and E406 for a file of
    another kind, which the recogniser knows, E420 for any other that is no data set."""
    if is_folder(path):
        return "idx" if images_in(path) else "images"
    with blaming(path):
        found = ensured(look(path), NPZ, ZIP, IDX, GZIP, TEXT, EMPTY, cure=KINDS)
    if found is NPZ or path.suffix.lower() == ".npz":
        return "npz"
    if is_table(path):
        return "csv"
    if is_idx(path):
        return "idx"
    raise FileError.about(path, "E420", f"`{path.name}` is no data set", help=KINDS)


def holds_pixels(path: Path, input: Shape, use: Use = "learn") -> bool:
    """Whether the data are pixels, which the spec's `preprocess` makes inputs of. Raises FileError as `kind_of`; of an
    archive only the headers are read."""
    kind = kind_of(path)
    if kind == "csv":
        return is_image(input)
    if kind != "npz":
        return True
    archive = Archive(path, MOST)
    return are_pixels(archive, names(path, archive, use)[0], input)


def are_pixels(archive: Archive, x: str, input: Shape) -> bool:
    """Whether the array `x` is of gray pixels (N, H, W), bytes, for images of one or three channels."""
    header = archive.headers[x]
    return header.dtype == "|u1" and len(header.shape) == 3 and is_image(input) and input[0] in (1, 3)


def names(path: Path, archive: Archive, use: Use) -> tuple[str, str]:
    """What the inputs and the answers are called in the archive at `path`. Raises FileError (E420)."""
    pairs = [("x", "y"), ("x_train", "y_train")]
    if use == "test":
        pairs.insert(0, ("x_test", "y_test"))
    for pair in pairs:
        if archive.headers.keys() >= set(pair):
            return pair
    why = f"it holds {', '.join(f'`{name}`' for name in list(archive)[:10]) or 'nothing'}"
    cure = "`numpy.savez(FILE, x=inputs, y=answers)`"
    raise FileError.about(path, "E420", "an archive of examples holds x and y", why, cure)


def has_test_part(path: Path) -> bool:
    """Whether a data set keeps examples for tests apart from those to learn from. Raises FileError as `kind_of`."""
    if is_folder(path):
        return images_in(path, of_test=True) is not None
    return kind_of(path) == "npz" and Archive(path, MOST).headers.keys() >= KERAS_TEST


def images_in(folder: Path, of_test: bool = False) -> Path | None:
    """The images in a folder of IDX files, if it is one: those called `train-...`, or the only ones; of the test part
    those called `t10k-...` or `test-...`."""
    found = sorted(path for path in folder.glob("*images*idx3*") if is_idx(path) and is_plain(path))
    begin = ("t10k", "test") if of_test else ("train",)
    fallback = found[0] if len(found) == 1 and not of_test else None
    return next((path for path in found if path.name.startswith(begin)), fallback)


def is_idx(path: Path) -> bool:
    """Whether a file is called like one of IDX."""
    return "idx" in path.name.lower() and path.name.lower().removesuffix(".gz").endswith("ubyte")


def is_table(path: Path) -> bool:
    """Whether a file is called like a table."""
    return path.name.lower().removesuffix(".gz").endswith(".csv")
