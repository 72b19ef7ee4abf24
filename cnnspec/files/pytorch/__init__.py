"""PyTorch checkpoints, read without PyTorch and without executing anything in them.

`read` takes the two formats that `torch.save` writes (`.pth`, `.pt`, `.bin`, `.ckpt`), refuses whatever
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
from typing import TYPE_CHECKING, Any

from ..reading import AnyPath, blaming, opened
from .arrays import arrays
from .containers import contents
from .state_dict import unwrap, without_prefix

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read", "unwrap", "without_prefix"]


def read(path: AnyPath) -> dict[str, NDArray[Any]]:
    """The named tensors of the checkpoint at `path`, in its order.

    float64, float32, float16, the integers and bool keep their type; bfloat16 becomes float32. Raises
    FileError: E408 when it is no checkpoint or is refused, E403 and E404 when it cannot be opened.
    """
    with opened(path) as file, blaming(path):
        size = os.fstat(file.fileno()).st_size
        found = contents(file, size)
        return arrays(file, size, found, unwrap(found.tree))
