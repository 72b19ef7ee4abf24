"""The work of decoding an image, bounded before it is done: a small file can ask for hours of it.

Counted is what grows without the pixels: reads of the file, which parts of Pillow do piece by piece in Python; scans of
a JPEG, each over the whole image; what decoders that are written in Python go through; entries of TIFF and EXIF data.
All bounds are far above real images, and each is less than a second.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from io import BufferedReader, BytesIO, FileIO
from math import prod
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from ..files.reading import Malformed

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

HEADER_READS = 10_000
READS = 250_000
EXIF = 2**17
"""Letters of EXIF data that are written as text."""
SCANNED = 2**29
"""Pixels that the scans of a JPEG go over, all together."""
PYTHON_BYTES, PYTHON_SAMPLES = 4 * 2**20, 2 * 10**6
"""Bytes of a file that is decoded in Python, and numbers that it holds."""
COMMENTS = 100
"""Comments among the numbers of a plain PPM, each of which makes Pillow copy what follows."""
STRIPS = 2**16
"""Pieces of a TIFF: as many as the rows of the highest image."""

MOST_DIRECTORIES = 8
FREE = 2**25
"""Bytes that entries may hold in any file."""

_BIG = 43
"""The version of a BigTIFF."""
_OFFSETS, _DIRECTORIES = (273, 324), (34665, 34853, 40965)
"""Tags of where the strips and tiles are; of directories with EXIF's own entries."""
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
"""Bytes of a value of each TIFF type."""


class MeteredFile(BufferedReader):
    """A file once more, on disk or in memory, to be closed by itself, that refuses to be read more than so many times:
    Malformed."""

    def __init__(self, file: BinaryIO) -> None:
        again = BytesIO(file.getvalue()) if isinstance(file, BytesIO) else FileIO(os.dup(file.fileno()))
        super().__init__(again)
        self.left = HEADER_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise Malformed("it lies in too many pieces: reading them takes longer than the image is worth")
        return super().read(size)


def check_directory(file: BinaryIO) -> None:
    """Refuse TIFF data whose entries lie upon each other, so that they hold much more than the file, or whose pixels
    lie in too many strips: Malformed. What is no TIFF, or cut off, is left to Pillow. Format: TIFF 6.0, section 2."""
    size, held = file.seek(0, 2), 0
    for entry in _entries(file):
        held += min(entry.length, size)
        if held > 2 * size + FREE:
            raise Malformed(f"its entries hold {held:,} bytes and more; the file has {size:,}")
        if entry.tag in _OFFSETS and entry.values > STRIPS:
            raise Malformed(f"it lies in {entry.values:,} pieces; {STRIPS:,} are read at most")


class Entry(NamedTuple):
    """A tag, how many values it has, their bytes, and the number that stands for them: one of them, or their place."""

    tag: int
    values: int
    length: int
    number: int


def _entries(file: BinaryIO) -> Iterator[Entry]:
    """Those of the first directory, and of the ones to which it leads."""
    file.seek(0)
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 16:
        return
    wide = struct.unpack_from(f"{order}H", head, 2)[0] == _BIG
    number, form = struct.Struct(order + ("Q" if wide else "H")), struct.Struct(order + ("HHQQ" if wide else "HHII"))
    places = [struct.unpack_from(order + ("Q" if wide else "I"), head, 8 if wide else 4)[0]]
    for place in places:
        file.seek(min(place, 2**62))
        first = file.read(number.size)
        data = file.read(number.unpack(first)[0] % 2**16 * form.size) if len(first) == number.size else b""
        for tag, kind, values, value in form.iter_unpack(data[: len(data) // form.size * form.size]):
            yield Entry(tag, values, values * _SIZES.get(kind, 0), value)
            if tag in _DIRECTORIES and len(places) < MOST_DIRECTORIES:
                places.append(value)


def check_exif(image: ImageFile) -> None:
    """Refuse EXIF data as `check_directory` does: Pillow reads all entries for the one that says what is up."""
    data, text = image.info.get("exif"), image.info.get("Raw profile type exif", "")
    if isinstance(data, bytes):
        check_directory(BytesIO(data.removeprefix(b"Exif\0\0")))
    elif len(text) > EXIF:
        raise Malformed(f"its EXIF data take {len(text):,} letters; {EXIF:,} are read at most")


def check_decoding(image: ImageFile, file: MeteredFile) -> None:
    """Refuse an image, its header read, whose decoding would take long: Malformed."""
    file.left = READS
    if not image.tile:
        return
    place = file.tell()
    _check_decoder(image, image.tile[0][0], file)
    file.seek(place)


def _check_decoder(image: ImageFile, decoder: str, file: MeteredFile) -> None:
    size, samples = file.seek(0, 2), prod(image.size) * len(image.getbands())
    if decoder == "jpeg" and (scans := _count(file, b"\xff\xda")) * prod(image.size) > SCANNED:
        raise Malformed(f"its {scans:,} scans go over the image again and again, which takes too long")
    if decoder == "ppm_plain" and _count(file, b"#") > COMMENTS:
        raise Malformed(f"it has more than {COMMENTS} comments")
    kind = _IN_PYTHON.get(decoder)
    if kind and size > PYTHON_BYTES:
        raise Malformed(f"{kind} of {size:,} bytes takes too long to decode; up to {PYTHON_BYTES:,} are read")
    if kind and decoder != "bmp_rle" and samples > PYTHON_SAMPLES:
        raise Malformed(f"{kind} of {samples:,} numbers takes too long to decode; up to {PYTHON_SAMPLES:,} are read")


_IN_PYTHON = {
    "ppm": "a PPM whose white is neither 255 nor 65535",
    "ppm_plain": "a PPM in plain text",
    "bmp_rle": "a compressed BMP",
}
"""Pillow's decoders that are written in Python, and what they decode."""


def _count(file: BinaryIO, what: bytes) -> int:
    file.seek(0)
    found, tail = 0, b""
    while block := file.read(2**20):
        found += (tail + block).count(what)
        tail = block[len(block) - len(what) + 1 :]
    return found
