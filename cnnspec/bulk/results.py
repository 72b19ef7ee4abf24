"""The folder of results: a shard for each task, written whole or not at all, beside the manifest of the run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ..diagnostics import FileError
from ..diagnostics.wording import listed
from ..files.lock import Taken, locked
from ..files.overwrite_guard import exempt
from ..files.places import exists, is_folder
from ..files.reading import Malformed, opened
from ..files.writing import cleared, ensure_writable, whole, writing
from .failures import Failure, first_failures
from .manifest import Manifest
from .table import counted
from .task import Shard

MANIFEST = "_manifest.json"
"""Whoever reads a folder of Parquet files passes over names that begin like this."""
_SHARD = re.compile(r"part-(\d{6,})\.parquet")


class Extent(NamedTuple):
    """How far a run is: shards and rows that are written, by this run or an earlier one; errors among the rows, and
    inputs that gave numbers which are not finite."""

    shards: int
    rows: int
    failed: int
    not_finite: int


class Results:
    """The folder at `path`, kept from all other runs while this one is at work in it."""

    def __init__(self, path: str) -> None:
        self.folder = Path(path)
        self.done = set[int]()
        self.with_errors = set[int]()
        self.extent = Extent(0, 0, 0, 0)
        self.removed = 0

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Raises FileError (E415) where another run writes it, or nobody may."""
        if exists(self.folder) and not is_folder(self.folder):
            why, cure = "it is a file, and results are a folder of shards", "give another name"
            raise FileError.about(self.folder, "E415", f"`{self.folder}` cannot be written", why, cure)
        try:
            with locked(self.folder):
                yield
        except Taken as holder:
            message, cure = f"`{self.folder}` cannot be written", "wait for its end, or give another name"
            raise FileError.about(self.folder, "E415", message, f"{holder} is at work on it", cure) from None

    def begin(self, manifest: Manifest, restart: bool) -> None:
        """Make the folder, or go on in it: `done` are then the shards that are whole, `removed` counts what was not.
        Raises FileError: E434 where it holds what this run would not come to, E415 where it cannot be written."""
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        exempt(self.folder / MANIFEST)
        ensure_writable(self.folder / MANIFEST)
        self.removed = cleared(self.folder)
        if restart:
            self._empty()
        elif exists(self.folder / MANIFEST):
            self._refuse_others(manifest)
            self._take_up()
        elif any(self.folder.iterdir()):
            why = f"there is no `{MANIFEST}` in it, so no run of cnnspec has written it"
            raise _others(self.folder, why, "another name for --out")
        with whole(self.folder / MANIFEST) as stream:
            stream.write(manifest.written())

    def write(self, shard: Shard) -> None:
        """A finished shard, of which only the figures are kept. Raises FileError (E415)."""
        with whole(self.shard_path(shard.number), clears=False) as stream:
            stream.write(shard.data)
        self._count(shard)

    def _count(self, shard: Shard) -> None:
        self.done.add(shard.number)
        if shard.failed:
            self.with_errors.add(shard.number)
        self.extent = Extent(*map(sum, zip(self.extent, (1, *shard.counts), strict=True)))

    def first_failures(self, most: int) -> list[Failure]:
        """Of the inputs that could not be used. Only shards that have some are read."""
        return first_failures(map(self.shard_path, sorted(self.with_errors)), most)

    def shard_path(self, number: int) -> Path:
        """Where the shard of a task lies."""
        return self.folder / f"part-{number:06}.parquet"

    def _refuse_others(self, manifest: Manifest) -> None:
        try:
            with opened(self.folder / MANIFEST) as stream:
                theirs = Manifest.read(stream.read())
        except Malformed as fault:
            raise _others(self.folder, f"its `{MANIFEST}` cannot be read: {fault.why}") from None
        if differences := list(manifest.differences(theirs)):
            raise _others(self.folder, f"they are of {listed(differences, 5)}")

    def _take_up(self) -> None:
        for path, number in self._shards():
            shard = counted(path, number)
            if shard is None:
                self.removed += 1
                with writing(path):
                    path.unlink()
            else:
                self._count(shard)

    def _empty(self) -> None:
        """What a run of ours has left, and nothing else."""
        if not exists(self.folder / MANIFEST) and any(self.folder.iterdir()):
            why = f"there is no `{MANIFEST}` in it, so no run of cnnspec has written it, and nothing is removed"
            raise _others(self.folder, why, "another name for --out")
        for path, _ in self._shards():
            with writing(path):
                path.unlink()
        with writing(self.folder):
            (self.folder / MANIFEST).unlink(missing_ok=True)

    def _shards(self) -> list[tuple[Path, int]]:
        found = [(path, _SHARD.fullmatch(path.name)) for path in self.folder.iterdir()]
        return sorted((path, int(match[1])) for path, match in found if match)


def _others(folder: Path, why: str, cure: str = "") -> FileError:
    cure = cure or "`--restart` removes them and begins anew; another name for --out keeps them"
    return FileError.about(folder, "E434", f"`{folder}` holds results that are not of this run", why, cure)
