"""Image files -> input tensors, by the spec's `preprocess`. Pillow and NumPy are imported when first needed.

Read are PNG, JPEG, GIF, BMP, WebP, TIFF and PPM/PGM/PBM; decoders that start other programs (EPS) or that are
seldom tested are never tried, whatever a file is called. One policy each:

- too large: refused by the header, above `MAX_PIXELS` or `MAX_SIDE`, and above `MAX_BYTES` of file
- damaged (empty, truncated): refused wherever the decoder notices; of a TIFF, libtiff adds a line on stderr
- EXIF orientation: applied
- transparency (RGBA, LA, palette, a transparent colour): composed on white
- decoding out of all proportion to the size, or CIE Lab: refused, see `image_work.py`
- palette: expanded to its colours; CMYK and other colour spaces: converted to RGB by Pillow, without profile
- 1 bit: 0 and 255; 16-bit gray: value / 257, so 0 to 255 with fractions; 16-bit colour: the high byte
- floating-point, signed and 32-bit samples: refused, nobody can tell their black and white
- a transparent value among samples of other than 8 bits, TIFF gray of 12 bits or of 16 bits with 0 as white:
  refused, Pillow misreads them
- animated: the first frame
- gray to colour: three equal channels; colour to gray: ITU-R 601 luma, 0.299 R + 0.587 G + 0.114 B, rounded
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, BinaryIO

from ..diagnostics import FileError
from ..files import png
from ..files.natural_order import natural
from ..files.overwrite_guard import note_folder
from ..files.places import AnyPath, is_plain
from ..files.reading import Malformed, blaming, opened
from ..files.recognition import recognised
from ..graph.shape import Shape
from ..graph.shape import is_image as is_image_shape
from ..language.sections.preprocess import Preprocess
from .image_kind import ANOTHER, otherwise, refuse_other
from .image_work import MeteredFile, check_decoding, check_directory, check_exif

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Exif, Image
    from PIL.ImageFile import ImageFile

# Pillow's name of each format that is read, and what its files are called.
FORMATS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg", ".jfif"),
    "GIF": (".gif",),
    "BMP": (".bmp",),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm"),
}

MAX_PIXELS = 40_000_000
"""Composing 40 megapixels on white takes 8 bytes a pixel, 320 MB."""
MAX_SIDE = 65_535
"""JPEG's limit. Resizing takes memory for every pixel of the longer side."""
MAX_BYTES = 256 * 2**20
"""Of the file: enough for `MAX_PIXELS` of 16-bit colour, uncompressed."""

LIMITS = f"an image may have {MAX_PIXELS:,} pixels, {MAX_SIDE:,} a side"
RESAVE = "save it as 8-bit or 16-bit PNG"
SMALLER = "make it smaller in an image program first"

# EXIF orientations that exchange rows and columns; TIFF tags and the usual value of the second.
TURNED = (5, 6, 7, 8)
BITS_PER_SAMPLE, PHOTOMETRIC = 258, 262
BLACK_IS_ZERO = 1
UNREAD = {"LAB": "CIE Lab", "HSV": "HSV"}
"""Modes of Pillow that have no one way to RGB."""


def is_image(path: PurePath) -> bool:
    """Whether a file is called like an image that can be read."""
    return any(path.suffix.lower() in suffixes for suffixes in FORMATS.values())


def listing(folder: Path) -> list[Path]:
    """The images in a folder, `2.png` before `10.png`; without hidden files and without subfolders.

    Raises FileError (E404, E410) when there is no such folder or it cannot be read.
    """
    try:
        files = [p for p in folder.iterdir() if is_image(p) and not p.name.startswith(".") and is_plain(p)]
    except OSError as error:
        raise _failure(folder, error) from None
    note_folder(folder, is_image)
    return sorted(files, key=lambda path: natural(path.name))


def header(path: AnyPath) -> tuple[int, int, str]:
    """(width, height, mode) of an image: EXIF orientation applied, the mode as Pillow calls it.

    Decodes no pixels, save those of a PNG that has no EXIF data before them. Raises FileError (E404, E410).
    """
    path = Path(path)
    with _opened(path) as file:
        return png.header(file) or _header(path, file)


def _header(path: Path, file: BinaryIO) -> tuple[int, int, str]:
    from PIL.ExifTags import Base

    with _decoded(path, file) as image:
        width, height = image.size
        # Pillow turns the size of a TIFF when it opens it, of all others when it loads the pixels.
        if image.format != "TIFF" and _exif(image).get(Base.Orientation) in TURNED:
            width, height = height, width
        return width, height, image.mode


def check(path: AnyPath, preprocess: Preprocess | None, input: Shape) -> None:
    """Raise what `load` would raise for this image, as far as its header shows it."""
    path = Path(path)
    refuse_other(path, preprocess)
    preprocess = section(path, preprocess, input)
    width, height, _ = header(path)
    _refuse_misfit(path, height, width, preprocess, input)


def fitting(path: Path, height: int, width: int, preprocess: Preprocess | None, input: Shape) -> Preprocess:
    """The section by which images of one size, from `path`, become `input`. Raises FileError (E410 to E412)."""
    preprocess = section(path, preprocess, input)
    _refuse_misfit(path, height, width, preprocess, input)
    return preprocess


def load(path: AnyPath, preprocess: Preprocess | None, input: Shape, *, by_pillow: bool = False) -> NDArray[np.float32]:
    """The image as a tensor (C, H, W) = `input`: (x * scale - mean) / std with x, or 255 - x, from 0 to 255.

    Pixels are resized by Pillow, which rounds those of 8 bits; the arithmetic after that is in float64.
    It decodes every image `by_pillow`, else all but small plain PNGs. The values are the same; its import pays
    when there are many. Raises FileError: E404 and E410 (no usable image), E411 (it becomes another size than
    `input`), E412 (`preprocess` is None).
    """
    path = Path(path)
    refuse_other(path, preprocess)
    preprocess = section(path, preprocess, input)
    with _opened(path) as file:
        return _tensor(path, file, preprocess, input, by_pillow)


def decoded(name: AnyPath, data: bytes, preprocess: Preprocess | None, input: Shape) -> NDArray[np.float32]:
    """What `load` makes of an image file, of one whose bytes are in memory; it is called `name`."""
    path = Path(name)
    preprocess = section(path, preprocess, input)
    _refuse_bytes(path, len(data))
    return _tensor(path, BytesIO(data), preprocess, input, by_pillow=False)


def _tensor(path: Path, file: BinaryIO, preprocess: Preprocess, input: Shape, by_pillow: bool) -> NDArray[np.float32]:
    import numpy as np

    pixels = None if by_pillow else _as_it_is(file, preprocess, input)
    if pixels is None:
        pixels = _by_pillow(path, file, preprocess, input)
    tensor = np.empty(input, np.float32)
    tensor[:] = levels(pixels.transpose(2, 0, 1), preprocess)
    return tensor


def levels(pixels: NDArray[np.float64], preprocess: Preprocess) -> NDArray[np.float64]:
    """What the network is given for pixels (C, H, W) from 0 to 255; those of gray, (1, H, W), go into all channels."""
    import numpy as np

    if preprocess.mode == "bgr":
        pixels = pixels[::-1]
    if preprocess.invert:
        pixels = 255 - pixels
    mean, std = (np.reshape(level, (-1, 1, 1)) for level in (preprocess.mean, preprocess.std))
    values: NDArray[np.float64] = (pixels * preprocess.scale - mean) / std
    return values


def pixels(values: NDArray[Any], preprocess: Preprocess) -> NDArray[np.float64]:
    """The pixels (C, H, W) from 0 to 255 of which `levels` makes `values`; what lies beyond is cut off."""
    import numpy as np

    mean, std = (np.reshape(level, (-1, 1, 1)) for level in (preprocess.mean, preprocess.std))
    shown = (values * std + mean) / preprocess.scale
    if preprocess.invert:
        shown = 255 - shown
    if preprocess.mode == "bgr":
        shown = shown[::-1]
    bounded: NDArray[np.float64] = np.clip(shown, 0, 255)
    return bounded


def _as_it_is(file: BinaryIO, preprocess: Preprocess, input: Shape) -> NDArray[np.float64] | None:
    """The pixels (H, W, channels) of a small PNG that keeps its size and its channels; None of any other file."""
    import numpy as np

    found = png.pixels(file)
    if found is None:
        return None
    shape, values = found
    size, channels = shape[:2], shape[2]
    if channels != preprocess.channels(input[0]) or size != input[1:]:
        return None
    if preprocess.changes(*size):
        return None
    return np.frombuffer(values, np.uint8).reshape(shape).astype(np.float64)


def _by_pillow(path: Path, file: BinaryIO, preprocess: Preprocess, input: Shape) -> NDArray[np.float64]:
    """The pixels (H, W, channels) of an image, from 0 to 255, once cut and resized."""
    import numpy as np

    with _decoded(path, file) as image:
        picture = _upright(image, gray=preprocess.channels(input[0]) == 1)
    _refuse_misfit(path, picture.height, picture.width, preprocess, input)
    picture = resized(picture, preprocess)
    pixels = np.atleast_3d(np.asarray(picture, dtype=np.float64))
    # 65535 / 257 = 255. Bicubic overshoots; in 8 bits Pillow cuts that off.
    return np.clip(pixels / 257, 0, 255) if picture.mode == "F" else pixels


def resized(picture: Image, preprocess: Preprocess) -> Image:
    """A picture once cut and resized, in its own mode."""
    from PIL import Image

    for step in preprocess.steps(picture.height, picture.width):
        H, W = step.size
        if step.corner is None:
            picture = picture.resize((W, H), Image.Resampling[preprocess.filter.upper()])
        else:
            top, left = step.corner
            picture = picture.crop((left, top, left + W, top + H))
    return picture


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """An image's file, of a size that is read. Raises FileError (E404, E410)."""
    try:
        file = opened(path, MAX_BYTES + 1)
        with blaming(path):
            size = file.seek(0, 2)
    except FileError as fault:
        if fault.diagnostics[0].code == "E404":
            raise
        raise FileError.about(path, "E410", "the image cannot be read", fault.diagnostics[0].why, ANOTHER) from None
    with file:
        file.seek(0)
        _refuse_bytes(path, size)
        yield file


def _refuse_bytes(path: Path, size: int) -> None:
    if not size:
        why, cure = "the file has 0 bytes", "write or download it again"
        raise FileError.about(path, "E410", "the image is empty", why, cure)
    if size > MAX_BYTES:
        why = f"the file has {size:,} bytes; {MAX_BYTES:,} are allowed"
        raise FileError.about(path, "E410", "the image is too large", why, SMALLER)


@contextmanager
def _decoded(path: Path, file: BinaryIO) -> Iterator[ImageFile]:
    """An image with its header read and accepted. What Pillow raises, here or in the body, becomes E410."""
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Given a name, Pillow maps an uncompressed file into memory: a turned TIFF comes out scrambled,
            # and a file that shrinks meanwhile kills the process. Given a file, it reads.
            with MeteredFile(file) as metered:
                check_directory(metered)
                metered.seek(0)
                with Image.open(metered, formats=tuple(FORMATS)) as image:
                    _refuse_size(path, image.height, image.width)
                    _refuse_samples(path, image)
                    check_decoding(image, metered)
                    yield image
    except FileError:
        raise
    except Malformed as error:
        raise FileError.about(path, "E410", "this kind of image is not read", error.why, RESAVE) from None
    except UnidentifiedImageError:
        raise otherwise(path, recognised(file)) from None
    except Exception as error:  # decoders raise whatever they stumble over in a damaged file
        raise _failure(path, error) from None


def _upright(image: ImageFile, *, gray: bool) -> Image:
    """Decode the first frame: upright, on white, as L or RGB, or as F from 0 to 65535 when it has 16 bits.

    In place where Pillow can: a large image is in memory twice at most.
    """
    from PIL import Image, ImageOps

    _exif(image)
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I"):
        return image.convert("F")
    if image.has_transparency_data:
        over = _converted(image, "RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(over, mask=over)
        return _converted(white, "L" if gray else "RGB")
    return _converted(image, "L" if gray else "RGB")


def _exif(image: ImageFile) -> Exif:
    """EXIF data that have been looked at. PNG may hold them behind the pixels."""
    if image.format == "PNG" and "exif" not in image.info:
        image.load()
    check_exif(image)
    return image.getexif()


def _converted(image: Image, mode: str) -> Image:
    # Pillow copies an image that has the mode already.
    return image if image.mode == mode else image.convert(mode)


def _refuse_size(path: Path, height: int, width: int, step: str = "") -> None:
    if height * width > MAX_PIXELS or max(height, width) > MAX_SIDE:
        message = f"the image becomes too large at `{step}`" if step else "the image is too large"
        why = f"H x W = {height:,} x {width:,} = {height * width:,} pixels; {LIMITS}"
        raise FileError.about(path, "E410", message, why, SMALLER)


def _refuse_samples(path: Path, image: ImageFile) -> None:
    """Refuse samples of unknown range, and those whose meaning Pillow drops (see the policies above)."""
    why = ""
    if image.mode in UNREAD:
        why = f"its colours are {UNREAD[image.mode]}, which depends on a profile"
    elif image.mode == "F":
        why = "floating-point samples have no fixed black and white"
    elif image.mode == "I" and image.format != "PPM":
        why = "signed and 32-bit samples have no customary black and white"
    elif image.format == "PNG" and "transparency" in image.info and image.mode != "P":
        # Pillow compares the transparent value as stored with samples that it has scaled to 8 bits.
        if image.tile[0].args != image.mode:
            why = "one value stands for transparency among samples that do not have 8 bits"
    elif image.mode.startswith("I") and image.format == "TIFF":
        tags = image.getexif()
        if tags.get(BITS_PER_SAMPLE) != 16 or tags.get(PHOTOMETRIC) != BLACK_IS_ZERO:
            why = "its gray has 12 bits a sample, or 0 stands for white"
    if why:
        raise FileError.about(path, "E410", "this kind of image is not read", why, RESAVE)


def section(path: Path, preprocess: Preprocess | None, input: Shape) -> Preprocess:
    """The section, if there is one and it can make `input` of some image. Raises FileError (E412, E411)."""
    if not is_image_shape(input):
        message = f"the network takes vectors of {input[0]}, no images"
        cure = "an `.npy` array or a `.csv` table of numbers; for images let `input` be one, and `flatten` it first"
        raise FileError.about(path, "E412", message, "`input` has no H and W", cure)
    if preprocess is None:
        C, H, W = input
        cure = f"an image has 1 or 3 channels; an input of {C} needs an array"
        if mode := {1: "gray", 3: "rgb"}.get(C):
            section = f"`preprocess: {{mode: {mode}, resize: [{H}, {W}], scale: 1/255}}`"
            cure = f"{section}, with the values that it is trained with"
        message = "the spec does not say how an image becomes its input"
        raise FileError.about(path, "E412", message, f"the input is {C}x{H}x{W}; there is no `preprocess`", cure)
    if issues := [issue._replace(code="E411") for issue in preprocess.issues(input)]:
        raise FileError(issue.at(None).within(str(path)) for issue in issues)
    return preprocess


def _refuse_misfit(path: Path, height: int, width: int, preprocess: Preprocess, input: Shape) -> None:
    """Refuse an image that ends with another size than `input`, or grows too large on the way."""
    C, H, W = input
    way = f"H x W = {height}x{width}"
    for step in preprocess.steps(height, width):
        _refuse_size(path, *step.size, step.text)
        way += " -> `{}` {}x{}".format(step.text, *step.size)
    h, w = preprocess.size(height, width)
    if (h, w) != (H, W):
        message = f"the image becomes {C}x{h}x{w}, but the spec's input is {C}x{H}x{W}"
        raise FileError.about(path, "E411", message, way, preprocess.advice(height, width, H, W))


def _failure(path: Path, error: Exception) -> FileError:
    """What an exception of the system or of a decoder means to the reader."""
    from PIL import Image

    match error:
        case FileNotFoundError():
            return FileError.about(path, "E404", "there is no such file", "", "check the path, and its case")
        case Image.DecompressionBombError():
            return FileError.about(path, "E410", "the image is too large", LIMITS, SMALLER)
        case OSError(strerror=str(why)):
            return FileError.about(path, "E410", "the image cannot be read", why, ANOTHER)
    return FileError.about(path, "E410", "the image is damaged", str(error) or type(error).__name__, ANOTHER)
