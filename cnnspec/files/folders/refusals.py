"""Why a folder of results cannot be written, wherever it lies."""

from __future__ import annotations

from ...diagnostics import FileError


def refused(url: str, why: str, cure: str) -> FileError:
    """E415."""
    return FileError.about(url, "E415", f"`{url}` cannot be written", why, cure)


def ensure_no_file(url: str, is_file: bool) -> None:
    """Raises FileError (E415) where a file has the folder's name."""
    if is_file:
        raise refused(url, "it is a file, and results are a folder of shards", "give another name")
