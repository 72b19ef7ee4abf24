"""A run's log: a JSON object a line, `step` for each step and `epoch` for each epoch, with the network's fingerprint.

A resumed run goes on in the same file: broken lines, and lines from beyond its checkpoint, are taken away first.
"""

from __future__ import annotations

import errno
import json
import os
from contextlib import suppress
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import Any

from ..files.places import AnyPath, is_plain, is_stream
from ..files.writing import open_stream, whole, writing
from .events import EpochDone, Event, Stepped
from .progress import Progress


class JsonlLog:
    """Appends events to a file. Each line is written through at once, and whole: a killed process loses none.

    The log of an earlier run is there until the first line takes its place. Raises FileError (E415) when the file
    cannot be written; it then ends with its last whole line.
    """

    def __init__(self, path: AnyPath, progress: Progress, network: str) -> None:
        self.path, self.network = Path(path), network
        self.stream: FileIO | None = None
        if progress.step or is_stream(path):
            with writing(path):
                if progress.step and is_plain(path):
                    self._mend(progress)
                self.stream = open_stream(path) if is_stream(path) else FileIO(self.path, "ab")

    def __call__(self, event: Event) -> None:
        record = self._record(event)
        if record is None:
            return
        line = json.dumps(record).encode() + b"\n"
        if self.stream is None:
            with whole(self.path) as first:
                first.write(line)
            with writing(self.path):
                self.stream = FileIO(self.path, "ab")
        else:
            with writing(self.path):
                _append(self.stream, line)

    def close(self) -> None:
        if self.stream is not None:
            self.stream.close()

    def _record(self, event: Event) -> dict[str, Any] | None:
        if isinstance(event, Stepped):
            return {
                "event": "step",
                "epoch": event.epoch,
                "step": event.step,
                "loss": event.score.loss,
                "accuracy": event.score.accuracy,
                "rate": event.rate,
                "gradient_norm": event.gradient_norm,
                "images_per_second": round(event.examples / event.seconds, 1) if event.seconds else None,
            }
        if isinstance(event, EpochDone):
            return {"event": "epoch", "network": self.network, **asdict(event)}
        return None

    def _mend(self, progress: Progress) -> None:
        """Leave what stands for the run so far: no line from beyond it, and none that is broken."""
        text = self.path.read_bytes()
        kept = b"".join(line for line in text.splitlines(keepends=True) if _is_past(line, progress))
        if kept != text:
            with whole(self.path) as stream:
                stream.write(kept)


def _append(stream: FileIO, line: bytes) -> None:
    """Write all of a line, or nothing: the system may take less than it is given, and then fail."""
    end, left = os.fstat(stream.fileno()).st_size, memoryview(line)
    try:
        while left:
            left = left[_written(stream, left) :]
    except BaseException:
        with suppress(OSError):  # of a stream that cannot be cut
            os.ftruncate(stream.fileno(), end)
        raise


def _written(stream: FileIO, data: memoryview) -> int:
    """How many bytes the system has taken, at least one."""
    taken = stream.write(data)
    if not taken:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    return taken


def _is_past(line: bytes, progress: Progress) -> bool:
    """Whether a line is whole, and of what the run has done."""
    try:
        record = json.loads(line) if line.endswith(b"\n") else {}
        if record["event"] == "epoch":
            return bool(record["epoch"] <= len(progress.epochs))
        return bool(record["step"] <= progress.step)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
