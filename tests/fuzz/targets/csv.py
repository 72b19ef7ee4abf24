"""Tables of pixels, beside a reader of a few lines."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import datasets
import numpy as np
from fuzz import scratch
from fuzz.target import Target

from cnnspec.train.datasets import open_dataset

NETWORK = datasets.network()
HEADER = ",".join(["label", *(f"pixel{i}" for i in range(20))])


def seeds() -> Iterator[bytes]:
    pixels, labels = datasets.pictures(3)
    for header in ("", HEADER):
        yield datasets.table(scratch.folder() / "seed", pixels, labels, header).read_bytes()
    yield gzip.compress(datasets.table(scratch.folder() / "seed", pixels, labels).read_bytes())
    yield ",".join(["y", *["p"] * 20]).encode() + b"\r\n" + b"2," + b"7," * 19 + b" 8\r\n\r\n"


def check(data: bytes) -> None:
    packed = data.startswith(b"\x1f\x8b")
    found = open_dataset(scratch.file("table.csv.gz" if packed else "table.csv", data), NETWORK)
    x, y = found.read(np.arange(len(found)))
    text = (gzip.decompress(data) if packed else data).decode("latin-1").removeprefix("\xef\xbb\xbf")
    rows = [[field.strip().strip('"') for field in line.split(",")] for line in text.splitlines() if line.strip()]
    label = 0
    if any(field.lower() in ("label", "y") for field in rows[0]):
        label = next(i for i, field in enumerate(rows.pop(0)) if field.lower() in ("label", "y"))
    numbers = np.array([[float(field) for field in row] for row in rows])
    assert x.shape == (len(rows), 1, 4, 5)
    np.testing.assert_array_equal(y, numbers[:, label])
    np.testing.assert_allclose(x.reshape(len(x), -1), np.delete(numbers, label, 1) / 255, rtol=1e-6)


WORDS = (
    *b"label y nan inf 1e2 255 256 -1 0.5 0x1F 1_0 \" ' ; # \xef\xbb\xbf".split(),
    b"\r\n",
    b"\r",
    b"\t",
    b"\x1f",
    HEADER.encode(),
)
TARGET = Target(seeds, check, WORDS, is_text=True)
