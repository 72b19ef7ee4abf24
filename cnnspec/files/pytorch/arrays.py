"""Tensors of a checkpoint as NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any, BinaryIO

from ..dtypes import CODES, widened
from .containers import Contents
from .refusal import damaged, number, quote, refusal
from .region import Region
from .values import Storage, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Arrays = dict[str, NDArray[Any]]

ALWAYS_ALLOWED = 64 << 20
MOST_PER_BYTE = 4
"""A stride of 0 makes a large tensor of a small file. Real ones only share a storage, at most a few times."""


def arrays(file: BinaryIO, size: int, contents: Contents, tensors: Mapping[str, Tensor]) -> Arrays:
    """Each tensor as an array of its own: contiguous, in the machine's byte order, bfloat16 as float32.

    Raises Malformed, before memory is taken, when a file of `size` bytes cannot hold them.
    """
    _afford(tensors, size)
    by_storage: dict[Storage, list[str]] = {}
    for name, tensor in tensors.items():
        by_storage.setdefault(tensor.storage, []).append(name)
    regions = {storage: _region(contents, storage) for storage in by_storage}
    made: Arrays = {}
    for storage, names in by_storage.items():
        data = regions[storage].read(file, f"storage {quote(storage.key)}")
        for name in names:
            made[name] = _array(data, tensors[name], contents.byte_order)
    return {name: made[name] for name in tensors}


def _afford(tensors: Mapping[str, Tensor], size: int) -> None:
    most = ALWAYS_ALLOWED + MOST_PER_BYTE * size
    # Axes of length 0 count as 1: NumPy counts so too when it judges whether an array is too large.
    needed = sum(prod(n or 1 for n in t.shape) * max(4, t.storage.width) for t in tensors.values())
    if needed > most:
        raise refusal(
            "unpacks to much more than it holds",
            f"its tensors take {number(needed)} bytes; a file of {size:,} bytes is given {most:,}",
        )


def _region(contents: Contents, storage: Storage) -> Region:
    region = contents.regions.get(storage.key)
    if region is None:
        raise damaged(f"storage {quote(storage.key)} is missing", "a tensor refers to it")
    if region.size != storage.size:
        raise damaged(
            f"storage {quote(storage.key)} has the wrong length",
            f"{number(storage.count)} x {storage.width} bytes are expected; it has {region.size:,}",
        )
    return region


def _array(data: bytes, tensor: Tensor, byte_order: str) -> NDArray[Any]:
    import numpy as np

    storage = tensor.storage
    is_bool = storage.dtype == "BOOL"  # read as numbers: a byte other than 0 and 1 is true as well
    stored = np.dtype(("<" if byte_order == "little" else ">") + CODES["U8" if is_bool else storage.dtype])
    if all(tensor.shape):
        # The view stays inside `data`: that was checked when the tensor was made (values.py).
        numbers = np.frombuffer(data, stored, offset=tensor.offset * storage.width)
        strides = [step * storage.width for step in tensor.stride]
        view = np.lib.stride_tricks.as_strided(numbers, tensor.shape, strides)
    else:
        view = np.empty(tensor.shape, stored)
    if storage.dtype == "BF16":
        return widened(view)
    return view.astype(np.bool_ if is_bool else stored.newbyteorder("="), order="C")
