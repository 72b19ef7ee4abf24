"""Where machine code that was made for this processor is kept, and whether there is a compiler for it.

Only the standard library is imported, and the compiler when it is asked for.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from ..diagnostics import FileError
from ..diagnostics.missing_package import missing_package, needed

VARIABLE = "CNNSPEC_CACHE"
INSTALL = "pip install numba"
"""That brings the other, too."""
PACKAGES = ("numba", "llvmlite")
DEED = "the backend numba"
SECONDS = 120
"""How long loading it may take."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """numba's version, None where it is not installed; the folder that keeps what it makes; what keeps numba from being
    loaded, if anything."""

    numba: str | None
    folder: str
    fault: str = ""


def compiler() -> Compiler:
    """What there is here."""
    found = numba_version()
    return Compiler(found, str(folder()), fault() if found else "")


def load(module: str) -> ModuleType:
    """numba, or a part of what it needs. Raises FileError (E417) where it cannot be loaded."""
    return needed(DEED, module, INSTALL)


def ensure_compiler() -> None:
    """Raises FileError (E417) where a package is not installed. None is imported: code may have been kept."""
    if (package := missing()) is not None:
        raise FileError([missing_package(DEED, package, INSTALL)])


def fault() -> str:
    """What keeps numba from being loaded, "" for nothing. It is tried in a process of its own, which the import may
    end, and whose memory is given back."""
    import subprocess

    code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import trial; trial()"
    try:
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=SECONDS)
    except OSError:
        return ""
    except subprocess.TimeoutExpired:
        return f"importing it does not end within {SECONDS} seconds"
    if not done.returncode:
        return ""
    said = done.stderr.strip()
    if done.returncode == 1 and said:
        return said.splitlines()[-1]
    return f"importing it ends the process with {_ending(done.returncode)}"


def trial() -> None:
    """Load all that compiling takes; where that fails, leave with 1 and the reason on standard error."""
    try:
        for package in PACKAGES:
            load(package)
    except FileError as error:
        sys.exit(error.diagnostics[0].why)


def _ending(code: int) -> str:
    return signal.Signals(-code).name if -code in list(signal.Signals) else f"exit code {code}"


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
