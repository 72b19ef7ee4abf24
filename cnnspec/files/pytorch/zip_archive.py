"""The members of a zip archive, checked before any of them is read.

PyTorch stores its records uncompressed, so a member's bytes are bytes of the file and can claim no more
than the file has. Layout: PKWARE APPNOTE 6.3.10, sections 4.3.12 (entries) and 4.5.3 (64-bit sizes).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ..zip_records import Directory, end_records, leaves_folder, local_header
from .refusal import damaged, quote, refusal
from .region import Region

MOST_MEMBERS = 50_000
LONGEST_DIRECTORY = 8 << 20

_ENTRY = struct.Struct("<4s6H3L5H2L")
_ENCRYPTED = 1
_IN_EXTRA = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the central directory: `header` is where the member's own header begins."""

    name: str
    header: int
    size: int
    checksum: int


def members(file: BinaryIO, size: int) -> dict[str, Region]:
    """Where each member's bytes are in the `size` bytes of `file`, by name without the common folder."""
    count, length, start = _directory(file, size)
    file.seek(start)
    entries = sorted(_entries(file.read(length), count), key=lambda entry: entry.header)
    regions: dict[str, Region] = {}
    free = 0
    for entry in entries:
        region = _locate(file, entry, start)
        if entry.header < free:
            raise damaged(f"its members overlap at {quote(entry.name)}", f"byte {entry.header:,} belongs to two")
        free = region.start + region.size
        if entry.name in regions:
            raise damaged(f"it holds the member {quote(entry.name)} twice", "only one of them can be meant")
        regions[entry.name] = region
    return _without_folder(regions)


def _directory(file: BinaryIO, size: int) -> Directory:
    """The central directory, from the records behind it."""
    found = end_records(file, size)
    if found is None:
        raise damaged("it ends too early", "the archive's directory is missing")
    if found.excess:
        raise damaged("something follows the archive", "its last record ends before the file or behind it")
    misplaced = "the archive's directory is not where it should be"
    if found.directory is None:
        raise damaged(misplaced, f"nothing at byte {found.wide:,}")
    count, length, start = found.directory
    end = found.place if found.wide is None else min(found.wide, found.place)
    if start + length > end or count * _ENTRY.size > length:
        raise damaged(
            misplaced, f"{count:,} entries in {length:,} bytes from byte {start:,} do not fit before byte {end:,}"
        )
    if count > MOST_MEMBERS or length > LONGEST_DIRECTORY:
        raise refusal("has too many members", f"{count:,}; at most {MOST_MEMBERS:,} are read")
    return found.directory


def _entries(directory: bytes, count: int) -> Iterator[_Entry]:
    at = 0
    for _ in range(count):
        if len(directory) - at < _ENTRY.size or directory[at : at + 4] != b"PK\1\2":
            raise damaged("the archive's directory makes no sense", f"no entry {at:,} bytes into it")
        (
            *_, flags, method, _time, _date, checksum, packed, size,
            name_length, extra_length, comment_length, _disk, _internal, _external, header,
        ) = _ENTRY.unpack_from(directory, at)  # fmt: skip
        at += _ENTRY.size
        name = _name(directory[at : at + name_length])
        extra = directory[at + name_length : at + name_length + extra_length]
        at += name_length + extra_length + comment_length
        size, packed, header = _wide(extra, size, packed, header)
        entry = _Entry(name, header, size, checksum)
        if flags & _ENCRYPTED or method or packed != size:
            raise refusal(
                f"has a compressed or encrypted member, {quote(entry.name)}",
                f"PyTorch stores members as they are; this one packs {size:,} bytes into {packed:,} by method {method}",
            )
        yield entry


def _wide(extra: bytes, *values: int) -> tuple[int, ...]:
    """`values`, with those that say so replaced, in their order, by the 64-bit ones in the extra field."""
    wide, at = b"", 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        at += 4
        if kind == 1:
            wide = extra[at : at + length]
        at += length
    found = iter(struct.unpack(f"<{len(wide) // 8}Q", wide[: len(wide) // 8 * 8]))
    return tuple(next(found, value) if value == _IN_EXTRA else value for value in values)


def _locate(file: BinaryIO, entry: _Entry, end: int) -> Region:
    """The member's bytes, behind its own header and before `end`, where the directory begins."""
    found = local_header(file, min(entry.header, end))
    if found is None:
        raise damaged(f"member {quote(entry.name)} is missing", f"it should begin at byte {entry.header:,}")
    name, start = found
    if _name(name) != entry.name:
        raise damaged(f"member {quote(entry.name)} has two names", "the directory and the member disagree")
    if start + entry.size > end:
        raise damaged(
            f"member {quote(entry.name)} is longer than the file",
            f"it claims {entry.size:,} bytes from byte {start:,}; members end at byte {end:,}",
        )
    return Region(start, entry.size, entry.checksum)


def _name(raw: bytes) -> str:
    """Only ASCII names are looked for; a folder in some older encoding does no harm."""
    return raw.decode("utf-8", "replace")


def _without_folder(regions: dict[str, Region]) -> dict[str, Region]:
    """All members of a checkpoint lie in one folder, named after the file it was saved to."""
    folder = next(iter(regions), "").partition("/")[0]
    for name in regions:
        if not folder or not name.startswith(f"{folder}/") or leaves_folder(name):
            raise refusal(
                f"holds {quote(name)}, which is no part of a checkpoint",
                "all members of a checkpoint are in one folder: `data.pkl` and the tensors in `data/`",
            )
    return {name.removeprefix(f"{folder}/"): region for name, region in regions.items()}
