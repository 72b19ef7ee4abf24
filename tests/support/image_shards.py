"""Images in folders, in tar archives as WebDataset has them, in Parquet tables: for work over many inputs."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def png(number: int, height: int = 4, width: int = 6) -> bytes:
    """An image of its own for each number, the same one each time."""
    pixels = np.random.default_rng(number).integers(0, 256, (height, width), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def folder(path: Path, count: int, classes: tuple[str, ...] = ("cat", "dog", "bird")) -> Path:
    """Images `count`, each in the sub-folder of its class."""
    for number in range(count):
        place = path / classes[number % len(classes)]
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:05}.png").write_bytes(png(number))
    return path


def tar(path: Path, files: Iterable[tuple[str, bytes]], said: dict[str, str] | None = None) -> Path:
    """An archive whose headers say something more of each file."""
    with tarfile.open(path, "w") as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size, member.pax_headers = len(data), said or {}
            archive.addfile(member, io.BytesIO(data))
    return path


def samples(numbers: Iterable[int], classes: int = 3) -> Iterable[tuple[str, bytes]]:
    """Members of a tar archive: an image and the number of its class, for each number."""
    for number in numbers:
        yield f"s{number:05}.png", png(number)
        yield f"s{number:05}.cls", str(number % classes).encode()


def rows(results: Path) -> list[dict[str, Any]]:
    """All rows of a folder of results, in the order of its shards."""
    from pyarrow.parquet import read_table

    return [row for part in shards(results) for row in read_table(part).to_pylist()]


def shards(results: Path) -> list[Path]:
    return sorted(results.glob("part-*.parquet"))


def contents(results: Path) -> dict[str, bytes]:
    """The bytes of every shard by its name."""
    return {part.name: part.read_bytes() for part in shards(results)}
