"""Packages that are not installed with cnnspec itself: extras, for those who want what they are for."""

from __future__ import annotations

from importlib.util import find_spec

from .diagnostic import Diagnostic, FileError


def missing_package(deed: str, package: str, install: str, why: str = "") -> Diagnostic:
    """E417: what is to be done, such as "writing ONNX", needs a package; `install` is the command that brings it."""
    why = why or "it is not installed in the environment that cnnspec runs in"
    return Diagnostic("E417", f"{deed} needs the package `{package}`", why=why, help=f"`{install}`")


def ensure_package(deed: str, package: str, extra: str) -> None:
    """Raises FileError (E417) where the package, which comes with an extra of cnnspec, is not installed."""
    if find_spec(package) is None:
        raise FileError([missing_package(deed, package, f"pip install 'cnnspec[{extra}]'")])
