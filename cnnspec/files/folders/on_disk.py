"""A folder of this machine: files take their names when they are whole, and a lock keeps other processes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..lock import Taken, locked
from ..overwrite_guard import exempt
from ..places import exists, is_folder
from ..writing import cleared, ensure_writable, whole, writing
from .refusals import ensure_no_file, refused


class DiskFolder:
    has_locks, readers = True, 1

    def __init__(self, url: str) -> None:
        self.url, self.path = url, Path(url)

    @contextmanager
    def alone(self) -> Iterator[None]:
        ensure_no_file(str(self.path), exists(self.path) and not is_folder(self.path))
        try:
            with locked(self.path):
                yield
        except Taken as holder:
            cure = "wait for its end, or give another name"
            raise refused(str(self.path), f"{holder} is at work on it", cure) from None

    def begin(self, renewed: str) -> int:
        with writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        exempt(self.path / renewed)
        ensure_writable(self.path / renewed)
        return cleared(self.path)

    def names(self) -> list[str]:
        return [path.name for path in self.path.iterdir()]

    def place(self, name: str) -> str:
        return str(self.path / name)

    def write(self, name: str, data: bytes) -> None:
        with whole(self.path / name, clears=False) as stream:
            stream.write(data)

    def remove(self, name: str) -> None:
        with writing(self.path / name):
            (self.path / name).unlink()
