"""The header of NumPy's `.npy` files, read without trusting it and without NumPy.

It is believed only when the file's size agrees with it, so nothing is allocated for a claim. Pickled objects
are never loaded. Source of the format: the documentation of `numpy.lib.format`.
"""

from __future__ import annotations

import ast
import math
import re
import reprlib
import warnings
from functools import lru_cache
from typing import IO, NamedTuple

from .reading import Malformed
from .recognition import pickled

MAGIC = b"\x93NUMPY"
MAX_AXES = 32
MAX_HEADER = 10_000


def nbytes(shape: object, itemsize: int) -> int:
    """Bytes of an array whose shape a file claims, or `Malformed` when NumPy could not hold such a shape."""
    if not isinstance(shape, list | tuple) or any(type(size) is not int or size < 0 for size in shape):
        raise Malformed(f"{reprlib.repr(shape)} is no shape")
    if len(shape) > MAX_AXES or itemsize * math.prod(max(size, 1) for size in shape) >= 2**62:
        raise Malformed(f"no machine can hold an array of shape {reprlib.repr(tuple(shape))}")
    return itemsize * math.prod(shape)


class NpyHeader(NamedTuple):
    """What an `.npy` file says of its array; the data begins at byte `start`. `dtype` is such as `<f4`."""

    dtype: str
    shape: tuple[int, ...]
    fortran_order: bool
    start: int


def read_header(stream: IO[bytes], size: int) -> NpyHeader:
    """The header of the `.npy` file of `size` bytes in `stream`, or `Malformed`."""
    magic = stream.read(8)
    width = {b"\1\0": 2, b"\2\0": 4, b"\3\0": 4}.get(magic[6:])
    if magic[:6] != MAGIC or width is None:
        raise Malformed("it does not begin as an .npy file does")
    length = int.from_bytes(stream.read(width), "little")
    if length > MAX_HEADER:
        raise Malformed(f"its header claims {length:,} bytes, more than {MAX_HEADER:,}")
    dtype, shape, fortran_order = _fields(stream.read(length))
    start = 8 + width + length
    promised = nbytes(shape, int(dtype[2]))
    if start + promised != size:
        held = max(size - start, 0)
        raise Malformed(f"its header promises {shape} of {dtype}, {promised:,} bytes; the file holds {held:,}")
    return NpyHeader(dtype, shape, fortran_order, start)


@lru_cache(maxsize=64)
def _fields(text: bytes) -> tuple[str, tuple[int, ...], bool]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fields = ast.literal_eval(text.decode("latin-1"))
        dtype, shape, fortran_order = fields.pop("descr"), fields.pop("shape"), fields.pop("fortran_order")
    except Exception as fault:
        raise Malformed("its header is not NumPy's") from fault
    if fields or type(fortran_order) is not bool or not isinstance(shape, tuple):
        raise Malformed("its header is not NumPy's")
    if "O" in str(dtype):
        raise pickled("it holds an object array, which is a pickle: loading one runs the code inside")
    if not isinstance(dtype, str) or not re.fullmatch(r"[<>][fiu][248]|[<>|][iub]1", dtype):
        if isinstance(dtype, str) and dtype[1:2] in ("U", "S"):
            raise Malformed("it holds text, not numbers", "number classes from 0; `classes` in a spec has their names")
        raise Malformed(f"its numbers are of type {reprlib.repr(dtype)}", "real numbers of 1 to 8 bytes are read")
    return dtype, shape, fortran_order
