"""Stores in memory that stand for those of other kinds. Only fsspec imports this."""

from __future__ import annotations

from typing import Any, ClassVar

from fsspec.implementations.memory import MemoryFileSystem


class MovingStore(MemoryFileSystem):  # type: ignore[misc]
    """A store in which a file is there before it is whole: `moving://`."""

    protocol = "moving"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.removeprefix("moving://")))


class ReadOnlyStore(MemoryFileSystem):  # type: ignore[misc]
    """What the account of `readonly://` may only read, `memory://` too."""

    protocol = "readonly"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.removeprefix("readonly://")))

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **more: Any) -> None:
        raise PermissionError("Access Denied")
