"""What a network is fed: images and arrays from files, in batches, read ahead."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..diagnostics import FileError
from ..files import pipes
from ..files.recognition import IMAGE, NPY, NPZ, look

TABLE = ".csv"
"""How the name of a table of numbers ends; its content does not tell."""
_ARRAYS = (".npy", ".npz", TABLE)


def is_array(path: Path) -> bool:
    """Whether a file is read as an array: by its content, and by its name where that says nothing of it. Whoever asks
    need not know yet how it is read."""
    if pipes.can_be_opened_again(path):
        with suppress(FileError):
            found = look(path)
            if found in (NPY, NPZ, IMAGE):
                return found is not IMAGE
    return path.suffix.lower() in _ARRAYS
