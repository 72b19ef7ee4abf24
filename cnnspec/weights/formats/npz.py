"""Weights in NumPy's `.npz`: one member `NAME.npy` for each tensor."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from ...files.dtypes import dtype_name
from ...files.npy import NpyHeader, nbytes
from ...files.npz import Archive
from ...files.reading import AnyPath
from ..stored import StoredTensors, TensorInfo

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EPOCH = (1980, 1, 1, 0, 0, 0)


def header(path: AnyPath) -> dict[str, TensorInfo]:
    """The tensors in the file, or a `FileError`. Nothing but their headers is unpacked."""
    return _entries(Archive(path))


def read(path: AnyPath, mapped: bool = True) -> StoredTensors:
    """The file's tensors; they are always read, never mapped."""
    archive = Archive(path)
    return StoredTensors(_entries(archive), archive.__getitem__)


def dump(tensors: Mapping[str, NDArray[Any]], stream: BinaryIO) -> None:
    """Writes the tensors by name, uncompressed and undated: equal tensors, equal bytes."""
    import numpy as np

    with zipfile.ZipFile(stream, "w") as archive:
        for name, array in sorted(tensors.items()):
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            info.create_system, info.external_attr = 3, 0o644 << 16
            with archive.open(info, "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)


def _entries(archive: Archive) -> dict[str, TensorInfo]:
    return {name: _entry(header) for name, header in archive.headers.items()}


def _entry(header: NpyHeader) -> TensorInfo:
    size = int(header.dtype[2])
    end = header.start + nbytes(header.shape, size)
    return TensorInfo(dtype_name(header.dtype[1], size), header.shape, header.start, end)
