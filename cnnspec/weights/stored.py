"""What a weights file holds: each tensor's type, shape and place, and its values on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
OPTIMIZER, BEST = "optimizer/", "best/"
"""How the names of those tensors begin that a checkpoint of training holds beside the network's."""


class Entry(NamedTuple):
    """A stored tensor. `dtype` is spelled as safetensors does: F32, BF16, I64, BOOL, ...

    Its bytes are [begin, end) of the file, for .npz of the unpacked member.
    """

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def dtype_name(kind: str, itemsize: int) -> str:
    """What safetensors calls NumPy's type of this kind: `f`, `i`, `u` or `b`."""
    return "BOOL" if kind == "b" else f"{kind.upper()}{8 * itemsize}"


def described(tensors: Mapping[str, NDArray[Any]]) -> Mapping[str, Entry]:
    """The header of tensors that come from a file, or of arrays as a file would hold them."""
    if isinstance(tensors, Weights):
        return tensors.header
    return {
        name: Entry(dtype_name(array.dtype.kind, array.itemsize), array.shape, 0, array.nbytes)
        for name, array in tensors.items()
    }


class Weights(Mapping[str, "NDArray[Any]"]):
    """The tensors of a file by name, each read when it is asked for: floats as float32, others as stored."""

    def __init__(self, header: Mapping[str, Entry], load: Callable[[str], NDArray[Any]]) -> None:
        self.header = header
        self._load = load

    def __getitem__(self, name: str) -> NDArray[Any]:
        import numpy as np

        array = self._load(name)
        dtype = np.dtype(np.float32) if array.dtype.kind == "f" else array.dtype.newbyteorder("=")
        with np.errstate(over="ignore"):
            return array.astype(dtype, copy=False)

    def __iter__(self) -> Iterator[str]:
        return iter(self.header)

    def __len__(self) -> int:
        return len(self.header)
