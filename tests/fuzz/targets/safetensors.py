"""Weights in safetensors, beside the format's own library: what is read here is read there, and is the same."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from fuzz import scratch
from fuzz.target import Target
from numpy.typing import NDArray
from safetensors import deserialize

from cnnspec import weights
from cnnspec.graph.layer import TensorSpec
from cnnspec.weights.formats import safetensors

NEEDED = {"conv1.weight": TensorSpec((2, 3, 2, 2), fan=(12, 8)), "conv1.bias": TensorSpec((2,))}
TENSORS: dict[str, NDArray[Any]] = {
    "conv1.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2),
    "conv1.bias": np.ones(2, np.float16),
    "best/conv1.bias": np.arange(2, dtype=np.float64),
    "fc.weight": np.arange(6, dtype=np.uint8).reshape(3, 2),
    "steps": np.asarray(7, np.int64),
    "empty": np.zeros((0, 3), np.bool_),
}
WORDS = (
    *b"F64 F32 F16 BF16 I64 I8 U32 U8 BOOL F8_E4M3 dtype shape data_offsets __metadata__ [] {} [0,0]".split(),
    b"conv1.bias",
    b"best/conv1.weight",
    b"optimizer/steps",
)


def seeds() -> Iterator[bytes]:
    for count in (2, 3, 6):
        stream = io.BytesIO()
        safetensors.dump(dict(list(TENSORS.items())[:count]), stream, {"format": "pt"} if count > 2 else None)
        yield stream.getvalue()


def repaired(data: bytes) -> bytes:
    """The length in front is that of the header, and the file as long as the header says, where it says so."""
    text = data[8:]
    end = text.rfind(b"}}") + 2
    try:
        fields = json.loads(text[:end])
        held = max(entry["data_offsets"][1] for entry in fields.values() if "data_offsets" in entry)
        behind = text[end:].ljust(held, b"\0")[:held] if 0 <= held < 10_000 else text[end:]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        behind = text[end:]
    return end.to_bytes(8, "little") + text[:end] + behind


def check(data: bytes) -> None:
    path = scratch.file("net.safetensors", data)
    safetensors.metadata(path)
    stored = weights.read(path)
    peer = dict(deserialize(data))  # type: ignore[no-untyped-call]
    assert stored.keys() == peer.keys()
    for name, entry in stored.header.items():
        info = peer[name]
        assert (entry.dtype, list(entry.shape)) == (info["dtype"], info["shape"])
        assert data[entry.begin : entry.end] == bytes(info["data"])
        array = stored[name]
        assert array.shape == entry.shape
    for name, array in weights.take(NEEDED, path).items():
        assert array.shape == NEEDED[name].shape
        assert array.dtype == np.float32
        assert np.isfinite(array).all()


TARGET = Target(seeds, check, WORDS, repaired=repaired)
