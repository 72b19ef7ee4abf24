"""Folders whose files are each written whole or not at all: on this machine, or in a store that fsspec reaches."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from ..store import is_remote, local


class Folder(Protocol):
    """A folder at `url`. Its files are read by `store.opened_at(folder.place(name))`."""

    url: str
    has_locks: bool
    """Whether `alone` keeps other processes out. A store cannot."""
    readers: int
    """How many of its files are best read at a time."""

    def alone(self) -> AbstractContextManager[None]:
        """Work in it while nobody else does. Raises FileError (E415) where somebody does, or a file has its name."""

    def begin(self, renewed: str) -> int:
        """Make it where it is not there, and remove what killed writers have left; how much that was. Its file
        `renewed` may be written though it was read. Raises FileError (E415), StoreError where nothing can be
        written."""

    def names(self) -> list[str]:
        """Of all files in it, in no order."""

    def place(self, name: str) -> str:
        """Where one of its files is."""

    def write(self, name: str, data: bytes) -> None:
        """A file, in place of an older one. Raises FileError (E415), StoreError."""

    def remove(self, name: str) -> None:
        """A file that is there. Raises FileError (E415), StoreError."""


def folder_at(url: str) -> Folder:
    if is_remote(url):
        from .in_store import StoreFolder

        return StoreFolder(url)
    from .on_disk import DiskFolder

    return DiskFolder(local(url))
