"""The same for programs: files that the command names. One that is no use ends the program with a line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..code.shared_definitions import Array


def shown(text: object) -> str:
    """A name in which signs that a terminal would obey are spelled out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text))


@contextmanager
def reported(path: Path) -> Iterator[None]:
    """End the program with a line where something is wrong with a file."""
    try:
        yield
    except Exception as error:  # damaged files lead to errors of many kinds
        why = getattr(error, "strerror", None) or str(error) or type(error).__name__
        if isinstance(error, KeyError):
            why = f"there is no {error} in it"
        raise SystemExit(shown(f"{path}: {' '.join(why.split())}")) from error


def load_array(path: Path) -> Array:
    """The array of a .npy file, or the only one of an .npz."""
    with path.open("rb") as file:
        start = file.read(6)
        if start != b"\x93NUMPY" and start[:2] != b"PK":
            raise ValueError("it is no .npy file of NumPy")
        file.seek(0)
        found = np.load(file)
        if isinstance(found, Array):
            return found
        if len(found.files) != 1:
            raise ValueError(f"it holds {len(found.files)} arrays, not one")
        return found[found.files[0]]


def ensure_free(output: Path, ending: str, read: Path) -> None:
    """ValueError for an output of another ending, or in the place of what is read."""
    if output.suffix != ending:
        raise ValueError(f"the output's name ends in {ending}")
    if output.exists() and output.samefile(read):
        raise ValueError("it is the input; the output goes to another file")
