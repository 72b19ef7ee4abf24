"""A folder in a store that fsspec reaches. Most stores keep objects, which are there once all of their bytes are; in
the others a file is written under another name first, and then moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from secrets import token_hex

from .. import store
from ..store import StoreError
from .refusals import ensure_no_file, refused

OBJECTS = {"abfs", "abfss", "az", "gcs", "gs", "hf", "oci", "oss", "s3", "s3a", "tos", "tosfs"}
"""Protocols of stores that have a file whole or not at all."""
PASSING = {"memory"}
"""Protocols of stores that live in the memory of a process, and end with it."""
_HIDDEN, _HALF = ".cnnspec-", ".tmp"


class StoreFolder:
    has_locks, readers = False, 32

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        if "::" in url:
            why, cure = "a store within another file is read only", "name a folder of a store: `s3://bucket/r.parquet`"
            raise refused(url, why, cure)
        with self._writing():
            self.store, self.path = store.store_at(self.url)
        protocols = self.store.protocol if isinstance(self.store.protocol, tuple) else (self.store.protocol,)
        if not PASSING.isdisjoint(protocols):
            why = "this store is in the memory of the process: what is in it is lost when the process ends"
            raise refused(url, why, "name a folder of this machine, `results.parquet`, or of a store that stays")
        self.has_objects = not OBJECTS.isdisjoint(protocols)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Others are not kept out: whoever works here has to see to it that nothing is mixed."""
        with self._writing():
            is_file = self.store.isfile(self.path)
        ensure_no_file(self.url, is_file)
        yield

    def begin(self, renewed: str) -> int:
        with self._writing():
            if not self.has_objects:
                self.store.makedirs(self.path, exist_ok=True)
            probe = self._hidden()
            self.store.pipe_file(probe, b"")
            with suppress(Exception):  # who may write need not be one who may remove
                self.store.rm_file(probe)
        half = [name for name in self.names() if name.startswith(_HIDDEN) and name.endswith(_HALF)]
        for name in half:
            with suppress(StoreError):
                self.remove(name)
        return len(half)

    def names(self) -> list[str]:
        with self._writing():
            self.store.invalidate_cache()
            try:
                found = self.store.ls(self.path, detail=False)
            except FileNotFoundError:  # a folder is there once something is in it
                return []
        return [name for name in (PurePosixPath(path).name for path in found if not path.endswith("/")) if name]

    def place(self, name: str) -> str:
        return f"{self.url}/{name}"

    def write(self, name: str, data: bytes) -> None:
        store.patiently(lambda: self._write(f"{self.path}/{name}", data))

    def _write(self, path: str, data: bytes) -> None:
        with self._writing():
            if self.has_objects:
                self.store.pipe_file(path, data)
                return
            half = self._hidden()
            self.store.pipe_file(half, data)
            try:
                self._move(half, path)
            except Exception:
                with suppress(Exception):
                    self.store.rm_file(half)
                raise

    def _move(self, half: str, path: str) -> None:
        """Some stores do not move over what is there: only then it goes before."""
        try:
            self.store.mv(half, path)
        except Exception:
            if not (self.store.exists(half) and self.store.exists(path)):
                raise
            self.store.rm_file(path)
            self.store.mv(half, path)

    def remove(self, name: str) -> None:
        with self._writing():
            self.store.rm_file(f"{self.path}/{name}")

    def _hidden(self) -> str:
        return f"{self.path}/{_HIDDEN}{token_hex(6)}{_HALF}"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with store.reaching(self.url, "written"):
            try:
                yield
            except FileNotFoundError as fault:
                why, cure = str(fault), "check the URL, and make the bucket first"
                raise StoreError.about(self.url, "E433", "there is no such place in the store", why, cure) from None
