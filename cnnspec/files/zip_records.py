"""The records of a zip archive that say where its members are, read without trusting them.

Nothing is judged here beyond what a record is: .npz files and PyTorch's archives are each refused in their own words.
Layout: PKWARE APPNOTE 6.3.10, section 4.3.
"""

from __future__ import annotations

import struct
from typing import IO, NamedTuple

_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCAL = struct.Struct("<4s5H3L2H")
_ENTRY = struct.Struct("<4s24x3H12x")
_LISTED = 2**18
"""Bytes of the list of members in which `member_names` looks."""
_COMMENT = 0xFFFF
"""Bytes of the longest comment behind the last record."""


class Directory(NamedTuple):
    """The list of members: how many, its bytes, and where it begins, as the archive claims."""

    members: int
    length: int
    start: int


class EndRecords(NamedTuple):
    """What stands behind the list of members.

    `place` is where the last record begins, `comment` the bytes that it announces behind itself, `excess` how many
    more there are. `wide` is where a 64-bit record should be, None without one; when it is not there, neither is the
    `directory`.
    """

    place: int
    comment: int
    excess: int
    wide: int | None
    directory: Directory | None


def end_records(file: IO[bytes], size: int) -> EndRecords | None:
    """The records at the end of the `size` bytes of `file`; None when there is no last one."""
    begin = max(0, size - _LOCATOR.size - _END.size - _COMMENT)
    file.seek(begin)
    tail = file.read(size - begin)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _END.size:
        return None
    *_, count, length, start, comment = _END.unpack_from(tail, at)
    excess = len(tail) - at - _END.size - comment
    if at < _LOCATOR.size or not tail.startswith(b"PK\6\7", at - _LOCATOR.size):
        return EndRecords(begin + at, comment, excess, None, Directory(count, length, start))
    _, _, wide, _ = _LOCATOR.unpack_from(tail, at - _LOCATOR.size)
    return EndRecords(begin + at, comment, excess, wide, _wide_directory(file, min(wide, begin + at)))


def _wide_directory(file: IO[bytes], place: int) -> Directory | None:
    """What the 64-bit record says."""
    file.seek(place)
    record = file.read(_END64.size)
    if len(record) < _END64.size or not record.startswith(b"PK\6\6"):
        return None
    *_, count, length, start = _END64.unpack(record)
    return Directory(count, length, start)


def local_header(file: IO[bytes], place: int) -> tuple[bytes, int] | None:
    """The name in the header in front of a member, and where the member's bytes begin; None when it is not there."""
    file.seek(place)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or not header.startswith(b"PK\3\4"):
        return None
    *_, name, extra = _LOCAL.unpack(header)
    return file.read(name), place + _LOCAL.size + name + extra


def member_names(file: IO[bytes], size: int) -> list[str]:
    """The names of the first few thousand members; that of the first one alone where the list of them is not there."""
    found = end_records(file, size)
    names = [] if found is None or found.directory is None else _listed(file, found.directory, size)
    first = None if names else local_header(file, 0)
    return names if first is None else [first[0].decode("utf-8", "replace")]


def _listed(file: IO[bytes], directory: Directory, size: int) -> list[str]:
    file.seek(min(directory.start, size))  # far behind the end some file systems go nowhere
    data = file.read(min(directory.length, _LISTED))
    names, at = [], 0
    while len(data) - at >= _ENTRY.size and data.startswith(b"PK\1\2", at):
        _, name, extra, comment = _ENTRY.unpack_from(data, at)
        at += _ENTRY.size
        names.append(data[at : at + name].decode("utf-8", "replace"))
        at += name + extra + comment
    return names


def leaves_folder(member: str) -> bool:
    """Whether a member's name would lead out of the folder that the archive is unpacked to."""
    return member.startswith("/") or ".." in member.split("/") or "\\" in member or "\0" in member
