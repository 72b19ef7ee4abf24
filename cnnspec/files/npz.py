"""NumPy's `.npz` archives, read without trusting them: members of known size, none hostile, none pickled."""

from __future__ import annotations

import os
import reprlib
import struct
import weakref
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from . import npy
from .reading import AnyPath, Malformed, blaming, opened
from .recognition import NPZ, ZIP, ensure, pickled
from .zip_records import end_records, leaves_folder, local_header

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_NAME = 1_000
MOST_MEMBERS = 10_000
MAX_DIRECTORY = 4 * 2**20
"""Bytes of an archive's list of members."""
WIDE_RECORDS = 98
"""Bytes of the records that end an archive beyond 2 GiB; `zipfile` looks for them there, whatever they say."""
MAX_UNPACKED = 4 * 2**30
FREE_UNPACKED, MAX_RATIO = 64 * 2**20, 100
"""Unpacked bytes up to which any compression is believed; beyond, at most so many times the file."""


_FAULTS: tuple[type[Exception], ...] = (
    zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, struct.error,
)  # fmt: skip
"""What zipfile raises for an archive that is damaged, encrypted or unusual, beside the system's errors."""
with suppress(ImportError):  # a Python may be built without it
    from lzma import LZMAError

    _FAULTS += (LZMAError,)


class Archive(Mapping[str, "NDArray[Any]"]):
    """The arrays of an `.npz` file: their names at once, headers and arrays when they are asked for.

    `most` bytes are believed to be in it.
    """

    def __init__(self, path: AnyPath, most: int = MAX_UNPACKED) -> None:
        self._path, self._stream = path, opened(path)
        weakref.finalize(self, self._stream.close)
        with _blaming_zip(path):
            size = _archive_size(self._stream)
            self._zip = zipfile.ZipFile(self._stream)
            self._members = _members(self._zip.infolist(), size, most)

    @cached_property
    def headers(self) -> dict[str, npy.NpyHeader]:
        """What each array is like, or a FileError for the first that is none."""
        with _blaming_zip(self._path):
            return {name: self._header(info) for name, info in self._members.items()}

    def _header(self, info: zipfile.ZipInfo) -> npy.NpyHeader:
        with self._zip.open(info) as stream:
            try:
                return npy.read_header(stream, info.file_size)
            except Malformed as fault:
                raise Malformed(f"`{info.filename}` in it: {fault.why}", fault.help, fault.code) from fault

    def place(self, name: str) -> int | None:
        """The byte of the file where an array's data begin, or None when they are compressed."""
        info = self._members[name]
        if info.compress_type != zipfile.ZIP_STORED:
            return None
        with _blaming_zip(self._path):
            found = local_header(self._stream, info.header_offset)
            if found is None or found[1] + info.file_size > self._stream.seek(0, 2):
                raise Malformed(f"its member `{info.filename}` is cut off")
        return found[1] + self.headers[name].start

    def reopened(self) -> BinaryIO:
        """The archive's file once more, to be read beside it. Raises FileError (E403) when another one has taken its
        name meanwhile."""
        stream = opened(self._path)
        if not os.path.samestat(os.fstat(stream.fileno()), os.fstat(self._stream.fileno())):
            stream.close()
            with blaming(self._path):
                raise Malformed("it was replaced while it was opened", "try again once it is at rest")
        return stream

    @contextmanager
    def unpacking(self, name: str) -> Iterator[IO[bytes]]:
        """An array's `.npy` file, unpacked as it is read."""
        with _blaming_zip(self._path), self._zip.open(self._members[name]) as stream:
            yield stream

    def __getitem__(self, name: str) -> NDArray[Any]:
        import numpy as np

        header, info = self.headers[name], self._members[name]
        with _blaming_zip(self._path), self._zip.open(info) as stream:
            data = stream.read(info.file_size)
            if len(data) != info.file_size:
                raise Malformed(f"its member `{info.filename}` is cut off")
        flat = np.frombuffer(data, header.dtype, offset=header.start)
        return flat.reshape(header.shape, order="F" if header.fortran_order else "C")

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)


def _archive_size(stream: BinaryIO) -> int:
    """The file's size, after a look at its beginning, where NumPy looks, and at the records at its end: the list of
    members is read in one piece."""
    ensure(stream, NPZ, ZIP, cure="an .npz file is wanted")
    begins = stream.read(4)
    size = stream.seek(0, 2)
    found = end_records(stream, size)
    if found is None or found.comment or found.excess:
        raise Malformed("it does not end as an .npz file does", "is it cut off, or a file of another kind?")
    if begins not in (b"PK\3\4", b"PK\5\6"):
        raise Malformed("it does not begin as an .npz file does", "something stands in front of the archive")
    if found.directory is None or found.wide not in (None, size - WIDE_RECORDS):
        raise Malformed("the records at its end contradict each other")
    if found.directory.length > MAX_DIRECTORY:
        raise Malformed(f"its list of members claims {found.directory.length:,} bytes, more than {MAX_DIRECTORY:,}")
    return size


def _members(infos: list[zipfile.ZipInfo], size: int, most: int) -> dict[str, zipfile.ZipInfo]:
    if len(infos) > MOST_MEMBERS:
        raise Malformed(f"it holds {len(infos):,} members; {MOST_MEMBERS:,} are read at most")
    for info in infos:
        _check_member(info.orig_filename)
    twice = [name for name, count in Counter(info.filename for info in infos).items() if count > 1]
    if twice:
        raise Malformed(f"it holds `{twice[0]}` twice")
    unpacked = sum(info.file_size for info in infos)
    if unpacked > most or unpacked > max(FREE_UNPACKED, MAX_RATIO * size):
        raise Malformed(f"its {size:,} bytes would unpack to {unpacked:,}", "save it without compression")
    return {info.filename.removesuffix(".npy"): info for info in infos}


def _check_member(name: str) -> None:
    shown = reprlib.repr(name)
    if name.endswith(".pkl"):
        raise pickled(f"its member {shown} is a pickle: loading one runs the code inside")
    if leaves_folder(name):
        raise Malformed(f"its member {shown} would leave the archive's folder")
    if not name.endswith(".npy") or len(name) > MAX_NAME or not name.isprintable():
        raise Malformed(f"its member {shown} is not an array", "an .npz file holds .npy members only")


@contextmanager
def _blaming_zip(path: AnyPath) -> Iterator[None]:
    """As `blaming`, and for `_FAULTS`."""
    with blaming(path):
        try:
            yield
        except _FAULTS as fault:
            raise Malformed(f"its archive is damaged or unusual: {fault}") from fault
