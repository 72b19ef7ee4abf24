"""Image files: what is read and with which exact values, what is refused and how it is said."""

from __future__ import annotations

import struct
import subprocess
import sys
import textwrap
import warnings
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
from named_pipes import pipe
from numpy.typing import NDArray
from PIL import ExifTags, Image
from processes import PATIENCE
from processor_time import limit
from pydantic import ValidationError

from cnnspec.diagnostics import Diagnostic, FileError
from cnnspec.inputs import images
from cnnspec.language.sections.preprocess import Preprocess

RGB = Preprocess(mode="rgb")
GRAY = Preprocess(mode="gray")


def saved(path: Path, pixels: Any, mode: str | None = None, **options: Any) -> Path:
    """An image file of the given rows, whose values are exact when the format keeps them."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(np.asarray(pixels))
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def bytes_of(*rows: Any) -> NDArray[np.uint8]:
    return np.array(rows, np.uint8)


def values(path: Path, preprocess: Preprocess, *shape: int) -> list[Any]:
    """The tensor as lists, after checking what every tensor has in common."""
    C, H, W = shape
    tensor = images.load(path, preprocess, (C, H, W))
    assert tensor.dtype == np.float32
    assert tensor.shape == shape
    assert tensor.flags.c_contiguous
    assert tensor.flags.writeable
    images.check(path, preprocess, (C, H, W))
    result: list[Any] = tensor.tolist()
    return result


def refusal(path: Path, preprocess: Preprocess | None = RGB, input: tuple[int, int, int] = (3, 1, 1)) -> Diagnostic:
    with pytest.raises(FileError) as caught:
        images.load(path, preprocess, input)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.file == str(path)
    assert caught.value.__cause__ is None
    return diagnostic


# --- What pixels become -------------------------------------------------------------------------------------


def test_channels_come_first_and_rows_before_columns(tmp_path: Path) -> None:
    pixels = bytes_of([[1, 2, 3], [4, 5, 6]])
    assert values(saved(tmp_path / "a.png", pixels), RGB, 3, 1, 2) == [[[1, 4]], [[2, 5]], [[3, 6]]]


def test_bgr_turns_the_channels_round_before_mean_and_std(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", bytes_of([[10, 20, 30]]))
    assert values(path, Preprocess(mode="bgr"), 3, 1, 1) == [[[30]], [[20]], [[10]]]
    section = Preprocess(mode="bgr", mean=(30, 10, 0), std=(1, 2, 5))
    assert values(path, section, 3, 1, 1) == [[[0]], [[5]], [[2]]]


@pytest.mark.parametrize(("C", "expected"), [(1, [[[76]]]), (3, [[[255]], [[0]], [[0]]])])
def test_without_mode_the_depth_of_the_input_decides(tmp_path: Path, C: int, expected: list[Any]) -> None:
    assert values(saved(tmp_path / "red.png", bytes_of([[255, 0, 0]])), Preprocess(), C, 1, 1) == expected


def test_colour_turns_gray_by_luma(tmp_path: Path) -> None:
    pixels = bytes_of([[255, 0, 0], [0, 255, 0], [0, 0, 255], [90, 90, 90]])
    luma = [round(255 * 0.299), round(255 * 0.587), round(255 * 0.114), 90]
    assert values(saved(tmp_path / "a.png", pixels), GRAY, 1, 1, 4) == [[luma]]


@pytest.mark.parametrize("mode", ["rgb", "bgr"])
def test_gray_turns_into_colour_by_copies(tmp_path: Path, mode: Any) -> None:
    path = saved(tmp_path / "a.png", bytes_of([7, 200]))
    assert values(path, Preprocess(mode=mode), 3, 1, 2) == [[[7, 200]]] * 3


def test_invert_comes_before_scale_and_scale_before_mean_and_std(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", bytes_of([0, 155, 255]))
    section = Preprocess(invert=True, scale=0.5, mean=10, std=4)
    assert values(path, section, 1, 1, 3) == [[[(127.5 - 10) / 4, (50 - 10) / 4, (0 - 10) / 4]]]


def test_arithmetic_is_rounded_once(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.arange(256, dtype=np.uint8).reshape(16, 16))
    tensor = images.load(path, Preprocess(scale=1 / 255, mean=0.1307, std=0.3081), (1, 16, 16))
    exact = (np.arange(256) / 255 - 0.1307) / 0.3081
    assert np.array_equal(tensor.ravel(), exact.astype(np.float32))


# --- One policy for each odd kind ---------------------------------------------------------------------------


def test_one_bit_is_0_and_255(tmp_path: Path) -> None:
    for name in ("a.png", "a.pbm", "a.tif", "a.bmp"):
        path = saved(tmp_path / name, bytes_of([0, 255, 255]), "1")
        assert values(path, GRAY, 1, 1, 3) == [[[0, 255, 255]]], name


def test_16_bit_gray_keeps_its_fractions(tmp_path: Path) -> None:
    pixels = np.array([[0, 257, 1000, 65535]], np.uint16)
    expected = [[[0.0, 1.0, float(np.float32(1000 / 257)), 255.0]]]
    big_endian = Image.frombytes("I;16B", (4, 1), pixels.astype(">u2").tobytes())
    (tmp_path / "a.pgm").write_bytes(b"P5 4 1 65535\n" + pixels.astype(">u2").tobytes())
    for path in (
        saved(tmp_path / "a.png", pixels),
        saved(tmp_path / "a.tif", pixels),
        saved(tmp_path / "b.tif", big_endian),
        tmp_path / "a.pgm",
    ):
        assert values(path, GRAY, 1, 1, 4) == expected, path.name
        assert values(path, RGB, 3, 1, 4) == expected * 3, path.name


def test_16_bit_gray_never_leaves_0_to_255(tmp_path: Path) -> None:
    edge = np.repeat(np.array([[0, 65535]], np.uint16), 8, axis=1)
    path = saved(tmp_path / "a.png", edge)
    tensor = images.load(path, Preprocess(resize=(1, 64), filter="bicubic"), (1, 1, 64))
    assert (tensor.min(), tensor.max()) == (0, 255)


def test_16_bit_colour_keeps_the_high_byte(tmp_path: Path) -> None:
    rows = b"\0" + struct.pack(">3H", 0x1234, 0xFFFF, 0x00FF)
    path = tmp_path / "a.png"
    path.write_bytes(png(1, 1, 16, 2, zlib.compress(rows)))
    assert values(path, RGB, 3, 1, 1) == [[[0x12]], [[0xFF]], [[0x00]]]


def test_alpha_is_composed_on_white(tmp_path: Path) -> None:
    pixels = bytes_of([[10, 20, 30, 255], [10, 20, 30, 0], [0, 100, 200, 51]])
    expected = [[[10, 255, 204]], [[20, 255, 224]], [[30, 255, 244]]]  # 51/255 = 1/5 of the colour, 4/5 white
    for name in ("a.png", "a.tif"):
        assert values(saved(tmp_path / name, pixels), RGB, 3, 1, 3) == expected, name
    path = saved(tmp_path / "a.webp", pixels, lossless=True, exact=True)
    assert values(path, RGB, 3, 1, 3) == expected


def test_gray_with_alpha_is_composed_on_white(tmp_path: Path) -> None:
    image = Image.new("LA", (2, 1))
    image.putdata([(100, 255), (100, 51)])
    path = saved(tmp_path / "a.png", image)
    assert values(path, GRAY, 1, 1, 2) == [[[100, 224]]]
    assert values(path, RGB, 3, 1, 2) == [[[100, 224]]] * 3


def test_a_transparent_colour_is_white(tmp_path: Path) -> None:
    path = saved(tmp_path / "gray.png", bytes_of([9, 100]), transparency=100)
    assert values(path, GRAY, 1, 1, 2) == [[[9, 255]]]
    path = saved(tmp_path / "bits.png", bytes_of([0, 255]), "1", transparency=0)
    assert values(path, GRAY, 1, 1, 2) == [[[255, 255]]]
    path = saved(tmp_path / "colour.png", bytes_of([[1, 2, 3], [4, 5, 6]]), transparency=(4, 5, 6))
    assert values(path, RGB, 3, 1, 2) == [[[1, 255]], [[2, 255]], [[3, 255]]]


def palette() -> Image.Image:
    image = Image.new("P", (3, 1))
    image.putpalette([200, 0, 0, 0, 150, 0, 10, 20, 30])
    image.putdata([0, 1, 2])
    return image


def test_a_palette_is_expanded(tmp_path: Path) -> None:
    expected = [[[200, 0, 10]], [[0, 150, 20]], [[0, 0, 30]]]
    for name in ("a.png", "a.gif", "a.bmp", "a.tif"):
        assert values(saved(tmp_path / name, palette()), RGB, 3, 1, 3) == expected, name


def test_a_transparent_palette_entry_is_composed_on_white(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.gif", palette(), transparency=1)
    assert values(path, RGB, 3, 1, 3) == [[[200, 255, 10]], [[0, 255, 20]], [[0, 255, 30]]]
    path = saved(tmp_path / "a.png", palette(), transparency=bytes([255, 0, 51]))
    assert values(path, RGB, 3, 1, 3) == [[[200, 255, 206]], [[0, 255, 208]], [[0, 255, 210]]]


def test_cmyk_is_converted(tmp_path: Path) -> None:
    image = Image.new("CMYK", (2, 1))
    image.putdata([(0, 255, 255, 0), (0, 0, 0, 255)])
    path = saved(tmp_path / "a.tif", image)
    assert values(path, RGB, 3, 1, 2) == [[[255, 0]], [[0, 0]], [[0, 0]]]
    path = saved(tmp_path / "a.jpg", image.resize((16, 8), Image.Resampling.NEAREST), quality=100)
    assert np.allclose(images.load(path, RGB, (3, 8, 16))[:, 4, [0, 15]], [[255, 0], [0, 0], [0, 0]], atol=2)


def test_of_an_animation_the_first_frame_counts(tmp_path: Path) -> None:
    first, second = Image.new("RGB", (1, 1), (10, 20, 30)), Image.new("RGB", (1, 1), (200, 0, 0))
    for name in ("a.gif", "a.png", "a.tif", "a.webp"):
        first.save(tmp_path / name, save_all=True, append_images=[second], lossless=True)
        assert values(tmp_path / name, RGB, 3, 1, 1) == [[[10]], [[20]], [[30]]], name


def oriented(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


UPRIGHT = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[4, 1], [5, 2], [6, 3]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[3, 6], [2, 5], [1, 4]],
}


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    expected = UPRIGHT[orientation]
    H, W = len(expected), len(expected[0])
    for name, compression in (("a.png", None), ("raw.tif", "raw"), ("lzw.tif", "tiff_lzw")):
        path = tmp_path / name
        saved(path, bytes_of([1, 2, 3], [4, 5, 6]), exif=oriented(orientation), compression=compression)
        assert images.header(path) == (W, H, "L"), name
        assert values(path, GRAY, 1, H, W) == [expected], name
    path = saved(tmp_path / "a.jpg", Image.new("RGB", (3, 2)), exif=oriented(orientation))
    assert images.header(path) == (W, H, "RGB")


def test_exif_behind_the_pixels_of_a_png_counts_too(tmp_path: Path) -> None:
    whole = saved(tmp_path / "a.png", bytes_of([1, 2, 3])).read_bytes()
    exif = chunk(b"eXIf", oriented(6).tobytes().removeprefix(b"Exif\0\0"))
    (tmp_path / "a.png").write_bytes(whole[:-12] + exif + whole[-12:])
    assert images.header(tmp_path / "a.png") == (1, 3, "L")
    assert values(tmp_path / "a.png", GRAY, 1, 3, 1) == [[[1], [2], [3]]]


# --- Sizes --------------------------------------------------------------------------------------------------


def ramp(height: int, width: int) -> NDArray[np.uint8]:
    """Every pixel tells its place: 10 a row, 1 a column."""
    return (10 * np.arange(height)[:, None] + np.arange(width)).astype(np.uint8)


@pytest.mark.parametrize(
    ("height", "width", "crop", "rows", "columns"),
    [
        (4, 6, (2, 2), [1, 2], [2, 3]),
        (3, 3, 2, [0, 1], [0, 1]),  # half a pixel rounds to even: 0.5 -> 0
        (5, 5, 2, [2, 3], [2, 3]),  # 1.5 -> 2
        (4, 4, (3, 4), [0, 1, 2], [0, 1, 2, 3]),
        (4, 4, (4, 1), [0, 1, 2, 3], [2]),
    ],
)
def test_crop_takes_the_centre(
    tmp_path: Path, height: int, width: int, crop: Any, rows: list[int], columns: list[int]
) -> None:
    path = saved(tmp_path / "a.png", ramp(height, width))
    expected = [[10 * row + column for column in columns] for row in rows]
    assert values(path, Preprocess(crop=crop), 1, len(rows), len(columns)) == [expected]


@pytest.mark.parametrize(
    ("height", "width", "fraction", "rows", "columns"),
    [
        (4, 8, 0.5, [1, 2], [3, 4]),
        (4, 5, 1.0, [0, 1, 2, 3], [1, 2, 3, 4]),  # the odd column goes at the left
        (4, 4, 0.7, [1, 2], [1, 2]),  # 2.8 rounds down
        (3, 4, 0.01, [1], [2]),  # never nothing
    ],
)
def test_crop_fraction_takes_a_square(
    tmp_path: Path, height: int, width: int, fraction: float, rows: list[int], columns: list[int]
) -> None:
    path = saved(tmp_path / "a.png", ramp(height, width))
    expected = [[10 * row + column for column in columns] for row in rows]
    section = Preprocess(crop_fraction=fraction)
    assert values(path, section, 1, len(rows), len(columns)) == [expected]


@pytest.mark.parametrize(
    ("section", "size", "expected"),
    [
        (Preprocess(), (480, 640), (480, 640)),
        (Preprocess(resize=256), (480, 640), (256, 341)),
        (Preprocess(resize=256), (640, 480), (341, 256)),
        (Preprocess(resize=256), (256, 999), (256, 999)),
        (Preprocess(resize=(7, 9)), (480, 640), (7, 9)),
        (Preprocess(resize=256, crop=224), (480, 640), (224, 224)),
        (Preprocess(crop=224), (100, 640), (100, 224)),
        (Preprocess(crop_fraction=224 / 256), (480, 640), (420, 420)),
        (Preprocess(crop_fraction=0.29), (100, 100), (29, 29)),
        (Preprocess(crop_fraction=0.875, resize=224), (500, 375), (224, 224)),
    ],
)
def test_size(section: Preprocess, size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert section.size(*size) == expected


def test_the_order_is_crop_fraction_resize_crop(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", ramp(8, 12))
    section = Preprocess(crop_fraction=0.75, resize=(3, 3), filter="nearest", crop=1)
    # Rows 1-6 and columns 3-8; every second of them; the middle one.
    assert values(path, section, 1, 1, 1) == [[[10 * 4 + 6]]]


def test_filters_mix_more_pixels_when_they_shrink(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.tile(bytes_of([0, 0, 0, 240]), (4, 1)))
    assert values(path, Preprocess(resize=(1, 1), filter="nearest"), 1, 1, 1) == [[[0]]]
    # A triangle of width 8 over the four columns: weights 5, 7, 7 and 5 of 24.
    assert values(path, Preprocess(resize=(1, 1)), 1, 1, 1) == [[[50]]]
    bicubic = values(path, Preprocess(resize=(1, 1), filter="bicubic"), 1, 1, 1)[0][0][0]
    assert bicubic not in (0, 50)


# --- Refusals -----------------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, bits: int, colour: int, data: bytes, *extra: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_missing_file(tmp_path: Path) -> None:
    diagnostic = refusal(tmp_path / "none.png")
    assert (diagnostic.code, diagnostic.message) == ("E404", f"there is no file `{tmp_path / 'none.png'}`")
    with pytest.raises(FileError, match="E404"):
        images.header(tmp_path / "none.png")


def test_a_folder_and_a_device_are_no_files(tmp_path: Path) -> None:
    for path, kind in ((tmp_path, "a folder"), (Path("/dev/zero"), "a device")):
        diagnostic = refusal(path)
        assert diagnostic.code == "E410"
        assert diagnostic.why == f"it is {kind}, not a file"


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    for decoder in (False, True):
        content = saved(tmp_path / "a.png", bytes_of([1, 2, 3])).read_bytes()
        with pipe(tmp_path / f"pipe{decoder}", content) as path:
            assert images.load(path, GRAY, (1, 1, 3), by_pillow=decoder).ravel().tolist() == [1, 2, 3]


def test_a_path_may_be_text(tmp_path: Path) -> None:
    path = str(saved(tmp_path / "a.png", bytes_of([1, 2, 3])))
    assert images.load(path, GRAY, (1, 1, 3)).ravel().tolist() == [1, 2, 3]
    assert images.header(path) == (3, 1, "L")
    images.check(path, GRAY, (1, 1, 3))


def test_a_file_that_the_system_refuses(tmp_path: Path) -> None:
    diagnostic = refusal(tmp_path / ("a" * 300))
    assert (diagnostic.code, diagnostic.message) == ("E410", "the image cannot be read")
    assert diagnostic.why == "File name too long"


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    diagnostic = refusal(tmp_path / "a.png")
    assert (diagnostic.code, diagnostic.message) == ("E410", "the image is empty")


def test_a_file_too_long_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.webp").open("wb") as file:
        file.write(b"RIFF\xff\xff\xff\x7fWEBPVP8 ")
        file.truncate(images.MAX_BYTES + 1)
    diagnostic = refusal(tmp_path / "a.webp")
    assert (diagnostic.code, diagnostic.message) == ("E410", "the image is too large")
    assert diagnostic.why == "the file has 268,435,457 bytes; 268,435,456 are allowed"


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "webp", "tif", "ppm"])
def test_a_truncated_file(tmp_path: Path, suffix: str, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    options = {"tif": {"compression": "tiff_lzw"}}.get(suffix, {})
    path = saved(tmp_path / f"a.{suffix}", noise, **options)
    whole = path.read_bytes()
    for length in (1, 12, len(whole) // 2, len(whole) - 40):
        path.write_bytes(whole[:length])
        diagnostic = refusal(path, RGB, (3, 64, 64))
        assert diagnostic.code == "E410", length
        assert diagnostic.why
        assert diagnostic.help.startswith("give an image in PNG, JPEG")
    assert capfd.readouterr() == ("", "")


EPS = """%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 1 1
%%EndComments
showpage
"""


@pytest.mark.parametrize("content", [EPS.encode(), b"not an image", b"8BPS\0\1" + bytes(40)])
def test_other_formats_are_not_tried_whatever_their_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    diagnostic = refusal(tmp_path / "a.png")
    assert (diagnostic.code, diagnostic.message) == ("E410", "this is not an image that can be read")


def test_the_content_counts_not_the_name(tmp_path: Path) -> None:
    saved(tmp_path / "a.png", bytes_of([5]))
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert values(tmp_path / "a.jpg", GRAY, 1, 1, 1) == [[[5]]]


@pytest.mark.parametrize(
    ("width", "height", "why"),
    [
        (8000, 9000, "H x W = 9,000 x 8,000 = 72,000,000 pixels; "),
        (70_000, 1, "H x W = 1 x 70,000 = 70,000 pixels; "),
        (10_000, 10_000, "H x W = 10,000 x 10,000 = 100,000,000 pixels; "),  # where Pillow warns
        (100_000, 100_000, ""),  # where Pillow raises
    ],
)
def test_too_many_pixels_are_refused_by_the_header(tmp_path: Path, width: int, height: int, why: str) -> None:
    (tmp_path / "a.png").write_bytes(png(width, height, 8, 2, b""))
    diagnostic = refusal(tmp_path / "a.png")
    assert (diagnostic.code, diagnostic.message) == ("E410", "the image is too large")
    assert diagnostic.why == why + "an image may have 40,000,000 pixels, 65,535 a side"


@pytest.mark.parametrize(
    ("width", "height", "answer"),
    [(100_000, 100_000, "E410"), (6324, 6324, "255.0")],  # a bomb, and about the largest image that is read
)
def test_an_image_takes_little_memory_and_time(tmp_path: Path, width: int, height: int, answer: str) -> None:
    rows = zlib.compress(bytes(1 + 4 * width) * (height if height < 7000 else 1))
    (tmp_path / "a.png").write_bytes(png(width, height, 8, 6, rows))
    program = """
        import re, sys, time
        from pathlib import Path
        from cnnspec.files import png
        from cnnspec.inputs import images
        from cnnspec.diagnostics import FileError
        from cnnspec.language.sections.preprocess import Preprocess
        try:
            print(images.load(Path(sys.argv[1]), Preprocess(resize=8), (3, 8, 8)).min())
        except FileError as error:
            print(error.diagnostics[0].code)
        # Not ru_maxrss: that begins with the size of the process that started this one.
        status = Path("/proc/self/status").read_text()
        print(int(re.search(r"VmHWM: *[^0-9]*([0-9]+)", status)[1]) // 1024, time.process_time())
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "a.png")]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)
    said, megabytes, seconds = run.stdout.split()
    assert (said, run.stderr) == (answer, "")
    assert int(megabytes) < 512
    assert float(seconds) < limit(1.5)


def test_resize_may_not_blow_an_image_up(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.zeros((1, 10_000), np.uint8))
    diagnostic = refusal(path, Preprocess(resize=224, crop=224), (1, 224, 224))
    assert (diagnostic.code, diagnostic.message) == ("E410", "the image becomes too large at `resize: 224`")
    assert diagnostic.why.startswith("H x W = 224 x 2,240,000 = 501,760,000 pixels; ")


def twelve_bits(path: Path) -> Path:
    """A TIFF that Pillow reads but cannot write: one strip of two 12-bit samples."""
    tags = [(256, 2), (257, 1), (258, 12), (259, 1), (262, 1), (273, 8), (277, 1), (278, 1), (279, 3)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    path.write_bytes(b"II*\0" + struct.pack("<I", 12) + b"\xff\xff\xff\0" + struct.pack("<H", 9) + entries + bytes(4))
    return path


def test_samples_of_unknown_range_are_refused(tmp_path: Path) -> None:
    wide = np.array([[0, 1000]])
    for path, why in (
        (saved(tmp_path / "float.tif", wide.astype(np.float32)), "floating-point samples"),
        (saved(tmp_path / "long.tif", wide.astype(np.int32)), "signed and 32-bit samples"),
        (twelve_bits(tmp_path / "twelve.tif"), "its gray has 12 bits a sample"),
    ):
        diagnostic = refusal(path, GRAY, (1, 1, 2))
        assert (diagnostic.code, diagnostic.message) == ("E410", "this kind of image is not read")
        assert diagnostic.why.startswith(why), path.name


@pytest.mark.parametrize(("bits", "colour", "row"), [(2, 0, 1), (16, 0, 2), (16, 2, 6)])
def test_a_transparent_value_is_refused_where_pillow_would_miss_it(
    tmp_path: Path, bits: int, colour: int, row: int
) -> None:
    path = tmp_path / "a.png"
    transparent = chunk(b"tRNS", bytes(2 if colour == 0 else 6))
    path.write_bytes(png(1, 1, bits, colour, zlib.compress(bytes(1 + row)), transparent))
    diagnostic = refusal(path)
    assert (diagnostic.code, diagnostic.message) == ("E410", "this kind of image is not read")
    assert diagnostic.why == "one value stands for transparency among samples that do not have 8 bits"


def test_16_bit_gray_with_0_as_white_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.tif", np.array([[0, 1000]], np.uint16))
    content = path.read_bytes()
    before = struct.pack("<HHIHH", images.PHOTOMETRIC, 3, 1, 1, 0)
    assert content.count(before) == 1
    path.write_bytes(content.replace(before, struct.pack("<HHIHH", images.PHOTOMETRIC, 3, 1, 0, 0)))
    assert refusal(path, GRAY, (1, 1, 2)).why == "its gray has 12 bits a sample, or 0 stands for white"


def test_an_exception_without_words_still_says_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise MemoryError

    path = saved(tmp_path / "a.png", bytes_of([5]))
    monkeypatch.setattr(Image, "open", break_down)
    diagnostic = refusal(path)
    assert (diagnostic.message, diagnostic.why) == ("the image is damaged", "MemoryError")


def test_nothing_global_is_changed_and_no_warning_leaks(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", palette(), transparency=bytes([255, 0, 51]))
    before = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        images.load(path, GRAY, (1, 1, 3))
    assert seen == []
    assert (Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == before


# --- Misfits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "input", "way", "short", "crop"),
    [
        (Preprocess(), (3, 28, 28), "480x640", 28, "28"),
        (Preprocess(resize=224), (3, 224, 224), "480x640 -> `resize: 224` 224x298", 224, "224"),
        (
            Preprocess(crop=(500, 600)),
            (3, 500, 600),
            "480x640 -> `crop: [500, 600]` 480x600",
            500,
            "[500, 600]",
        ),
        (
            Preprocess(crop_fraction=0.5, resize=100, crop=(100, 300)),
            (3, 100, 300),
            "480x640 -> `crop_fraction: 0.5` 240x240 -> `resize: 100` 100x100 -> `crop: [100, 300]` 100x100",
            300,
            "[100, 300]",
        ),
    ],
)
def test_another_size_is_an_error_that_shows_the_way(
    tmp_path: Path, section: Preprocess, input: tuple[int, int, int], way: str, short: int, crop: str
) -> None:
    path = saved(tmp_path / "a.png", Image.new("RGB", (640, 480)))
    diagnostic = refusal(path, section, input)
    _, H, W = input
    h, w = section.size(480, 640)
    assert diagnostic.code == "E411"
    assert diagnostic.message == f"the image becomes 3x{h}x{w}, but the spec's input is 3x{H}x{W}"
    assert diagnostic.why == f"H x W = {way}"
    assert diagnostic.help == (
        f"`resize: [{H}, {W}]` stretches it; `resize: {short}` with `crop: {crop}` "
        "keeps its proportions and takes the middle"
    )
    with pytest.raises(FileError) as caught:
        images.check(path, section, input)
    assert caught.value.diagnostics == (diagnostic,)


@pytest.mark.parametrize("size", [(480, 640), (640, 480), (28, 28), (7, 1000), (333, 334)])
@pytest.mark.parametrize("wanted", [(28, 28), (100, 300), (300, 100), (1, 7)])
def test_both_ways_of_the_advice_lead_to_the_input(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    H, W = wanted
    advice = Preprocess().advice(*size, H, W)
    short = int(advice.split("`")[3].removeprefix("resize: "))
    assert Preprocess(resize=short, crop=wanted).size(*size) == wanted
    assert Preprocess(resize=wanted).size(*size) == wanted


@pytest.mark.parametrize(
    ("C", "cure"),
    [
        (1, "`preprocess: {mode: gray, resize: [28, 30], scale: 1/255}`, with the values that it is trained with"),
        (3, "`preprocess: {mode: rgb, resize: [28, 30], scale: 1/255}`, with the values that it is trained with"),
        (4, "an image has 1 or 3 channels; an input of 4 needs an array"),
    ],
)
def test_without_a_section_the_error_writes_it(tmp_path: Path, C: int, cure: str) -> None:
    diagnostic = refusal(tmp_path / "a.png", None, (C, 28, 30))
    assert diagnostic.code == "E412"
    assert diagnostic.why == f"the input is {C}x28x30; there is no `preprocess`"
    assert diagnostic.help == cure


@pytest.mark.parametrize(
    ("section", "input", "field", "why", "cure"),
    [
        (GRAY, (3, 8, 8), "mode", "`mode: gray` has C = 1; the input has C = 3", "`mode: rgb`"),
        (RGB, (1, 8, 8), "mode", "`mode: rgb` has C = 3; the input has C = 1", "`mode: gray`"),
        (
            Preprocess(),
            (4, 8, 8),
            "",
            "an image in colour has C = 3; the input has C = 4",
            "an image has C = 1 or C = 3; give arrays instead",
        ),
        (
            Preprocess(mean=(1, 2)),
            (3, 8, 8),
            "mean",
            "2 != C = 3",
            "one number for all channels, or a list of 3",
        ),
        (Preprocess(std=()), (1, 8, 8), "std", "0 != C = 1", "one number for all channels, or a list of 1"),
        (
            Preprocess(resize=9),
            (3, 8, 10),
            "resize",
            "it makes a short side of 9; the input has a short side of 8",
            "`resize: 8`",
        ),
        (
            Preprocess(resize=(8, 9)),
            (3, 8, 8),
            "resize",
            "it makes 8x9; the input has 8x8",
            "`resize: [8, 8]`",
        ),
        (
            Preprocess(resize=7, crop=8),
            (3, 8, 8),
            "resize",
            "it makes a short side of 7; the input has a short side of 8",
            "`resize: 8`",
        ),
        (
            Preprocess(resize=10, crop=9),
            (3, 8, 8),
            "crop",
            "it cuts out at most 9x9 (H x W); the input is 8x8",
            "`crop: 8`",
        ),
    ],
)
def test_a_section_that_no_image_can_satisfy(
    tmp_path: Path, section: Preprocess, input: tuple[int, int, int], field: str, why: str, cure: str
) -> None:
    (issue,) = section.issues(input)
    assert (issue.field, issue.why, issue.help) == (field, why, cure)
    diagnostic = refusal(tmp_path / "a.png", section, input)
    assert (diagnostic.code, diagnostic.message) == ("E411", issue.message)


def test_all_problems_of_a_section_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        images.load(tmp_path / "a.png", Preprocess(mode="gray", mean=(1, 2), resize=9), (3, 8, 8))
    assert [d.message for d in caught.value.diagnostics] == [
        "an image cannot become an input of depth 3",
        "`mean` has 2 values for 3 channels",
        "`resize: 9` never gives the input's size",
    ]


@pytest.mark.parametrize(
    "section",
    [
        Preprocess(),
        Preprocess(resize=8),
        Preprocess(resize=(8, 8)),
        Preprocess(resize=9, crop=8),
        Preprocess(resize=(8, 9), crop=(8, 8), mean=(1, 2, 3), std=2),
        Preprocess(crop=8, mode="bgr"),
    ],
)
def test_a_section_that_some_image_satisfies(section: Preprocess) -> None:
    assert list(section.issues((3, 8, 8))) == []


# --- The section's fields -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": "grey"},
        {"crop_fraction": 0},
        {"crop_fraction": 1.1},
        {"resize": 0},
        {"resize": True},
        {"resize": 2.0},
        {"resize": (1, 2, 3)},
        {"crop": (0, 1)},
        {"filter": "lanczos"},
        {"invert": 1},
        {"scale": 0},
        {"scale": float("nan")},
        {"mean": float("inf")},
        {"mean": True},
        {"std": 0},
        {"std": (1.0, -1.0)},
        {"size": 3},
    ],
)
def test_fields_are_strict(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Preprocess(**fields)


def test_whole_numbers_may_stand_for_decimals() -> None:
    section = Preprocess(crop_fraction=1, scale=2, mean=3, std=(4, 5))
    assert (section.crop_fraction, section.scale, section.mean, section.std) == (1.0, 2.0, 3.0, (4.0, 5.0))


def test_every_field_is_described() -> None:
    for name, field in Preprocess.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


def test_the_extremes_of_the_fields_stay_finite(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", bytes_of([255]))
    tensor = images.load(path, Preprocess(scale=1e6, mean=-1e6, std=1e-6), (1, 1, 1))
    assert np.isfinite(tensor).all()


# --- Folders ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answer"),
    [("a.png", True), ("a.JPG", True), ("a.b.tiff", True), ("a.eps", False), ("png", False)],
)
def test_is_image(name: str, answer: bool) -> None:
    assert images.is_image(Path(name)) is answer


def test_listing_is_sorted_as_people_count(tmp_path: Path) -> None:
    for name in (
        "10.png",
        "2.png",
        "02.png",
        "B3.jpg",
        "b20.jpg",
        "a.png",
        ".hidden.png",
        "notes.txt",
        "1.eps",
    ):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    expected = ["02.png", "2.png", "10.png", "a.png", "B3.jpg", "b20.jpg"]
    assert [path.name for path in images.listing(tmp_path)] == expected


def test_listing_without_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for name, code in (("none", "E404"), ("file", "E410")):
        with pytest.raises(FileError) as caught:
            images.listing(tmp_path / name)
        assert caught.value.diagnostics[0].code == code


# --- What is imported ---------------------------------------------------------------------------------------


def test_neither_file_imports_numpy_or_pillow_and_header_no_numpy(tmp_path: Path) -> None:
    saved(tmp_path / "a.png", bytes_of([[1, 2, 3]]))
    program = """
        import sys
        from pathlib import Path
        from cnnspec.inputs import images
        from cnnspec.language.sections import preprocess
        assert not {"numpy", "PIL"} & set(sys.modules)
        images.check(Path(sys.argv[1]), preprocess.Preprocess(), (3, 1, 1))
        assert "numpy" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program), str(tmp_path / "a.png")], check=True)


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    ("section", "size"),
    [
        (Preprocess(scale=2, mean=3, std=4, invert=True), (6, 9)),
        (Preprocess(mode="bgr"), (6, 9)),
        (Preprocess(mode="gray", resize=6, crop=(6, 9)), (6, 9)),
        (Preprocess(crop=4), (4, 4)),
        (Preprocess(resize=(4, 9)), (4, 9)),
        (Preprocess(crop_fraction=1, resize=6), (6, 6)),
    ],
)
def test_a_small_plain_png_is_read_as_pillow_reads_it(
    tmp_path: Path, mode: str, section: Preprocess, size: tuple[int, int]
) -> None:
    path = saved(tmp_path / "a.png", Image.effect_noise((9, 6), 80).convert(mode))
    input = (section.channels(len(mode)), *size)
    tensor = images.load(path, section, input)
    np.testing.assert_array_equal(tensor, images.load(path, section, input, by_pillow=True))


@pytest.mark.parametrize("by_pillow", [False, True])
def test_the_caller_chooses_the_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_pillow: bool) -> None:
    """Not what happens to be imported: here Pillow is, always."""
    path = saved(tmp_path / "a.png", bytes_of([1, 2, 3]))
    asked: list[str] = []

    def pixels(file: BinaryIO) -> tuple[tuple[int, int, int], bytes]:
        asked.append(file.name)
        return (1, 3, 1), bytes([4, 5, 6])

    monkeypatch.setattr("cnnspec.files.png.pixels", pixels)
    tensor = images.load(path, GRAY, (1, 1, 3), by_pillow=by_pillow)
    assert asked == [str(path)] * (not by_pillow)
    assert tensor.ravel().tolist() == ([1, 2, 3] if by_pillow else [4, 5, 6])
