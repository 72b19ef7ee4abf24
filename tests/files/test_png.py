"""Plain PNGs are measured as Pillow measures them; whatever is not plain, or not sound, is left to Pillow."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from cnnspec.files import png
from cnnspec.spec import bundled


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def plain(width: int = 3, height: int = 2, rest: bytes = b"\x08\0\0\0\0", rows: bytes = bytes(8)) -> bytes:
    """A PNG of 3 x 2 gray pixels, or something close to one."""
    head = chunk(b"IHDR", struct.pack(">II", width, height) + rest)
    return png.SIGNATURE + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def header(path: Path) -> tuple[int, int, str] | None:
    with path.open("rb") as file:
        return png.header(file)


def pixels(path: Path) -> tuple[tuple[int, int, int], bytes] | None:
    with path.open("rb") as file:
        return png.pixels(file)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.png"


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("size", [(1, 1), (28, 28), (5, 300), (300, 5)])
def test_plain_files(path: Path, mode: str, size: tuple[int, int]) -> None:
    Image.effect_noise(size, 80).convert(mode).save(path)
    assert header(path) == (*size, mode)


def test_samples() -> None:
    paths = list((bundled.folder() / "samples").glob("*.png"))
    assert paths
    for path in paths:
        with Image.open(path) as image:
            assert header(path) == (*image.size, image.mode)


def test_pixels_may_come_in_pieces(path: Path) -> None:
    data, packed = plain(), zlib.compress(bytes(8))
    pieces = chunk(b"IDAT", packed[:5]) + chunk(b"IDAT", packed[5:])
    path.write_bytes(data.replace(chunk(b"IDAT", packed), pieces))
    assert header(path) == (3, 2, "L")


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "I;16"])
def test_other_modes_are_left_to_pillow(path: Path, mode: str) -> None:
    Image.new(mode, (3, 2)).save(path)
    assert header(path) is None


def test_chunks_with_a_say_are_left_to_pillow(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("L", (3, 2))
    image.save(path, exif=exif)
    assert header(path) is None
    image.save(path, transparency=7)
    assert header(path) is None
    text = PngImagePlugin.PngInfo()
    text.add_text("a", "b")
    image.save(path, pnginfo=text)
    assert header(path) is None


@pytest.mark.parametrize(
    "data",
    [
        plain(width=4),
        plain(height=1),
        plain(height=3),
        plain(width=0, rows=bytes(2)),
        plain(height=0, rows=b""),
        plain(2**31, 2**31),
        plain(1, png.MAX_BYTES, rows=bytes(2 * png.MAX_BYTES)),
        plain(rows=b"\5" + bytes(7)),
        plain(rest=b"\x08\0\0\0\1"),
        plain(rest=b"\x08\0\0\0"),
        plain() + b"more",
        plain() + chunk(b"IEND", b""),
        plain()[8:],
        png.SIGNATURE,
        png.SIGNATURE + chunk(b"IEND", b""),
        png.SIGNATURE + chunk(b"IDAT", zlib.compress(bytes(8))) + chunk(b"IEND", b""),
        b"",
    ],
)
def test_odd_files_are_left_to_pillow(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    assert header(path) is None


def test_damage_is_left_to_pillow(path: Path) -> None:
    """Cut off anywhere, or with one bit turned."""
    data = plain()
    path.write_bytes(data)
    assert header(path) == (3, 2, "L")
    for at in range(len(data)):
        for damaged in (data[:at], data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]):
            path.write_bytes(damaged)
            assert header(path) is None, at


def test_what_is_no_small_file_is_left_to_pillow(path: Path) -> None:
    path.write_bytes(plain() + bytes(png.MAX_BYTES))
    assert header(path) is None


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("filter", range(5))
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (28, 12), (3, 90)])
def test_pixels_are_those_of_pillow(path: Path, mode: str, filter: int, size: tuple[int, int]) -> None:
    width, height = size
    row = width * len(mode)
    noise = random.Random(f"{mode}{filter}{size}").randbytes(row * height)
    rows = b"".join(bytes([filter]) + noise[at : at + row] for at in range(0, len(noise), row))
    path.write_bytes(plain(width, height, bytes([8, 0 if mode == "L" else 2, 0, 0, 0]), rows))
    with Image.open(path) as image:
        assert pixels(path) == ((height, width, len(mode)), image.tobytes())


def test_larger_ones_are_left_to_pillow(path: Path) -> None:
    Image.new("L", (32, 32)).save(path)
    assert pixels(path) == ((32, 32, 1), bytes(1024))
    Image.new("L", (32, 33)).save(path)
    assert pixels(path) is None
