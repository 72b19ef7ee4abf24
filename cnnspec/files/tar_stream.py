"""The files in a tar archive, or in a part of one, one behind the other, as they come: nothing is unpacked.

An archive ends with blocks of zeros, and a compressed one with a checksum. Where either is missing or wrong, so may be
files: that is said, and never taken for the end.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader, RawIOBase
from typing import IO, Any, BinaryIO, NamedTuple, cast

from .reading import Malformed

ENDINGS = (".tar", ".tar.gz", ".tgz")
EXTENDED = (*b"xgXLK",)
"""Types of headers that are about the next one: all of them is read into memory at once."""
LONGEST = 64 * 2**10
"""Bytes of such a header: a few times a path."""
_COMPRESSED: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
"""By their first bytes. These, unlike `tarfile`, check a stream to its end, and read several behind each other."""


class Member(NamedTuple):
    """A file of the archive, with no more than its first bytes."""

    name: str
    data: bytes


class Part(RawIOBase):
    """The bytes of an archive from one header to another, as an archive by itself: with an end behind them."""

    def __init__(self, stream: BinaryIO, start: int, end: int) -> None:
        stream.seek(start)
        self.stream, self.left, self.zeros = stream, end - start, tarfile.RECORDSIZE

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self.left:
            data = self.stream.read(self.left if size < 0 else min(size, self.left))
            self.left -= len(data)
            return data
        data = bytes(self.zeros if size < 0 else min(size, self.zeros))
        self.zeros -= len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


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
        with _unpressed(stream) as plain, tarfile.open(fileobj=plain, mode="r|", tarinfo=_Header) as archive:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # it would keep all of them
                if member.isreg():
                    file = archive.extractfile(member)
                    assert file is not None, "it is a plain one"
                    data = file.read(min(member.size, most))
                    if len(data) < min(member.size, most):
                        raise tarfile.ReadError("unexpected end of data")
                    yield Member(member.name, data)
            _ensure_end(cast("IO[bytes]", archive.fileobj))
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, ValueError) as fault:
        raise Malformed(f"it is no tar archive, or cut off: {fault}", "write or download it again") from None


def headers(stream: BinaryIO) -> Iterator[tuple[str, int]]:
    """The name of every plain file, and where its headers begin; its bytes are passed over. It ends where `members`
    would have something against the archive, and at once for one that is compressed, or has headers about all that
    follow: of such a one no part stands by itself."""
    with (
        suppress(tarfile.TarError, EOFError, ValueError),
        tarfile.open(fileobj=stream, mode="r:", tarinfo=_Header) as archive,
    ):
        while (member := archive.next()) is not None and not archive.pax_headers:
            archive.members = []  # type: ignore[attr-defined]
            if member.isreg():
                yield member.name, member.offset


@contextmanager
def _unpressed(stream: BinaryIO) -> Iterator[IO[bytes]]:
    buffered = BufferedReader(stream)  # type: ignore[type-var]
    start = buffered.peek(tarfile.BLOCKSIZE)
    packers = {} if start[257:].startswith(b"ustar") else _COMPRESSED  # a file may be called like a magic
    try:
        unpressed = next((unpressed for magic, unpressed in packers.items() if start.startswith(magic)), None)
        yield unpressed(buffered) if unpressed else cast("IO[bytes]", buffered)
    finally:
        buffered.detach()  # whoever opened the stream closes it


def _ensure_end(rest: IO[bytes]) -> None:
    """Behind the last file there are zeros alone; more files would be those of an archive that was joined to it."""
    while block := rest.read(tarfile.RECORDSIZE):
        if any(block):
            raise tarfile.ReadError("there is more behind its end")
