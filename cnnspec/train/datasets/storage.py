"""Where the numbers of a data set lie: in memory when they are few, else in their file or in a temporary one.

A temporary file has no name: it is gone with the process, however that ends.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from math import prod
from typing import IO

import numpy as np

from ...files.file_array import FileArray, StoredArray
from ...files.npz import FREE_UNPACKED, MAX_RATIO
from ...files.reading import AnyPath, Malformed, blaming, opened
from ...files.unnamed_file import unnamed

HELD = 256 * 2**20
"""Bytes of a data set that are held in memory; more stay on disk."""
CHUNK = 2**20


def are_few(nbytes: int) -> bool:
    """Whether data of so many bytes are held in memory."""
    return nbytes <= HELD


def plain(path: AnyPath) -> IO[bytes]:
    """The content of a file, unpacked if it is packed with gzip. Raises FileError (E403, E404)."""
    stream = opened(path)
    with blaming(path):
        if stream.read(2) != b"\x1f\x8b":
            stream.seek(0)
            return stream
        most = max(FREE_UNPACKED, MAX_RATIO * stream.seek(0, 2))
        stream.seek(0)
        try:
            with stream, gzip.GzipFile(fileobj=stream) as packed:
                return kept(chunks(packed), most)
        except (EOFError, zlib.error, gzip.BadGzipFile) as fault:
            raise Malformed(f"its gzip data are damaged: {fault}", "download it again") from fault


def chunks(stream: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    """What a stream still holds, piece by piece."""
    return iter(lambda: stream.read(CHUNK), b"")


def kept(source: Iterable[bytes], most: int) -> IO[bytes]:
    """The bytes of `source`, at most `most`, in memory or in a temporary file; at their beginning."""
    target: IO[bytes] = BytesIO()
    try:
        size = 0
        for chunk in source:
            size += len(chunk)
            if size > most:
                raise Malformed(f"it unpacks to more than {most:,} bytes", "unpack it first")
            if not are_few(size) and isinstance(target, BytesIO):
                target = _moved(target)
            target.write(chunk)
        target.flush()
        target.seek(0)
    except BaseException:
        target.close()
        raise
    return target


def _moved(held: BytesIO) -> IO[bytes]:
    target = unnamed()
    target.write(held.getbuffer())
    return target


def array(stream: IO[bytes], dtype: str, shape: tuple[int, ...], start: int) -> StoredArray:
    """The array whose numbers begin at byte `start` of a file, or of what `plain` or `kept` gave; it closes that.

    That so many bytes are there has been checked.
    """
    size = prod(shape) * np.dtype(dtype).itemsize
    with stream:
        if not are_few(size) and not isinstance(stream, BytesIO):
            return FileArray(stream, dtype, shape, start)
        stream.seek(start)
        return np.frombuffer(stream.read(size), dtype).reshape(shape)
