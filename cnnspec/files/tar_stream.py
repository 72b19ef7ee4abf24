"""The files in a tar archive, one behind the other, as they come: nothing is unpacked, nothing sought."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from .reading import Malformed

ENDINGS = (".tar", ".tar.gz", ".tgz")
EXTENDED = (*b"xgXLK",)
"""Types of headers that are about the next one: all of them is read into memory at once."""
LONGEST = 64 * 2**10
"""Bytes of such a header: a few times a path."""


class Member(NamedTuple):
    """A file of the archive, with no more than its first bytes."""

    name: str
    data: bytes


class _Header(tarfile.TarInfo):
    """A header that is read without trust."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        """Raises ReadError for what `tarfile` takes for the end of the archive, though there is no mark of an end."""
        try:
            header = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as fault:
            if len(buf) == tarfile.BLOCKSIZE and not any(buf):
                raise  # the mark
            raise tarfile.ReadError(str(fault)) from None
        if ord(header.type) in EXTENDED and header.size > LONGEST:
            raise tarfile.ReadError(f"a header of {header.size:,} bytes")
        return header


def members(stream: BinaryIO, most: int) -> Iterator[Member]:
    """Every plain file, with at most `most` of its bytes. Raises Malformed where the archive is damaged or cut off."""
    try:
        with tarfile.open(fileobj=stream, mode="r|*", tarinfo=_Header) as archive:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # it would keep all of them
                if member.isreg():
                    file = archive.extractfile(member)
                    assert file is not None, "it is a plain one"
                    data = file.read(min(member.size, most))
                    if len(data) < min(member.size, most):
                        raise tarfile.ReadError("unexpected end of data")
                    yield Member(member.name, data)
    except (tarfile.TarError, EOFError, ValueError, zlib.error) as fault:  # ValueError: a number in words
        raise Malformed(f"it is no tar archive, or cut off: {fault}", "write or download it again") from None
