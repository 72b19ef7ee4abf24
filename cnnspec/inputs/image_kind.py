"""What a file is that is no image, as far as its content shows it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..diagnostics import FileError
from ..files.recognition import IMAGE, TEXT, Kind, look
from ..language.sections.preprocess import Preprocess

ANOTHER = "give an image in PNG, JPEG, GIF, BMP, WebP, TIFF or PPM; an image program can convert or repair it"
MANY = "`cnnspec run` reads the images in it with `--out RESULTS.parquet`"
CONTAINERS: dict[str, tuple[str, ...]] = {"tar": (".tar",), "gzip": (".tar.gz", ".tgz"), "parquet": (".parquet",)}
"""Kinds of files that hold many images, and the names under which they are read."""
NO_IMAGE = "this is not an image that can be read"


def otherwise(path: Path, found: Kind | None) -> FileError:
    """E410 for a file that is no image that is read, and what it is."""
    if found is None or found in (IMAGE, TEXT):
        return FileError.about(path, "E410", NO_IMAGE, "no known header", ANOTHER)
    holds_many = path.name.lower().endswith(CONTAINERS.get(found.name, ()))
    cure = MANY if holds_many else found.cure or ANOTHER
    return FileError.about(path, "E410", NO_IMAGE, f"it is {found.what}", cure)


def refuse_other(path: Path, preprocess: Preprocess | None) -> None:
    """Refuse a file that is plainly of another kind, before a section for images is asked for."""
    if preprocess is not None:
        return
    found = None
    with suppress(FileError):
        found = look(path)
    if found is not None and found is not IMAGE:
        raise otherwise(path, found)
