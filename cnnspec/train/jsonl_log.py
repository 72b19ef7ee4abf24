"""A run's log: a JSON object a line, `step` for each step and `epoch` for each epoch.

A resumed run goes on in the same file: lines from beyond its checkpoint are taken away first.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..files.reading import AnyPath
from ..files.writing import writing
from .events import EpochDone, Event, Stepped
from .progress import Progress


class JsonlLog:
    """Appends events to a file. Each line is written through at once: a killed process loses none.

    Raises FileError (E415) when the file cannot be written.
    """

    def __init__(self, path: AnyPath, progress: Progress) -> None:
        self.path = Path(path)
        with writing(path):
            if progress.step and self.path.is_file():
                with self.path.open("r+b") as file:
                    file.truncate(_kept(file.read(), progress))
            self.stream = self.path.open("ab" if progress.step else "wb", buffering=0)

    def __call__(self, event: Event) -> None:
        record = _record(event)
        if record is not None:
            with writing(self.path):
                self.stream.write(json.dumps(record).encode() + b"\n")

    def close(self) -> None:
        self.stream.close()


def _record(event: Event) -> dict[str, Any] | None:
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
        return {"event": "epoch", **asdict(event)}
    return None


def _kept(text: bytes, progress: Progress) -> int:
    """How many bytes of a log stand for what the run has done so far."""
    kept = 0
    for line in text.splitlines(keepends=True):
        if not line.endswith(b"\n") or not _is_past(line, progress):
            break
        kept += len(line)
    return kept


def _is_past(line: bytes, progress: Progress) -> bool:
    try:
        record = json.loads(line)
        if record["event"] == "epoch":
            return bool(record["epoch"] <= len(progress.epochs))
        return bool(record["step"] <= progress.step)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
