"""What a file is that is no image, as far as its content shows it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..diagnostics import FileError
from ..files.recognition import IMAGE, TEXT, Kind, look
from ..language.sections.preprocess import Preprocess

ANOTHER = "give an image in PNG, JPEG, GIF, BMP, WebP, TIFF or PPM; an image program can convert or repair it"
MANY = "`cnnspec run` reads the images in it with `--out RESULTS.parquet`"
NO_IMAGE = "this is not an image that can be read"


def otherwise(path: Path, found: Kind | None) -> FileError:
    """E410 for a file that is no image that is read, and what it is."""
    if found is None or found in (IMAGE, TEXT):
        return FileError.about(path, "E410", NO_IMAGE, "no known header", ANOTHER)
    cure = MANY if _holds_many(path) else found.cure or ANOTHER
    return FileError.about(path, "E410", NO_IMAGE, f"it is {found.what}", cure)


def _holds_many(path: Path) -> bool:
    from ..files.tar_stream import ENDINGS

    return path.name.lower().endswith((*ENDINGS, ".parquet"))


def refuse_other(path: Path, preprocess: Preprocess | None) -> None:
    """Refuse a file that is plainly of another kind, before a section for images is asked for."""
    if preprocess is not None:
        return
    found = None
    with suppress(FileError):
        found = look(path)
    if found is not None and found is not IMAGE:
        raise otherwise(path, found)
