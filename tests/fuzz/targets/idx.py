"""Images and labels in IDX: a file of each, the labels behind the images in an input."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Iterator

import datasets
import numpy as np
from fuzz import scratch
from fuzz.target import Target

from cnnspec.train.datasets import open_dataset

LABELS = b"\0\0\x08\x01"
NETWORK = datasets.network()


def seeds() -> Iterator[bytes]:
    for n in (7, 3):
        pixels, labels = datasets.pictures(n)
        images, answers = (datasets.idx(scratch.folder() / "seed", a).read_bytes() for a in (pixels, labels))
        yield images + answers
        yield gzip.compress(images) + answers


def check(data: bytes) -> None:
    images, begin, labels = data.rpartition(LABELS)
    packed = b"\x1f\x8b" if images.startswith(b"\x1f\x8b") else b""
    suffix = ".gz" if packed else ""
    for other in (".gz", ""):
        (scratch.folder() / f"train-images-idx3-ubyte{other}").unlink(missing_ok=True)
    path = scratch.file(f"train-images-idx3-ubyte{suffix}", images)
    scratch.file("train-labels-idx1-ubyte", begin + labels)
    found = open_dataset(path, NETWORK)
    x, y = found.read(np.arange(len(found)))
    content = gzip.decompress(images) if packed else images
    n, H, W = struct.unpack(">3I", content[4:16])
    pixels = np.frombuffer(content, np.uint8, offset=16).reshape(n, H, W)
    assert x.shape == (n, 1, 4, 5)
    if (H, W) == (4, 5):
        np.testing.assert_allclose(x[:, 0], pixels / 255, rtol=1e-6)
    assert y.tolist() == list(labels[4:])


TARGET = Target(seeds, check, (LABELS, b"\0\0\x08\x03", b"\0\0\0\x04\0\0\0\x05", b"\0\0\x0d\x03"))
