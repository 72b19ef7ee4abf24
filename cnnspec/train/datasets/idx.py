"""IDX, the format of MNIST and its like: a file of images, and a file of labels beside it.

Source of the format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits": two zero bytes, the
type of the numbers (8: unsigned bytes), the count of axes, each axis as four bytes, the largest first, and the numbers.
"""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np

from ...diagnostics import FileError
from ...files.file_array import StoredArray
from ...files.overwrite_guard import note_folder
from ...files.places import is_plain
from ...files.reading import Malformed, blaming
from ...files.recognition import ensure
from .kind import is_idx
from .storage import array, plain

UNSIGNED_BYTE = 8
MOST_AXES = 8


def read(path: Path) -> tuple[StoredArray, StoredArray]:
    """Images (n, H, W) and labels (m,). Raises FileError (E403, E404, E420)."""
    if "idx1" in path.name:
        cure = f"name the images: `{path.with_name(path.name.replace('labels', 'images').replace('idx1', 'idx3'))}`"
        raise FileError.about(path, "E420", "these are labels without images", help=cure)
    note_folder(path.parent, is_idx)
    return _read(path, 3, "images"), _read(_labels_of(path), 1, "labels")


def _labels_of(images: Path) -> Path:
    """The file of labels, packed or not, whichever is there."""
    path = images.with_name(images.name.replace("images", "labels").replace("idx3", "idx1"))
    other = path.with_suffix("") if path.suffix == ".gz" else path.with_name(path.name + ".gz")
    found = next((each for each in (path, other) if is_plain(each)), None)
    if found is None:
        cure = "the labels of images lie beside them, under this name"
        raise FileError.about(path, "E404", f"there is no file `{path}`", help=cure)
    return found


def _read(path: Path, axes: int, what: str) -> StoredArray:
    with plain(path) as stream, blaming(path):
        size = stream.seek(0, 2)
        stream.seek(0)
        magic = stream.read(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or not 1 <= magic[3] <= MOST_AXES:
            ensure(stream)
            raise Malformed("it does not begin as an IDX file does", "IDX begins with the bytes 0, 0, 8 and 1 or 3")
        if magic[2] != UNSIGNED_BYTE:
            raise Malformed(f"its numbers are of type 0x{magic[2]:02X}; pixels and labels are unsigned bytes, 0x08")
        if magic[3] != axes:
            raise Malformed(f"it has {magic[3]} axes; {what} have {axes}")
        start = 4 + 4 * axes
        if size < start:
            raise Malformed("it ends within its header", "download it again")
        shape = tuple(int(side) for side in np.frombuffer(stream.read(4 * axes), ">u4"))
        if not shape[0]:
            raise FileError.about(path, "E420", "there are no examples", "the file holds 0 of them")
        if not all(shape):
            raise Malformed(f"its images are of {shape[1]:,} x {shape[2]:,} pixels", "download it again")
        if start + prod(shape) != size:
            promised = " x ".join(f"{side:,}" for side in shape)
            raise Malformed(f"its header promises {promised} bytes; {size - start:,} follow", "download it again")
        return array(stream, "u1", shape, start)
