"""The folder of results: a shard for each task, written whole or not at all, beside the manifest of the run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import NamedTuple

from ..diagnostics import FileError
from ..diagnostics.wording import listed
from ..files import store
from ..files.folders import folder_at
from ..files.reading import Malformed
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
    """The folder at `url`, of this machine or in a store."""

    def __init__(self, url: str) -> None:
        self.folder = folder_at(url)
        self.done = set[int]()
        self.with_errors = set[int]()
        self.extent = Extent(0, 0, 0, 0)
        self.removed = 0

    def alone(self) -> AbstractContextManager[None]:
        """Work in it while no other run does. Raises FileError (E415) where one does, or nobody may."""
        return self.folder.alone()

    def begin(self, manifest: Manifest, restart: bool) -> None:
        """Make the folder, or go on in it: `done` are then the shards that are whole, `removed` counts what was not.
        Raises FileError: E434 where it holds what this run would not come to, E415 where it cannot be written;
        StoreError."""
        self.manifest = manifest
        self.removed = self.folder.begin(MANIFEST)
        names = self.folder.names()
        is_there = MANIFEST in names
        if names and not is_there:
            why = f"there is no `{MANIFEST}` in it, so no run of cnnspec has written it"
            raise self._others(why + ", and nothing is removed" * restart, "another name for --out")
        if is_there and not restart:
            self._refuse_others()
            self._take_up(names)
            return
        for name in names:  # what a run of ours has left, and nothing else
            if _SHARD.fullmatch(name):
                self.folder.remove(name)
        self.folder.write(MANIFEST, manifest.written())

    def write(self, shard: Shard) -> None:
        """A finished shard, of which only the figures are kept. Raises FileError: E415 where it cannot be written, E434
        where another run has begun in the folder, which nothing but a lock prevents; StoreError."""
        if not self.folder.has_locks:
            store.patiently(self._refuse_others)
        self.folder.write(_name(shard.number), shard.data)
        self._count(shard)

    def _count(self, shard: Shard) -> None:
        self.done.add(shard.number)
        if shard.failed:
            self.with_errors.add(shard.number)
        self.extent = Extent(*map(sum, zip(self.extent, (1, *shard.counts), strict=True)))

    def first_failures(self, most: int) -> list[Failure]:
        """Of the inputs that could not be used. Only shards that have some are read."""
        return first_failures(map(self.shard_place, sorted(self.with_errors)), most)

    def shard_place(self, number: int) -> str:
        """Where the shard of a task lies."""
        return self.folder.place(_name(number))

    def _refuse_others(self) -> None:
        try:
            with store.opened_at(self.folder.place(MANIFEST)) as stream:
                theirs = Manifest.read(stream.read())
        except Malformed as fault:
            raise self._others(f"its `{MANIFEST}` cannot be read: {fault.why}") from None
        if differences := list(self.manifest.differences(theirs)):
            raise self._others(f"they are of {listed(differences, 5)}")

    def _take_up(self, names: Iterable[str]) -> None:
        numbers = sorted(int(match[1]) for match in map(_SHARD.fullmatch, names) if match)
        with ThreadPoolExecutor(self.folder.readers) as pool:
            for number, shard in zip(numbers, pool.map(self._counted, numbers), strict=True):
                if shard is None:
                    self.removed += 1
                    self.folder.remove(_name(number))
                else:
                    self._count(shard)

    def _counted(self, number: int) -> Shard | None:
        return counted(self.shard_place(number), number)

    def _others(self, why: str, cure: str = "") -> FileError:
        cure = cure or "`--restart` removes them and begins anew; another name for --out keeps them"
        place = self.folder.url
        return FileError.about(place, "E434", f"`{place}` holds results that are not of this run", why, cure)


def _name(number: int) -> str:
    return f"part-{number:06}.parquet"
