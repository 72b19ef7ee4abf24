"""Images of all formats; plain PNGs, which we read ourselves, beside Pillow."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

import numpy as np
from fuzz import scratch
from fuzz.target import Target
from PIL import Image

from cnnspec.files import png
from cnnspec.inputs import images
from cnnspec.language.sections.preprocess import Preprocess

RESIZED = Preprocess(mode="gray", resize=(8, 8))
INPUT = (1, 8, 8)
LARGEST = 2**12
"""Pixels up to which a PNG is read in both ways."""


def seeds() -> Iterator[bytes]:
    noise = Image.effect_noise((7, 5), 80)
    ways = [("PNG", mode) for mode in ("1", "L", "P", "LA", "RGB", "RGBA", "I;16")]
    ways += [("JPEG", "L"), ("JPEG", "RGB"), ("GIF", "P"), ("BMP", "RGB"), ("BMP", "L"), ("WEBP", "RGB")]
    ways += [("TIFF", "L"), ("TIFF", "RGB"), ("PPM", "L"), ("PPM", "RGB"), ("PPM", "1")]
    for format, mode in ways:
        noise.convert(mode).save(stream := io.BytesIO(), format)
        yield stream.getvalue()
    noise.convert("RGB").save(stream := io.BytesIO(), "JPEG", progressive=True)
    yield stream.getvalue()
    for packed in ("tiff_lzw", "tiff_adobe_deflate", "packbits"):
        noise.convert("RGB").save(stream := io.BytesIO(), "TIFF", compression=packed)
        yield stream.getvalue()


def repaired(data: bytes) -> bytes:
    """A PNG's checksums are right, its pixels are packed without compression, so that they can be changed."""
    if not data.startswith(png.SIGNATURE):
        return data
    made, at = bytearray(png.SIGNATURE), len(png.SIGNATURE)
    while at + 8 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        body = data[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IDAT":
            body = _unpressed(body)
        made += len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
    return bytes(made)


def _unpressed(body: bytes) -> bytes:
    try:
        return zlib.compress(zlib.decompressobj(-15).decompress(body[2:], 2**16), 0)
    except zlib.error:
        return body


def check(data: bytes) -> None:
    path = scratch.file("a.png", data)
    width, height, mode = images.header(path)
    found = images.load(path, RESIZED, INPUT)
    assert found.shape == INPUT
    assert np.isfinite(found).all()
    assert 0 <= found.min() <= found.max() <= 255
    if data.startswith(png.SIGNATURE) and mode in ("L", "RGB") and width * height <= LARGEST:
        as_it_is = (len(mode), height, width)
        ours, pillows = (images.load(path, Preprocess(), as_it_is, by_pillow=way) for way in (False, True))
        np.testing.assert_array_equal(ours, pillows)
        with Image.open(path) as image:
            assert sorted(image.size) == sorted((width, height))
            assert image.mode == mode


WORDS = (
    *b"IHDR IDAT IEND PLTE tRNS eXIf acTL gAMA iCCP JFIF Exif\0\0 P5 P6 P4 P3 GIF89a BM RIFF WEBP VP8L II*\0".split(),
    b"\xff\xd8\xff",
    b"\xff\xda",
    b"\xff\xc2",
    b"\x08\x00\x00\x00\x00",
)
TARGET = Target(seeds, check, WORDS, repaired=repaired, memory=512 * 2**20)
