"""The numbers of stored tensors: in the model's file, or in others, which the format wants in its folder."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from ....files.reading import AnyPath, opened
from .faults import broken

DATA = ("raw_data", "float_data", "int32_data", "double_data")


def emptied(tensor: TensorProto) -> None:
    """Leave a tensor its name and its sizes alone: its numbers are elsewhere now, as float32."""
    for field in DATA:
        tensor.ClearField(field)
    tensor.data_type = TensorProto.FLOAT


def array(tensor: TensorProto, path: AnyPath) -> NDArray[Any]:
    """The numbers of one tensor. Raises FileError (E430)."""
    name = tensor.name
    if any(size < 0 for size in tensor.dims):
        raise broken(str(path), f"`{name}` has the sizes {list(tensor.dims)}")
    if tensor.data_location == TensorProto.EXTERNAL:
        return _beside(tensor, Path(path))
    try:
        if tensor.data_type == TensorProto.FLOAT and tensor.HasField("raw_data"):
            return np.frombuffer(tensor.raw_data, "<f4").reshape(tuple(tensor.dims))  # no copy
        whole: NDArray[Any] = numpy_helper.to_array(tensor)
        return whole
    except (ValueError, TypeError, KeyError) as fault:
        raise broken(str(path), f"the numbers of `{name}` cannot be read", str(fault)) from fault


def _beside(tensor: TensorProto, path: Path) -> NDArray[Any]:
    """Numbers in another file of the model's folder."""
    said = {entry.key: entry.value for entry in tensor.external_data}
    location = said.get("location", "")
    place = f"the numbers of `{tensor.name}`"
    target = path.parent / location
    if not _is_inside(location, path.parent):
        why = f"they would lie in `{location}`, which is no file in the model's own folder"
        raise broken(str(path), f"{place} are not read", why, "put the file beside the model, and name it so there")
    try:
        dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type).newbyteorder("<")
        start = int(said.get("offset", 0))
        size = dtype.itemsize * prod(tensor.dims)
        length = int(said.get("length", size))
    except (KeyError, ValueError) as fault:
        raise broken(str(path), f"{place} cannot be found", str(fault)) from fault
    with opened(target) as stream:
        there = stream.seek(0, 2)
        if start < 0 or length != size or start + size > there:
            why = f"{size:,} bytes from {start:,} on are wanted, {length:,} named; `{location}` has {there:,}"
            raise broken(str(path), f"{place} are not there", why, "both files are to be of one export")
        stream.seek(start)
        return np.frombuffer(stream.read(size), dtype).reshape(tuple(tensor.dims))


def _is_inside(location: str, folder: Path) -> bool:
    """Whether a name is of a file in a folder, links followed. Words of other systems' paths are none."""
    parts = Path(location).parts
    if not parts or ".." in parts or Path(location).is_absolute() or any(sign in location for sign in "\\:\0"):
        return False
    return (folder / location).resolve().is_relative_to(folder.resolve())
