"""PyTorch checkpoints, read without PyTorch and without executing anything in them.

`read` takes the two formats that `torch.save` writes (`.pth`, `.pt`, `.bin`, `.ckpt`), passes over whatever
is not made of tensors and plain containers, and compares every claim of the file with the file.

    values         the allow-list of names, and the inert values they stand for
    pickle_reader  the stack machine that reads a pickle
    zip_archive    the members of a zip archive, checked
    containers     zip archive or stream -> a tree of values and where its numbers are
    state_dict     the state_dict in that tree
    arrays         its tensors as NumPy arrays
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..reading import AnyPath, blaming, opened
from .arrays import arrays
from .containers import contents
from .state_dict import unwrap, without_prefix

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Checkpoint", "read", "without_prefix"]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """The named `tensors` of a checkpoint, in its order, that it keeps under `key`, empty for the outermost mapping.

    Beside them there are `others`, the keys of further sets of weights; `left_out` are tensors of that set that cannot
    be read, `foreign` the names of classes and functions whose objects were passed over, anywhere in the file.
    """

    tensors: dict[str, NDArray[Any]]
    key: str
    others: tuple[str, ...]
    left_out: tuple[str, ...]
    foreign: tuple[str, ...]


def read(path: AnyPath, key: str | None = None) -> Checkpoint:
    """The checkpoint at `path`; of several sets of weights in it the one under `key`, by default the likeliest.

    float64, float32, float16, the integers and bool keep their type; bfloat16 becomes float32. Raises
    FileError: E408 when it is no checkpoint or is refused, E403 and E404 when it cannot be opened.
    """
    with opened(path) as file, blaming(path):
        size = os.fstat(file.fileno()).st_size
        found = contents(file, size)
        state = unwrap(found.tree, key)
        tensors = arrays(file, size, found, state.tensors)
        return Checkpoint(tensors, state.key, state.others, state.left_out, found.foreign)
