"""Archives of arrays, beside NumPy's own reader: what is read here is read there, and is the same."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import numpy as np
from fuzz import scratch, zip_archives
from fuzz.target import Target

from cnnspec import weights
from cnnspec.files.npz import Archive
from cnnspec.weights.formats import npz

ARRAYS: dict[str, Any] = {
    "conv1.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2),
    "x": np.asfortranarray(np.arange(12, dtype=">i2").reshape(3, 4)),
    "y": np.array([True, False]),
    "half": np.ones((), np.float16),
}


def seeds() -> Iterator[bytes]:
    stream = io.BytesIO()
    npz.dump(ARRAYS, stream)
    yield stream.getvalue()
    for save in (np.savez, np.savez_compressed):
        save(stream := io.BytesIO(), **ARRAYS)
        yield stream.getvalue()
    for way in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        yield packed(stream.getvalue(), way)


def packed(data: bytes, way: int) -> bytes:
    """An archive whose members are packed in another way."""
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream := io.BytesIO(), "w", way) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return stream.getvalue()


def check(data: bytes) -> None:
    path = scratch.file("arrays.npz", data)
    archive = Archive(path)
    stored = weights.read(path)
    arrays = {name: archive[name] for name in archive}
    with np.load(path, allow_pickle=False) as peer:
        assert arrays.keys() == stored.keys() == set(peer)
        for name, array in arrays.items():
            wanted = peer[name]
            assert array.dtype == wanted.dtype
            assert array.shape == wanted.shape == stored.header[name].shape == stored[name].shape
            assert array.tobytes() == wanted.tobytes()


WORDS = (
    *b"<f4 >f8 |b1 |u1 <U5 |O <c8 descr fortran_order shape True False () (0,) (3,4) '<f4'".split(),
    *(b"PK\1\2", b"PK\3\4", b"PK\5\6"),
    b"x.npy",
    b"../x.npy",
    b"\x93NUMPY\1\0",
)
TARGET = Target(seeds, check, WORDS, repaired=zip_archives.repaired)
