"""Files without a name: each is gone with the process, however that ends."""

from __future__ import annotations

import os
from typing import BinaryIO


def unnamed() -> BinaryIO:
    """A new one, to be written and read; in memory, where no folder may be written to."""
    from tempfile import TemporaryFile

    try:
        return TemporaryFile(prefix="cnnspec-")
    except OSError:
        if not hasattr(os, "memfd_create"):
            raise
        return os.fdopen(os.memfd_create("cnnspec"), "w+b")
