"""Where machine code that was made for this processor is kept, and whether there is a compiler for it.

Only the standard library is imported.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

VARIABLE = "CNNSPEC_CACHE"
INSTALL = "pip install numba"
"""That brings the other, too."""
PACKAGES = ("numba", "llvmlite")


@dataclass(frozen=True, slots=True)
class Compiler:
    """numba's version, None where it cannot be used, and the folder that keeps what it makes."""

    numba: str | None
    folder: str


def compiler() -> Compiler:
    """What there is here."""
    return Compiler(numba_version(), str(folder()))


def missing() -> str | None:
    """A package that the compiler needs and that is not installed."""
    return next((package for package in PACKAGES if find_spec(package) is None), None)


def numba_version() -> str | None:
    """None where numba, or the package that it needs, is not installed."""
    return None if missing() else version("numba")


def version(package: str) -> str | None:
    """That of an installed package, which is not imported; None where there is none.

    It stands in the name of the folder that describes the package: `importlib.metadata`, which reads what is in there,
    loads two dozen modules."""
    found = find_spec(package)
    if found is None or found.origin is None:
        return None
    installed = Path(found.origin).parent.parent
    names = [folder.name for folder in installed.glob(f"{package}-*.dist-info")]
    if len(names) == 1:
        return names[0].removeprefix(f"{package}-").removesuffix(".dist-info")
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as described

    try:
        return described(package)
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
