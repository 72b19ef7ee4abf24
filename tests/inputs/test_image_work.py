"""Images that ask for work out of all proportion to their size are refused soon, and ordinary ones are not."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from processor_time import about

from cnnspec.diagnostics import FileError
from cnnspec.inputs import image_work, images
from cnnspec.language.sections.preprocess import Preprocess

CHUNK = b"\0\0\0\0teSt" + zlib.crc32(b"teSt").to_bytes(4, "big")
SECTION = Preprocess(mode="gray", resize=(8, 8))


def load(path: Path) -> Any:
    return images.load(path, SECTION, (1, 8, 8))


def saved(kind: str, size: tuple[int, int] = (8, 8), mode: str = "L", **options: Any) -> bytes:
    Image.new(mode, size, 90).save(buffer := io.BytesIO(), kind, **options)
    return buffer.getvalue()


def scanned(count: int) -> bytes:
    """A progressive JPEG of 36 megapixels whose last scan comes again and again."""
    data = saved("JPEG", (6000, 6000), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * count + b"\xff\xd9"


def bitmap(packed: bytes) -> bytes:
    """A BMP of 8 by 8 pixels that is packed by run lengths."""
    head = struct.pack("<IiiHHIIiiII", 40, 8, 8, 1, 8, 1, len(packed), 0, 0, 256, 0) + bytes(1024)
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + len(packed), 0, 0, 14 + len(head)) + head + packed


def tiff(*entries: tuple[int, int, int, int], big: bool = False) -> bytes:
    """A TIFF's header and first directory, then zeros."""
    if big:
        head = b"II" + struct.pack("<HHHQQ", 43, 8, 0, 16, len(entries))
        return head + b"".join(struct.pack("<HHQQ", *entry) for entry in entries) + bytes(10_000)
    head = b"II" + struct.pack("<HIH", 42, 8, len(entries))
    return head + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(10_000)


def gif(blocks: int) -> bytes:
    """A GIF with a comment in so many pieces."""
    data = saved("GIF")
    place = data.index(b",\0\0\0\0")
    return data[:place] + b"!\xfe" + b"\1x" * blocks + b"\0" + data[place:]


def exif(kind: str, entries: int) -> bytes:
    """An image with EXIF data whose entries all stand for the same 50 kB."""
    each = b"".join(struct.pack("<HHII", 40_000 + i, 7, 50_000, 8) for i in range(entries))
    return saved(
        kind, exif=b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", entries) + each + bytes(50_000 - 12 * entries)
    )


COSTLY: dict[str, tuple[Callable[[], bytes], str]] = {
    "a long comment before the size": (lambda: b"P6 #" + b"x" * 10**6 + b"\n8 8 255\n" + bytes(192), "pieces"),
    "blanks before the size": (lambda: b"P5" + b" " * 10**6 + b"8 8 255\n" + bytes(64), "pieces"),
    "many comments among numbers": (lambda: b"P2 8 8 255\n" + b"#\n" * 10**6 + b"1 " * 64, "100 comments"),
    "many numbers as text": (lambda: b"P2 2500 1000 255\n" + b"1 " * 10, "2,500,000 numbers"),
    "many numbers of 10 bits": (lambda: b"P5 2500 1000 1000\n" + bytes(10), "2,500,000 numbers"),
    "blanks among numbers": (lambda: b"P2 8 8 255\n" + b" " * (5 << 20), "plain text of 5,242,891 bytes"),
    "runs of nothing": (lambda: bitmap(bytes(5 << 20)), "compressed BMP of 5,243,958 bytes"),
    "hundreds of scans": (lambda: scanned(300), "scans go over the image"),
    "padding between JPEG's markers": (lambda: saved("JPEG")[:2] + b"\xff" * 10**6 + saved("JPEG")[2:], "pieces"),
    "a comment in many pieces": (lambda: gif(20_000), "pieces"),
    "chunks before the pixels": (lambda: saved("PNG")[:33] + CHUNK * 10_000 + saved("PNG")[33:], "pieces"),
    "strips without number": (lambda: tiff((273, 3, 70_000, 8)) + bytes(200_000), "70,000 pieces"),
    "tiles without number": (lambda: tiff((324, 4, 70_000, 8)) + bytes(400_000), "70,000 pieces"),
    "entries upon each other": (lambda: tiff(*[(40_000 + i, 7, 10_000, 8) for i in range(5000)]), "entries hold"),
    "entries of a BigTIFF": (lambda: tiff(*[(40_000 + i, 7, 10**9, 8) for i in range(5000)], big=True), "entries hold"),
    "entries of EXIF data in a JPEG": (lambda: exif("JPEG", 4000), "entries hold"),
    "entries of EXIF data in a WebP": (lambda: exif("WEBP", 4000), "entries hold"),
    "entries of EXIF data in a PNG": (lambda: exif("PNG", 4000), "entries hold"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "why"), COSTLY.values(), ids=COSTLY)
def test_costly_images_are_refused_soon(tmp_path: Path, make: Callable[[], bytes], why: str) -> None:
    (tmp_path / "image").write_bytes(make())
    with about(0.2), pytest.raises(FileError) as caught:
        load(tmp_path / "image")
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == ("E410", "this kind of image is not read")
    assert why in diagnostic.why
    assert diagnostic.help


LIVELY: dict[str, Callable[[], bytes]] = {
    "a comment of GIMP's": lambda: b"P5\n# Created by GIMP version 2.10.34 PNM plug-in\n8 8\n255\n" + bytes(64),
    "a plain image": lambda: b"P2\n# one\n8 8\n255\n" + b"# a row\n90 90 90 90 90 90 90 90\n" * 8,
    "10 bits": lambda: b"P5 8 8 1023\n" + bytes(128),
    "a packed BMP": lambda: bitmap(b"\x08\x05\0\0" * 8 + b"\0\1"),
    "a large JPEG": lambda: saved("JPEG", (6300, 6300), progressive=True),
    "a GIF with a comment": lambda: saved("GIF", comment=b"x" * 10_000),
    "strips of a row": lambda: saved("TIFF", (8, 5000), tiffinfo={278: 1}),
    "a profile": lambda: saved("TIFF", icc_profile=bytes(600_000)),
    "a photograph's profile": lambda: saved("JPEG", icc_profile=bytes(600_000)),
}


@pytest.mark.parametrize("make", LIVELY.values(), ids=LIVELY)
def test_ordinary_images_are_read(tmp_path: Path, make: Callable[[], bytes]) -> None:
    (tmp_path / "image").write_bytes(make())
    with about(2):
        assert load(tmp_path / "image").shape == (1, 8, 8)


@pytest.mark.parametrize("data", [b"", b"II", b"II*\0", b"II*\0\xff\xff\xff\xff", tiff()[:20], b"MM\0+" + b"\xff" * 20])
def test_what_is_no_directory_is_left_to_pillow(data: bytes) -> None:
    image_work.check_directory(io.BytesIO(data))


def test_directories_that_lead_to_each_other_end() -> None:
    image_work.check_directory(io.BytesIO(tiff((34665, 4, 1, 8), (34853, 4, 1, 8))))


@pytest.mark.parametrize("mode", ["gray", "rgb"])
@pytest.mark.parametrize("colours", ["LAB"])
def test_colours_without_one_way_to_rgb_are_refused_for_every_network(tmp_path: Path, mode: Any, colours: str) -> None:
    Image.new(colours, (8, 8)).save(tmp_path / "a.tif")
    with pytest.raises(FileError) as caught:
        images.load(tmp_path / "a.tif", Preprocess(mode=mode), (1 if mode == "gray" else 3, 8, 8))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == "this kind of image is not read"
    assert diagnostic.why == "its colours are CIE Lab, which depends on a profile"


@pytest.mark.parametrize("mode", ["gray", "rgb"])
@pytest.mark.parametrize("stored", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "I;16"])
def test_every_other_kind_of_tiff_is_read_for_every_network(tmp_path: Path, mode: Any, stored: str) -> None:
    Image.new(stored, (8, 8)).save(tmp_path / "a.tif")
    C = 1 if mode == "gray" else 3
    assert np.isfinite(images.load(tmp_path / "a.tif", Preprocess(mode=mode), (C, 8, 8))).all()
