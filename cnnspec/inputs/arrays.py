"""Arrays as a network's input: `.npy` and `.npz` files of (N, C, H, W), or (C, H, W) for a single input, and tables of
numbers in `.csv` files. Where inputs are vectors, (N, C) or (C), and a table has one in each line.

Numbers are taken as they are, as float32: nothing is scaled, and NaN and infinity stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import permutations
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ..diagnostics import Diagnostic, FileError
from ..diagnostics.wording import quantity
from ..files import npy
from ..files.reading import AnyPath, Malformed, blaming, opened
from ..files.recognition import NPY, NPZ, TEXT, ZIP, Kind, ensure
from ..graph.shape import is_image, times
from . import TABLE, is_array

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..files.file_array import StoredArray
    from ..language.sections.preprocess import Preprocess


@dataclass(frozen=True, slots=True)
class InputArray:
    """Inputs side by side, (N, *input), of the file at `path`. An `.npy` file's stay on disk until their batch is
    taken."""

    path: AnyPath
    array: StoredArray

    def __len__(self) -> int:
        return len(self.array)

    def batches(self, size: int, first: int = 0, end: int | None = None) -> Iterator[NDArray[np.float32]]:
        """Up to `size` inputs at a time, (n, *input), of all or of those from `first` to before `end`. Raises
        FileError (E403) when the file has become shorter."""
        import numpy as np

        end = len(self) if end is None else min(end, len(self))
        for place in range(first, end, size):
            with blaming(self.path), np.errstate(over="ignore"):
                batch = np.ascontiguousarray(self.array[place : min(place + size, end)], dtype=np.float32)
            yield batch


def load_input(path: AnyPath, shape: tuple[int, ...]) -> InputArray:
    """The inputs in the file at `path` for a network whose input is `shape`, without the batch.

    E413 when they do not fit; E403, E404 and E406 when the file cannot be used.
    """
    with _fitting(path, shape) as source:
        return InputArray(path, source.load(shape))


def check(path: AnyPath, shape: tuple[int, ...]) -> int:
    """How many inputs the file holds, or raise what `load_input` would, by its headers alone; without NumPy."""
    with _fitting(path, shape) as source:
        found = source.header.shape
    return 1 if found == shape else found[0]


def separable(path: AnyPath, shape: tuple[int, ...]) -> int:
    """How many inputs lie one behind the other in an `.npy` file, so that each is read without the others; 0 where they
    do not. Raises what `load_input` would, by the header alone; without NumPy."""
    with _fitting(path, shape) as source:
        header = source.header
    return 0 if header.fortran_order or header.shape == shape else header.shape[0]


@contextmanager
def _fitting(path: AnyPath, shape: tuple[int, ...]) -> Iterator[_Source]:
    is_table = Path(path).suffix.lower() == TABLE
    with opened(path) as stream, blaming(path):
        found = ensure(stream, NPY, NPZ, ZIP, *[TEXT] * is_table, cure="an .npy or .npz file of numbers is wanted")
        source = _table(stream, path, shape) if found is TEXT else _arrays(found, stream, path)
        stored = source.header.shape
        held = _whole(stored, shape)
        if held != shape and (held[1:] != shape or not held[0]):
            raise misfit(Path(path), stored, shape)
        yield source._replace(header=source.header._replace(shape=held))


def _whole(held: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of an array as that of inputs: where they are vectors, C x 1 x 1, their axes of length 1 may be left
    out."""
    if shape[1:] == (1, 1) and len(held) in (1, 2) and held[-1:] == shape[:1]:
        return (*held[:-1], *shape)
    return held


def unscaled(path: AnyPath, shape: tuple[int, ...], preprocess: Preprocess | None) -> str:
    """The type of the whole numbers that a file of arrays holds, when `preprocess` would scale them in an image; else
    nothing. They are taken as they are."""
    if preprocess is None or preprocess.scale == 1 or not is_array(Path(path)):
        return ""
    with suppress(FileError), _fitting(path, shape) as source:
        kind, width = source.header.dtype[1], int(source.header.dtype[2])
        return {"u": f"uint{8 * width}", "i": f"int{8 * width}"}.get(kind, "")
    return ""


def misfit(path: Path, found: tuple[int, ...], shape: tuple[int, ...]) -> FileError:
    """E413 for an array of shape `found` where the network's input is `shape`."""
    wanted = ", ".join(map(str, shape))
    diagnostic = Diagnostic(
        "E413",
        f"the array in `{path.name}` does not fit the network's input",
        file=str(path),
        why=f"the input is {shape}, or (N, {wanted}) for N of them; the file holds {found}",
        help=_cure(found, shape),
    )
    return FileError([diagnostic])


class _Source(NamedTuple):
    header: npy.NpyHeader
    load: Callable[[tuple[int, ...]], StoredArray]
    """The inputs, (N, *shape), of such a shape."""


def _arrays(found: Kind | None, stream: BinaryIO, path: AnyPath) -> _Source:
    return _archived(path) if found in (NPZ, ZIP) else _on_disk(stream)


def _table(stream: BinaryIO, path: AnyPath, shape: tuple[int, ...]) -> _Source:
    """A table of numbers, which must be one input: as many lines as that has rows, channel by channel. Where inputs are
    vectors, C or C x 1 x 1, each line may be one; above those of C there may be names."""
    from . import number_table  # few inputs are tables

    table = number_table.read(stream, path, has_names=not is_image(shape))
    C, H, W = (*shape, 1, 1)[:3]
    are_vectors = H == W == 1 and (C > 1 or not is_image(shape))
    has_vectors = are_vectors and table.shape[1] == C
    if table.shape != (C * H, W) and not has_vectors:
        diagnostic = Diagnostic(
            "E413",
            f"the table in `{Path(path).name}` does not fit the network's input",
            file=str(path),
            why=f"the input is {times(shape)}; the file holds {times(table.shape)}",
            help=f"{quantity(C * H, 'line')} of {quantity(W, 'number')}" + ", channel by channel" * (C > 1)
            if not are_vectors
            else f"lines of {quantity(C, 'number')}, a vector in each",
        )
        raise FileError([diagnostic])
    rows = table.rows()

    def load(shape: tuple[int, ...]) -> StoredArray:
        import numpy as np

        return np.array(rows).reshape(-1, *shape)

    held = (len(rows), *shape) if has_vectors else shape
    return _Source(npy.NpyHeader("<i8" if table.is_whole else "<f8", held, False, 0), load)


def _on_disk(stream: BinaryIO) -> _Source:
    size = stream.seek(0, 2)
    stream.seek(0)
    header = npy.read_header(stream, size)

    def load(shape: tuple[int, ...]) -> StoredArray:
        from ..files.file_array import FileArray, read_whole

        if header.fortran_order:  # its inputs do not lie one behind the other
            return read_whole(stream, header).reshape(-1, *shape)
        return FileArray(stream, header.dtype, (prod(header.shape) // prod(shape), *shape), header.start)

    return _Source(header, load)


def _archived(path: AnyPath) -> _Source:
    from ..files.npz import Archive  # which takes `zipfile`

    archive = Archive(path)
    names = ["x"] if archive.keys() == {"x", "y"} else list(archive)  # of examples, what goes in
    if len(names) != 1:
        raise Malformed(f"it holds {len(names)} arrays; one is wanted", "save that one as .npy")
    return _Source(archive.headers[names[0]], lambda shape: archive[names[0]].reshape(-1, *shape))


def _cure(found: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """How an array of shape `found` becomes `shape` or (N, *shape) by moving or adding axes, if it does."""
    if found == shape[1:] and shape[0] == 1:
        return "save `array[None]`: its axis C is missing"
    if found[1:] == shape[1:] and shape[0] == 1:
        return "save `array[:, None]`: its axis C is missing"
    if not is_image(shape):
        return f"save `array.reshape(-1, {shape[0]})`" if prod(found[1:]) == shape[0] and found[0] else ""
    if found[1:] == (prod(shape),) and found[0]:
        C, H, W = shape
        flat = f"its images lie flat: save `array.reshape(-1, {C}, {H}, {W})`"
        return (
            flat
            if C == 1 or H == W == 1
            else f"{flat}, or, pixel by pixel, `array.reshape(-1, {H}, {W}, {C}).transpose(0, 3, 1, 2)`"
        )
    batch = tuple(range(len(found) - len(shape)))
    for axes in permutations(range(len(batch), len(found))):
        if tuple(found[axis] for axis in axes) == shape and len(batch) < 2 and 0 not in found:
            return f"save `array.transpose{(*batch, *axes)}`: its axes are in another order"
    return ""
