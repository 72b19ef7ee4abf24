"""The memory that one step gives back is what the next one needs: the C library is told to keep it.

By default glibc hands large arrays back to the system as they die. The system then clears a page at a time when it is
touched again, which takes a quarter of a step.
"""

from __future__ import annotations

import ctypes

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Numbers of glibc's settings: free memory at the heap's end that is given back, sizes that get pages of their own."""
LARGEST = {TRIM_THRESHOLD: 2**31 - 1, MMAP_THRESHOLD: 32 * 2**20}


def keep_freed_memory() -> bool:
    """Let this process keep what it frees, up to its peak; whether its C library can be told so."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library than glibc
        return False
    answers = [mallopt(setting, value) for setting, value in LARGEST.items()]
    return answers == [1, 1]
