"""The system's lock of an open file. It is gone with the process, however that ends."""

from __future__ import annotations

import sys


def lock(descriptor: int) -> None:
    """Lock a file for as long as it is open. Raises OSError at once where another one has it, and where the file system
    knows no locks."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
