"""Files that the program makes for itself and could make again: kept whole, checked when they are read, never trusted.

They are nobody's input, so the guard of what a command reads does not count them.
"""

from __future__ import annotations

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path

from ..diagnostics import FileError
from .writing import whole

DIGEST = 32
"""Bytes of the digest at a file's end."""
OWN = 0o600
"""The mode of a file that is executed: its owner's alone."""


def kept(file: Path) -> bytes | None:
    """What was kept there; None where there is nothing, or something that is not as it was written."""
    if not is_private(file.parent):
        return None
    try:
        with file.open("rb") as stream:
            found = stream.read() if _is_own(os.fstat(stream.fileno())) else b""
    except OSError:
        return None
    content, digest = found[:-DIGEST], found[-DIGEST:]
    if _digest(content) == digest:
        return content
    with suppress(OSError):
        file.unlink()
    return None


def keep(file: Path, content: bytes) -> bool:
    """Keep something, if that can be; whether it was."""
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not is_private(file.parent):
        return False
    try:
        if file.exists() and not _is_own(file.stat()):
            file.unlink()  # what takes its name would take its mode
        with whole(file) as stream:
            if hasattr(os, "fchmod"):  # whatever the umask lets others do
                os.fchmod(stream.fileno(), OWN)
            stream.write(content + _digest(content))
    except (FileError, OSError):
        return False
    return True


def is_usable(folder: Path) -> bool:
    """Whether something can be kept in a folder, which need not be there yet."""
    above = folder
    while not above.exists() and above != above.parent:
        above = above.parent
    return above.is_dir() and os.access(above, os.W_OK) and (above != folder or is_private(folder))


def is_private(folder: Path) -> bool:
    """Whether a folder is there that nobody else may write to: what is executed comes from no other."""
    try:
        found = folder.stat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and _is_own(found)


def _is_own(found: os.stat_result) -> bool:
    """Whether nobody else may write there; systems without users' numbers do not tell."""
    return not hasattr(os, "getuid") or (found.st_uid == os.getuid() and not found.st_mode & 0o022)


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=DIGEST).digest()
