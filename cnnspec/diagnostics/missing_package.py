"""Packages that are not installed with cnnspec itself: extras, for those who want what they are for."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from .diagnostic import Diagnostic, FileError


def needed(deed: str, module: str, install: str = "") -> ModuleType:
    """A package or a part of one, imported: what is to be done, such as "writing ONNX", needs it.

    `install` is the command that brings it. Raises FileError (E417) where the package is not installed, and where it is
    and cannot be loaded: importing it may raise anything, such as for a library that it lacks, or another NumPy."""
    package = module.partition(".")[0]
    try:
        return import_module(module)
    except MemoryError:
        raise
    except Exception as fault:
        if find_spec(package) is None:
            raise FileError([missing_package(deed, package, install or f"pip install {package}")]) from fault
        raise FileError([_broken_package(deed, package, fault)]) from fault


def ensure_package(deed: str, package: str, extra: str) -> None:
    """Raises FileError (E417) where the package, which comes with an extra of cnnspec, is not there or cannot be
    loaded."""
    needed(deed, package, f"pip install 'cnnspec[{extra}]'")


def missing_package(deed: str, package: str, install: str) -> Diagnostic:
    """E417: what is to be done needs a package that is not there."""
    why = "it is not installed in the environment that cnnspec runs in"
    return Diagnostic("E417", f"{deed} needs the package `{package}`", why=why, help=f"`{install}`")


def reinstall(package: str) -> str:
    """The command that makes a package anew, with packages that fit it."""
    return f"pip install --upgrade --force-reinstall {package}"


def unloadable(package: str, fault: BaseException) -> Diagnostic:
    """E417: a package that is installed with cnnspec itself is not there any more, or cannot be loaded."""
    return Diagnostic(
        "E417", f"the package `{package}` cannot be loaded", why=_said(fault), help=f"`{reinstall('cnnspec')}`"
    )


def _said(fault: BaseException) -> str:
    """The first line of an error, with its name."""
    said = str(fault).strip().partition("\n")[0]
    return f"{type(fault).__name__}{': ' if said else ''}{said}"


def _broken_package(deed: str, package: str, fault: Exception) -> Diagnostic:
    why = f"importing {package}{_version(package)} ends with {_said(fault)}"
    message = f"{deed} needs the package `{package}`, which is installed and cannot be loaded"
    return Diagnostic("E417", message, why=why, help=f"`{reinstall(package)}`")


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f" {version(package)}"
    except PackageNotFoundError:
        return ""
