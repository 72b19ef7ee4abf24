"""Ctrl-C that waits until work has come to a point where it can be kept."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any


class Interruption:
    """While its block runs, a first Ctrl-C is only noted: `asked`. A second one does not wait.

    Where Ctrl-C is ignored, as in a job that a shell script has put in the background, it stays so.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> Interruption:
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
