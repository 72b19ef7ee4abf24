"""Files of the person who calls, opened when they are plain files.

What the system or a file's content has against it becomes a `FileError` here, E403 or E404.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from ..diagnostics import Diagnostic, FileError, closest

AnyPath = str | os.PathLike[str]

NEIGHBOURS = 1000
"""Files of a folder that a missing one is compared with."""


@dataclass(eq=False)
class Malformed(Exception):  # noqa: N818 - it becomes a Diagnostic once its file is known
    """Why a file's content cannot be used. The message goes on after the file's name."""

    why: str
    help: str = ""
    code: str = "E403"
    message: str = "cannot be read"


def opened(path: AnyPath) -> BinaryIO:
    """The plain file at `path`, open for reading; E404 when there is none, E403 when it cannot be read.

    Folders, pipes and devices are refused before they are opened: a pipe would wait for ever.
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
            raise _refused(path, Malformed(f"it is {kind}, not a file"))
        return path.open("rb")
    except (FileNotFoundError, NotADirectoryError):
        raise _missing(path) from None
    except (OSError, ValueError) as fault:
        raise _refused(path, Malformed(reason(fault))) from fault


@contextmanager
def blaming(path: AnyPath) -> Iterator[None]:
    """Turns `Malformed`, and the system's own errors while reading, into a `FileError` about `path`."""
    try:
        yield
    except Malformed as fault:
        raise _refused(Path(path), fault) from fault
    except OSError as fault:
        raise _refused(Path(path), Malformed(reason(fault))) from fault


def _refused(path: Path, fault: Malformed) -> FileError:
    message = f"`{path.name or path}` {fault.message}"
    return FileError([Diagnostic(fault.code, message, file=str(path), why=fault.why, help=fault.help)])


def _missing(path: Path) -> FileError:
    near = None
    with suppress(OSError), os.scandir(path.parent) as entries:
        near = closest(path.name, (entry.name for entry in islice(entries, NEIGHBOURS)))
    help = f"did you mean `{near}`?" if near else "check the path, and its case"
    return FileError([Diagnostic("E404", f"there is no file `{path}`", file=str(path), help=help)])


def reason(fault: OSError | ValueError) -> str:
    return getattr(fault, "strerror", None) or str(fault)


def are_one(path: Path, other: Path) -> bool:
    """Whether two names are of one file that is there."""
    return path.exists() and other.exists() and path.samefile(other)
