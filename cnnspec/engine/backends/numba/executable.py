"""Memory that holds an image and may be executed. It is never writable at the same time, and stays to the end."""

from __future__ import annotations

import ctypes
import mmap
import sys
from functools import cache
from typing import Any

from .image import HEAD, MAGIC


def is_image(code: bytes) -> bool:
    return code.startswith(MAGIC)


def executable(image: bytes) -> int | None:
    """The address of an image's function; None where the system lets nobody execute what he wrote."""
    if sys.platform != "linux":
        return None
    _, entry = HEAD.unpack_from(image)
    body = image[HEAD.size :]
    system = _system()
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    address = system.mmap(None, len(body), mmap.PROT_READ | mmap.PROT_WRITE, private, -1, 0)
    if address in (None, FAILED):
        return None
    ctypes.memmove(address, body, len(body))
    if system.mprotect(address, len(body), mmap.PROT_READ | mmap.PROT_EXEC):
        system.munmap(address, len(body))
        return None
    return int(address) + int(entry)


FAILED = ctypes.c_void_p(-1).value


@cache
def _system() -> Any:
    """The system's calls: Python's own `mmap` unmaps at the end, when threads may still run what is there."""
    system = ctypes.CDLL(None)
    word, whole = ctypes.c_void_p, ctypes.c_int
    system.mmap.argtypes = word, ctypes.c_size_t, whole, whole, whole, ctypes.c_long
    system.mmap.restype = word
    system.mprotect.argtypes = word, ctypes.c_size_t, whole
    system.munmap.argtypes = word, ctypes.c_size_t
    return system
