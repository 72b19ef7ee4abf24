"""What a weights file holds: each tensor's type, shape and place, and its values on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..files.dtypes import dtype_name

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TensorInfo(NamedTuple):
    """A stored tensor. `dtype` is spelled as safetensors does: F32, BF16, I64, BOOL, ...

    Its bytes are [begin, end) of the file, for .npz of the unpacked member.
    """

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def described(tensors: Mapping[str, NDArray[Any]]) -> Mapping[str, TensorInfo]:
    """The header of tensors that come from a file, or of arrays as a file would hold them."""
    if isinstance(tensors, StoredTensors):
        return tensors.header
    return {
        name: TensorInfo(dtype_name(array.dtype.kind, array.itemsize), array.shape, 0, array.nbytes)
        for name, array in tensors.items()
    }


class StoredTensors(Mapping[str, "NDArray[Any]"]):
    """The tensors of a file by name, each read when it is asked for: floats as float32, others as stored. `words`
    stand beside them in the file."""

    def __init__(
        self,
        header: Mapping[str, TensorInfo],
        load: Callable[[str], NDArray[Any]],
        words: Mapping[str, str] | None = None,
    ) -> None:
        self.header = header
        self.words = words or {}
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
