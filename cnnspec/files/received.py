"""Bytes that came from elsewhere, as a file for those who read files: it is there while it is looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

LONGEST = 80
"""Letters of its name."""


@contextmanager
def as_file(data: bytes, name: str) -> Iterator[Path]:
    """A file of these bytes in a folder of its own, called like the last part of `name` as far as that is plain."""
    plain = re.sub(r"[^\w.-]+", "_", Path(name.replace("\\", "/")).name).lstrip(".")[-LONGEST:]
    with TemporaryDirectory(prefix="cnnspec-") as folder:
        path = Path(folder) / (plain or "input")
        path.write_bytes(data)
        yield path
