"""Tables of features, beside a reader of a few lines."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator

import numpy as np
from fuzz import scratch
from fuzz.target import Target

from cnnspec import load
from cnnspec.train.datasets import open_dataset

NETWORK = load(io.StringIO("input: {C: 3}\nclasses: [ant, bee, cat]\nlayers: [{dense: {K: 3}}]\n"))
ROWS = "0.5,-2,3e1,ant\n1,2,3,cat\n7,.5,6.,ant\n-1,0,0,bee\n"


def seeds() -> Iterator[bytes]:
    yield ROWS.encode()
    yield b"a,b,c,kind\r\n" + ROWS.replace("\n", "\r\n").encode()
    yield b'id,label,a,b,c\n1,2,"3","4","5"\n2,0,1,2,3\n3,2,1,1,1\n'
    yield gzip.compress(ROWS.replace(",", ";").encode())


def check(data: bytes) -> None:
    packed = data.startswith(b"\x1f\x8b")
    found = open_dataset(scratch.file("table.csv.gz" if packed else "table.csv", data), NETWORK)
    x, y = found.read(np.arange(len(found)))
    text = (gzip.decompress(data) if packed else data).decode("latin-1").removeprefix("\xef\xbb\xbf")
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    lines = [line for line in lines if not line.startswith("#")]
    separator = max(",;\t", key=lines[0].count)
    rows = [next(csv.reader([line], delimiter=separator)) for line in lines]
    known = sorted(_numbers(row) for row in rows[len(rows) - len(found) :])
    made = [sorted([*map(float, inputs)]) for inputs in x]
    assert all(np.isfinite(x).ravel())
    assert set(y.tolist()) <= {0, 1, 2}
    assert len(made) == len(known)
    for inputs in made:  # each row's features are among its numbers, to float32's precision
        assert any(all(np.isclose(number, row, rtol=1e-6).any() for number in inputs) for row in known)


def _numbers(row: list[str]) -> list[float]:
    found = []
    for field in row:
        try:
            found.append(float(field))
        except ValueError:
            continue
    return found


WORDS = (
    *b'label y class nan inf 1e2 1e39 -1 0.5 1_0 ant dog " """ \' ; # \xef\xbb\xbf \xc3\xb6 \xff'.split(),
    b"\r\n",
    b"\r",
    b"\t",
    b"\x1f",
    b"\xa0",
    b"\x00",
)
TARGET = Target(seeds, check, WORDS, is_text=True)
