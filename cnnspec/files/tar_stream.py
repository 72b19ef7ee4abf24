"""The files in a tar archive, one behind the other, as they come: nothing is unpacked, nothing sought."""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from .reading import Malformed

ENDINGS = (".tar", ".tar.gz", ".tgz")


class Member(NamedTuple):
    """A file of the archive, with no more than its first bytes."""

    name: str
    data: bytes


def members(stream: BinaryIO, most: int) -> Iterator[Member]:
    """Every plain file, with at most `most` of its bytes. Raises Malformed where the archive is damaged or cut off."""
    try:
        with tarfile.open(fileobj=stream, mode="r|*") as archive:
            while (member := archive.next()) is not None:
                archive.members = []  # type: ignore[attr-defined]  # it would keep all of them
                if member.isreg():
                    file = archive.extractfile(member)
                    assert file is not None, "it is a plain one"
                    data = file.read(min(member.size, most))
                    if len(data) < min(member.size, most):
                        raise tarfile.ReadError("unexpected end of data")
                    yield Member(member.name, data)
    except (tarfile.TarError, EOFError, zlib.error) as fault:
        raise Malformed(f"it is no tar archive, or cut off: {fault}", "write or download it again") from None
