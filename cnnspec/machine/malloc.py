"""Freed memory is kept for the next array.

A step of training makes and drops the same arrays as the one before. glibc gives large ones back to the system, which
hands out their pages again one by one and zeroed: up to a quarter of a step of a small network. Where there is another
C library, nothing is done.
"""

from __future__ import annotations

from ctypes import CDLL
from functools import cache

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""The numbers of `mallopt`'s parameters: M_TRIM_THRESHOLD, M_MMAP_THRESHOLD."""
LARGEST = 32 << 20
"""Bytes; glibc takes no more for arrays that come from the heap."""


@cache
def keep_freed_memory() -> bool:
    """From now on, in the whole process. Whether the C library could be told."""
    try:
        mallopt = CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):
        return False
    return all([mallopt(MMAP_THRESHOLD, LARGEST), mallopt(TRIM_THRESHOLD, (1 << 31) - 1)])
