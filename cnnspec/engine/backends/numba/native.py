"""The native functions of this process: from the folder that keeps them, else compiled, and kept."""

from __future__ import annotations

import hashlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from ....files.byproducts import keep, kept
from ....kernels import compiled as sources
from ....kernels.compiled.vectors import Vectors
from ....machine.compiled_code import folder, numba_version
from . import linker, processor
from .compiler import SOURCES, compiled, compiled_object

_LOCK = RLock()
_FUNCTIONS: dict[tuple[str, Vectors], linker.NativeFunction] = {}


def function(name: str, vectors: Vectors) -> linker.NativeFunction:
    """The native function of a kernel for some vectors."""
    with _LOCK:
        if (name, vectors) not in _FUNCTIONS:
            _FUNCTIONS[name, vectors] = _made(name, vectors)
        return _FUNCTIONS[name, vectors]


def _made(name: str, vectors: Vectors) -> linker.NativeFunction:
    found = linker.linked(name, _code(name, vectors)) or linker.linked(name, compiled_object(name, vectors))
    assert found is not None, "LLVM links or fails"
    return found


def missing(vectors: Vectors) -> list[str]:
    """The kernels that have yet to be compiled."""
    return [name for name in SOURCES if (name, vectors) not in _FUNCTIONS and not _file(name, vectors).is_file()]


def _code(name: str, vectors: Vectors) -> bytes:
    file = _file(name, vectors)
    code = kept(file)
    if code is None:
        code = compiled(name, vectors)
        keep(file, code)
    return code


def _file(name: str, vectors: Vectors) -> Path:
    """Another one for another processor, another version, another source."""
    key = hashlib.blake2b(digest_size=12)
    for part in (processor.described(), str(numba_version()), repr(vectors), _sources()):
        key.update(part.encode() + b"\0")
    return folder() / f"{name}-{key.hexdigest()}.code"


@cache
def _sources() -> str:
    """The text of all kernels, and of how they are compiled."""
    found = hashlib.blake2b(digest_size=12)
    ours = __package__ or ""
    for package, names in (
        (sources.__name__, [module.name for module in pkgutil.iter_modules(sources.__path__)]),
        (ours, ["compiler", "image"]),
    ):
        for name in sorted(names):
            found.update(pkgutil.get_data(package, f"{name}.py") or b"")
    return found.hexdigest()


class NativeCall:
    """A call of a native function with its table of whole numbers; `alive` is what the addresses in it point to."""

    __slots__ = ("_address", "_call", "_function", "alive", "table")

    def __init__(self, function: linker.NativeFunction, table: Iterable[int], *alive: object) -> None:
        self.table: NDArray[np.int64] = np.fromiter(table, np.int64)
        self.alive = alive
        self._function = function
        self._call = function.call
        self._address = self.table.ctypes.data

    @property
    def pair(self) -> tuple[int, int]:
        """The addresses of the function and of its table."""
        return self._function.address, self._address

    def __call__(self) -> None:
        self._call(self._address)
