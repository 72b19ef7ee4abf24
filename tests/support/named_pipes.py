"""Named pipes with somebody at their other end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread


@contextmanager
def pipe(path: Path, content: bytes) -> Iterator[Path]:
    """A pipe through which `content` comes, once; its reader need not take all of it."""
    os.mkfifo(path)

    def give() -> None:
        with suppress(BrokenPipeError), path.open("wb") as stream:
            stream.write(content)

    writer = Thread(target=give)
    writer.start()
    try:
        yield path
    finally:
        if writer.is_alive():  # nobody has read
            os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        writer.join()
