"""Where machine code that was made for this processor is kept, and whether there is a compiler for it.

Only the standard library is imported.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

VARIABLE = "CNNSPEC_CACHE"
INSTALL = "pip install numba"


@dataclass(frozen=True, slots=True)
class Compiler:
    """numba's version, None where it is not installed, and the folder that keeps what it makes."""

    numba: str | None
    folder: str


def compiler() -> Compiler:
    """What there is here."""
    return Compiler(numba_version(), str(folder()))


def numba_version() -> str | None:
    """None where numba is not installed."""
    try:
        return version("numba")
    except PackageNotFoundError:
        return None


def folder() -> Path:
    """`CNNSPEC_CACHE`, else a folder among those that the system has for such things."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    return _caches() / "cnnspec"


def _caches() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
