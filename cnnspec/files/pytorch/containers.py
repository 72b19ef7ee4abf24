"""The two files that `torch.save` writes, brought to one form: a tree of values and where its numbers are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Literal

from ..recognition import CHECKPOINT, TORCHSCRIPT, ZIP, recognised
from .pickle_reader import PickleReader
from .refusal import SAVE_AGAIN, damaged, number, quote, refusal
from .region import Region
from .values import Foreign, foreign
from .zip_archive import members

LONGEST_PICKLE = 32 << 20

_MAGIC = 0x1950A86A20F9469CFC6C
_STREAM_VERSION = 1001
_COUNT = 8
"""Bytes before each storage of a stream that say how many numbers follow."""


@dataclass(frozen=True)
class Contents:
    """`tree` is what was saved; `regions` gives the bytes of each storage in it by key. `foreign` are the names by
    which something was made that is not understood."""

    tree: object
    regions: Mapping[str, Region]
    byte_order: Literal["little", "big"]
    foreign: tuple[str, ...]


def contents(file: BinaryIO, size: int) -> Contents:
    """What the `size` bytes of `file` hold. Raises Malformed."""
    found = recognised(file)
    if found is TORCHSCRIPT:
        cure = "in PyTorch: `torch.save(torch.jit.load(FILE).state_dict(), 'weights.pth')`"
        raise refusal("holds a TorchScript program, not a state_dict", "it is run, its weights are a part of it", cure)
    match file.read(4):
        case b"PK\3\4" if found in (CHECKPOINT, ZIP):
            return _archive(file, size)
        case start if start.startswith(b"\x80"):
            return _stream(file, size)
        case b"":
            raise damaged("it is empty", "a checkpoint begins with a zip header or a pickle")
    why = "a checkpoint is a zip archive (PyTorch 1.6 and later) or a stream of pickles; this is neither"
    if found is None:
        raise refusal("is no PyTorch checkpoint", why)
    raise refusal("is no PyTorch checkpoint", f"it is {found.what}", found.cure or SAVE_AGAIN)


def _archive(file: BinaryIO, size: int) -> Contents:
    """Since PyTorch 1.6: `data.pkl`, each storage in `data/<key>`, and `byteorder` since 2.1."""
    found = members(file, size)
    if "data.pkl" not in found:
        raise refusal("is a zip archive, but not of weights", "there is no `data.pkl` in it")
    if found["data.pkl"].size > LONGEST_PICKLE:
        raise refusal(
            "is too long a program",
            f"`data.pkl` has {found['data.pkl'].size:,} bytes; at most {LONGEST_PICKLE:,} are read",
        )
    reader = PickleReader(found["data.pkl"].read(file, "`data.pkl`"))
    tree = reader.load()
    regions = {key: region for key in reader.storages if (region := found.get(f"data/{key}"))}
    return Contents(tree, regions, _byte_order(file, found), tuple(reader.foreign))


def _byte_order(file: BinaryIO, found: Mapping[str, Region]) -> Literal["little", "big"]:
    record = found.get("byteorder")
    if record is None:
        return "little"
    match record.read(file, "`byteorder`") if record.size <= len("little") else None:
        case b"little":
            return "little"
        case b"big":
            return "big"
    raise damaged("its byte order is unknown", "the record `byteorder` says neither `little` nor `big`")


def _stream(file: BinaryIO, size: int) -> Contents:
    """Before PyTorch 1.6: five pickles (magic number, version, system, tree, keys), then the storages.

    Numbers are little-endian whatever the system was: the writer turned them round.
    """
    file.seek(0)
    reader = PickleReader(file.read(LONGEST_PICKLE))
    if reader.load() != _MAGIC:
        if reader.foreign:
            raise foreign(next(iter(reader.foreign)))
        raise refusal("is a pickle, but no PyTorch checkpoint", "PyTorch's magic number is missing")
    if reader.load() != _STREAM_VERSION:
        raise refusal("is an unknown kind of PyTorch checkpoint", f"its version is not {_STREAM_VERSION:,}")
    reader.load()
    tree, keys = reader.load(), reader.load()
    if isinstance(tree, Foreign):
        raise foreign(tree.path)
    if not isinstance(keys, list):
        raise damaged("its list of storages is missing", "something else stands in its place")
    regions: dict[str, Region] = {}
    at = reader.position
    for key in keys:
        storage = reader.storages.get(key) if isinstance(key, str) else None
        if storage is None and reader.foreign:
            raise foreign(next(iter(reader.foreign)))  # how long its numbers are is not known
        if storage is None or key in regions:
            raise damaged("its list of storages makes no sense", "a key is unknown or comes twice")
        file.seek(at)
        count = int.from_bytes(file.read(_COUNT), "little")
        at += _COUNT
        if count != storage.count or at + storage.size > size:
            raise damaged(
                f"storage {quote(key)} does not fit the file",
                f"{number(storage.size)} bytes are needed, {number(max(0, size - at))} are left, and "
                f"{count:,} numbers are announced where {number(storage.count)} are expected",
            )
        regions[key] = Region(at, storage.size)
        at += storage.size
    if at != size:
        raise damaged("something follows its storages", f"{size - at:,} bytes too many")
    return Contents(tree, regions, "little", tuple(reader.foreign))
