"""Checkpoints written by hand, byte by byte, to be wrong in one chosen way; and what is said of them."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from cnnspec.diagnostics import FileError
from cnnspec.files.pytorch import read

MEMORY = 64 << 20
FLOATS = struct.pack("<6f", *range(6))
TENSOR = "torch._utils _rebuild_tensor_v2"


def pickled(body: bytes) -> bytes:
    """A whole pickle, protocol 2."""
    return b"\x80\x02" + body + b"."


def text(word: str) -> bytes:
    raw = word.encode()
    return b"X" + struct.pack("<I", len(raw)) + raw


def integer(value: int) -> bytes:
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def sequence(items: Iterable[bytes]) -> bytes:
    """A tuple."""
    return b"(" + b"".join(items) + b"t"


def integers(values: Iterable[int]) -> bytes:
    return sequence(map(integer, values))


def items(pairs: Mapping[str, bytes]) -> bytes:
    return b"(" + b"".join(text(key) + value for key, value in pairs.items()) + b"u"


def mapping(pairs: Mapping[str, bytes]) -> bytes:
    return b"}" + items(pairs)


def named(path: str) -> bytes:
    """A global, given as "module name"."""
    module, _, member = path.partition(" ")
    return f"c{module}\n{member}\n".encode()


def call(path: str, *arguments: bytes) -> bytes:
    return named(path) + sequence(arguments) + b"R"


def stored(count: int = 6, key: str = "0", kind: str = "Float", *more: bytes) -> bytes:
    """A storage, by its persistent id."""
    parts = (text("storage"), named(f"torch {kind}Storage"), text(key), text("cpu"), integer(count), *more)
    return sequence(parts) + b"Q"


def tensor(
    shape: tuple[int, ...] = (2, 3),
    stride: tuple[int, ...] = (3, 1),
    offset: int = 0,
    storage: bytes | None = None,
) -> bytes:
    parts = (storage or stored(), integer(offset), integers(shape), integers(stride))
    return call(TENSOR, *parts, b"\x89", call("collections OrderedDict"))


def weights(one: bytes | None = None) -> bytes:
    """A pickled state_dict with one tensor, `w`."""
    return pickled(mapping({"w": one or tensor()}))


def archive(pickle: bytes | None = None, records: Mapping[str, bytes] | None = None, folder: str = "net/") -> bytes:
    """A zip archive as PyTorch writes it: `data.pkl`, then `records` (one storage of FLOATS unless given)."""
    with zipfile.ZipFile(buffer := io.BytesIO(), "w") as file:
        file.writestr(f"{folder}data.pkl", weights() if pickle is None else pickle)
        for name, data in ({"data/0": FLOATS} if records is None else records).items():
            file.writestr(f"{folder}{name}", data)
    return buffer.getvalue()


def stream(
    pickle: bytes | None = None,
    keys: bytes | None = None,
    storages: bytes | None = None,
    magic: int = 0x1950A86A20F9469CFC6C,
    version: int = 1001,
) -> bytes:
    """The format from before PyTorch 1.6."""
    return b"".join(
        [
            *(pickled(part) for part in (integer(magic), integer(version), mapping({"little_endian": b"\x88"}))),
            weights() if pickle is None else pickle,
            pickled(b"](" + text("0") + b"e" if keys is None else keys),
            struct.pack("<Q", 6) + FLOATS if storages is None else storages,
        ]
    )


def refused(path: Path, data: bytes) -> str:
    """What is said of a file with `data`: message, why and help, after little memory was taken."""
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(FileError) as caught:
            read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < MEMORY
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.file) == ("E408", str(path))
    assert diagnostic.why
    assert diagnostic.help
    return f"{diagnostic.message} / {diagnostic.why} / {diagnostic.help}"
