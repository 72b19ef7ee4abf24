"""Arrays as inputs of a network, beside NumPy's own reader."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from fuzz import scratch, zip_archives
from fuzz.target import Target
from numpy.typing import NDArray

from cnnspec.inputs import arrays

INPUT = (2, 3, 4)


def seeds() -> Iterator[bytes]:
    inputs = np.arange(48).reshape(2, *INPUT)
    for array in (inputs.astype("<f4"), inputs[0].astype(">f8"), np.asfortranarray(inputs.astype("|u1"))):
        np.save(stream := io.BytesIO(), array)
        yield stream.getvalue()
    np.savez_compressed(stream := io.BytesIO(), x=inputs.astype("<f2"), y=[1, 2])
    yield stream.getvalue()


def check(data: bytes) -> None:
    path = scratch.file("inputs.npy", data)
    count = arrays.check(path, INPUT)
    inputs = arrays.load_input(path, INPUT)
    found = np.concatenate(list(inputs.batches(2)))
    loaded = np.load(path, allow_pickle=False)
    name = "x" if isinstance(loaded, np.lib.npyio.NpzFile) and "x" in loaded else next(iter(loaded))
    wanted: NDArray[Any] = loaded if isinstance(loaded, np.ndarray) else loaded[name]
    assert len(inputs) == count == len(found)
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(found, wanted.reshape(-1, *INPUT).astype(np.float32))


WORDS = (
    *b"<f4 >f8 |b1 |u1 <U5 |O <c8 descr fortran_order shape True False () (0,) (2,3,4) '<f4'".split(),
    b"(9, 2, 3, 4)",
)
TARGET = Target(seeds, check, WORDS, repaired=zip_archives.repaired)
