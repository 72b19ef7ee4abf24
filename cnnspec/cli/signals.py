"""Ctrl-C, and what ends a job, that wait until work has come to a point where it can be kept."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Ctrl-C, the request to end, the end of the terminal; not every system has them all."""


class Interruption:
    """While its block runs, a first such signal is only noted: `asked` is its number. A second one does not wait.

    One that is ignored stays so: Ctrl-C in a job that a shell script has put in the background, the terminal's end
    under `nohup`.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        for number in SIGNALS:
            if signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise ending(number)
        self.asked = number


def end_in_order() -> None:
    """What asks a process to end lets it clear up first: a file that is half written is removed. A second time it does
    not wait."""
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise ending(number)


def ending(number: int) -> BaseException:
    """What ends a process that has got this signal: KeyboardInterrupt, or an exit with 128 and its number."""
    return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number)
