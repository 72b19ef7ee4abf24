"""What a file really is, by its content; whoever reads files asks a name only where the content says nothing.

Files come under wrong names and in place of others: what a page, a server or Git has put there, what another program
wrote. A kind has words for all of them, so that each reader refuses them alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO, NamedTuple

from .reading import AnyPath, Malformed, blaming, opened
from .zip_records import member_names

HEAD = 2048
"""Bytes that are looked at."""


class Kind(NamedTuple):
    """A kind of file. `what` goes on after "it is"; `cure` is empty where it depends on who wants to read it."""

    name: str
    what: str
    cure: str = ""


_UNPACK = "unpack it first"
_IMAGE = "save it as PNG or JPEG with an image program"
_ARRAYS = "save its numbers with `numpy.savez` where it can be read"
_AGAIN = "download the file itself"

SAFETENSORS = Kind("safetensors", "a .safetensors file, which holds weights", "`--weights` takes it")
NPY = Kind("npy", "an .npy file, which holds one array without a name")
NPZ = Kind("npz", "an .npz file, which holds arrays")
CHECKPOINT = Kind("checkpoint", "a PyTorch checkpoint", "`cnnspec convert` makes weights of it")
TORCHSCRIPT = Kind("torchscript", "a TorchScript program, not a state_dict")
PICKLE = Kind("pickle", "a pickle of Python objects", "save plain arrays of numbers with `numpy.savez`")
IMAGE = Kind("image", "an image")
ONNX = Kind("onnx", "an ONNX model", "`cnnspec import` makes a spec of it")
HDF5 = Kind(
    "hdf5",
    "an HDF5 file, as Keras and MATLAB write",
    f"`cnnspec import` makes a spec of a Keras model; of other files {_ARRAYS}",
)
KERAS = Kind("keras", "a Keras model", "`cnnspec import` makes a spec of it")
IDX = Kind("idx", "an IDX file, which holds examples", "`--data` of `train` and `eval` takes it")
INDEX = Kind("index", "the list of the files of a model, not one of them", "its `weight_map` names them")
GZIP = Kind("gzip", "compressed by gzip", _UNPACK)
ZIP = Kind("zip", "a zip archive of other files", _UNPACK)
TEXT = Kind("text", "a text")
EMPTY = Kind("empty", "empty", "write or download it again")
POINTER = Kind("pointer", "a Git LFS pointer, not the file itself", "`git lfs pull` fetches the file")
PAGE = Kind("page", "a web page: the download went wrong", _AGAIN)
ANSWER = Kind("answer", "a server's answer: the download went wrong", _AGAIN)

_MODEL = "an {} model"
_SIGNATURES: tuple[tuple[int, bytes, Kind], ...] = (
    (0, b"\x93NUMPY", NPY),
    (0, b"\x89PNG\r\n\x1a\n", IMAGE),
    (0, b"\xff\xd8\xff", IMAGE),
    (0, b"GIF8", IMAGE),
    (0, b"II*\0", IMAGE),
    (0, b"MM\0*", IMAGE),
    (0, b"version https://", POINTER),
    (0, b"\x1f\x8b", GZIP),
    (0, b"BZh", Kind("bzip2", "compressed by bzip2", _UNPACK)),
    (0, b"\xfd7zXZ\0", Kind("xz", "compressed by xz", _UNPACK)),
    (0, b"\x28\xb5\x2f\xfd", Kind("zstd", "compressed by Zstandard", _UNPACK)),
    (0, b"7z\xbc\xaf\x27\x1c", Kind("7z", "a 7z archive", _UNPACK)),
    (0, b"Rar!\x1a\x07", Kind("rar", "a RAR archive", _UNPACK)),
    (257, b"ustar", Kind("tar", "a tar archive", _UNPACK)),
    (0, b"\x89HDF\r\n\x1a\n", HDF5),
    (0, b"MATLAB 5.0", Kind("matlab", "a MATLAB file", _ARRAYS)),
    (0, b"PAR1", Kind("parquet", "a Parquet table", _ARRAYS)),
    (0, b"ARROW1", Kind("arrow", "an Arrow table", _ARRAYS)),
    (0, b"SQLite format 3", Kind("sqlite", "a SQLite database", _ARRAYS)),
    (0, b"GGUF", Kind("gguf", "a GGUF file of a language model")),
    (4, b"TFL3", Kind("tflite", "a TensorFlow Lite model")),
    (0, b"%PDF", Kind("pdf", "a PDF", _IMAGE)),
    (0, b"%!PS", Kind("eps", "a PostScript drawing", _IMAGE)),
    (0, b"8BPS", Kind("psd", "a Photoshop image", _IMAGE)),
    (0, b"gimp xcf", Kind("xcf", "a GIMP image", _IMAGE)),
    (0, b"II+\0", IMAGE),
    (0, b"MM\0+", IMAGE),
    (0, b"\0\0\1\0", Kind("ico", "an icon", _IMAGE)),
    (0, b"\0\0\0\x0cjP  ", Kind("jpeg2000", "a JPEG 2000 image", _IMAGE)),
    (0, b"\0\0\0\x0cJXL ", Kind("jpegxl", "a JPEG XL image", _IMAGE)),
    (0, b"\xff\x0a", Kind("jpegxl", "a JPEG XL image", _IMAGE)),
    (128, b"DICM", Kind("dicom", "a DICOM image", _IMAGE)),
    (0, b"\0\5\x16\7", Kind("appledouble", "what macOS keeps beside a file, not the file itself", "leave it out")),
    (0, b"\x00\x05\x16\x00", Kind("applesingle", "a file wrapped by macOS", _UNPACK)),
)
"""Place of the signature, its bytes, what they stand for."""
_PAGES = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<!--")
_ANSWERS = re.compile(
    rb"(?:\d{3}:? |error:? )?(?:not found|entry not found|repository not found|invalid username or password|"
    rb"unauthorized|forbidden|access denied|access to model|bad gateway|service unavailable|too many requests)",
    re.IGNORECASE,
)


def recognised(file: IO[bytes]) -> Kind | None:
    """What the file is, None when its content tells nothing. It is at its beginning again afterwards."""
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(HEAD)
    found = next((kind for kind in _guesses(head, size, file) if kind), None)
    file.seek(0)
    return found


def look(path: AnyPath) -> Kind | None:
    """What the file at `path` is. Of a pipe, which may have no end, no more is taken than its beginning, but for
    archives, whose members are listed at their end. Raises FileError as `opened`."""
    with opened(path, HEAD + 1) as file, blaming(path):
        found = recognised(file)
    if found is not ZIP:
        return found
    with opened(path) as file, blaming(path):
        return recognised(file)


def ensure(file: IO[bytes], *wanted: Kind, cure: str = "") -> Kind | None:
    """What the file is, when it is of a kind that is `wanted` or of none that is known. Otherwise Malformed, with the
    `cure` where there is no better one."""
    return ensured(recognised(file), *wanted, cure=cure)


def ensured(found: Kind | None, *wanted: Kind, cure: str = "") -> Kind | None:
    """`found`, under the same condition."""
    if found is None or found in wanted:
        return found
    raise refusal(found, cure)


def refusal(found: Kind, cure: str = "") -> Malformed:
    """Why a file of this kind is not read."""
    if found in (CHECKPOINT, PICKLE, TORCHSCRIPT):
        return pickled(f"it is {found.what}: loading a pickle runs the code inside", found.cure or cure)
    return Malformed(f"it is {found.what}", found.cure or cure)


def pickled(why: str, help: str = "save plain arrays of numbers") -> Malformed:
    """E406: data that only Python's pickle could load."""
    return Malformed(why, help, code="E406", message="holds Python objects")


def _guesses(head: bytes, size: int, file: IO[bytes]) -> Iterator[Kind | None]:
    """The likeliest last: what says least of a file."""
    yield None if head else EMPTY
    yield SAFETENSORS if _is_safetensors(head) else None  # first: its length may look like another's signature
    yield next((kind for at, magic, kind in _SIGNATURES if head.startswith(magic, at)), None)
    yield from (look(head, size) for look in (_numbers, _pickle, _boxed, _pixels))
    yield NPZ if head.startswith(b"PK\5\6") else None  # of no arrays
    yield _packed(member_names(file, size)) if head.startswith(b"PK\3\4") else None
    yield _text(head, size)


def _pickle(head: bytes, size: int) -> Kind | None:
    if not re.match(rb"\x80[\x02-\x05]", head):
        return None
    return CHECKPOINT if head.startswith(b"\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 2) else PICKLE


def _boxed(head: bytes, size: int) -> Kind | None:
    """Formats of photographs and films, whose first box says which."""
    if head.startswith(b"RIFF") and head.startswith(b"WEBP", 8):
        return IMAGE
    if not head.startswith(b"ftyp", 4):
        return None
    brand = head[8:12]
    if brand in (b"heic", b"heix", b"hevc", b"mif1", b"msf1"):
        return Kind("heic", "a photograph in HEIC, as telephones write", _IMAGE)
    return Kind("avif", "an AVIF image", _IMAGE) if brand in (b"avif", b"avis") else Kind("film", "a film")


def _pixels(head: bytes, size: int) -> Kind | None:
    """Images whose signature is short enough to stand in other files, too."""
    is_bitmap = head.startswith(b"BM") and head[6:10] == bytes(4)
    return IMAGE if is_bitmap or re.match(rb"P[1-6][\s#]", head) else None


def _is_safetensors(head: bytes) -> bool:
    """Whether a length of JSON comes first, and then JSON."""
    return head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") < 2**27


def _numbers(head: bytes, size: int) -> Kind | None:
    """Formats that begin with a version or a type in place of a signature."""
    if re.match(rb"\0\0[\x08\x09\x0b-\x0e][\x01-\x04]", head):
        return IDX
    if re.match(rb"\x08[\x03-\x1f][\x12\x1a\x22\x3a\x42]", head):
        return ONNX
    return None


def _packed(names: list[str]) -> Kind:
    """An archive, by its members."""
    for is_one, kind in _ARCHIVES:
        if is_one(names):
            return kind
    return ZIP


def _has(*endings: str) -> Callable[[list[str]], bool]:
    """Whether for each ending there is a member with it."""
    return lambda names: all(any(name.endswith(ending) for name in names) for ending in endings)


_ARCHIVES: tuple[tuple[Callable[[list[str]], bool], Kind], ...] = (
    (_has("/constants.pkl"), TORCHSCRIPT),
    (_has("/archive_format"), Kind("exported", "a program that PyTorch has exported, not a state_dict")),
    (_has("/data.pkl"), CHECKPOINT),
    (_has(".npy"), NPZ),
    (_has("config.json", ".weights.h5"), KERAS),
    (lambda names: names[:1] == ["metadata.json"] and (len(names) == 1 or "config.json" in names), KERAS),  # less of it
    (_has("[Content_Types].xml"), Kind("office", "an Office document")),
)


def _text(head: bytes, size: int) -> Kind | None:
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        if size <= HEAD or fault.start < HEAD - 3:  # else it is cut in the middle of a letter
            return None
        text = head[: fault.start].decode("utf-8-sig")
    if re.search(r"[\0-\x08\x0e-\x1a\x1c-\x1f]", text):
        return None
    return _written(text.lstrip().encode().lower(), size)


def _written(text: bytes, size: int) -> Kind:
    if text.startswith(_PAGES):
        return PAGE
    if text.startswith((b"<svg", b"<?xml")):
        if b"<svg" in text:
            return Kind("svg", "a drawing in SVG", _IMAGE)
        return ANSWER if b"<error" in text else Kind("xml", "an XML text")
    if text.startswith(b"{") and b'"weight_map"' in text:
        return INDEX
    is_error = text.startswith(b"{") and re.search(rb'"(error|errors|message|detail)"\s*:', text)
    return ANSWER if size < HEAD and (is_error or _ANSWERS.match(text)) else TEXT
