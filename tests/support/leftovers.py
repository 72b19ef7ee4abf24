"""What work leaves behind: threads, also when it fails or is interrupted at any of its lines."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from linecache import getline
from types import FrameType, ModuleType
from typing import Any

from processes import PATIENCE


@contextmanager
def no_threads_left() -> Iterator[None]:
    """All threads that the block starts end with it, without the search for circles."""
    before = {*threading.enumerate()}
    yield
    for thread in {*threading.enumerate()} - before:
        thread.join(PATIENCE)
        assert not thread.is_alive(), f"{thread} is left behind"


def interrupted(work: Callable[[], object], line: int, *modules: ModuleType) -> bool:
    """Do a work that is interrupted by Ctrl-C before so many lines of some modules; whether it got so far.

    Not at `with`: its line is seen again when the block is left, where no signal is heard before that is done.
    """
    files = {module.__file__ for module in modules}
    left = line

    def seen(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal left
        if frame.f_code.co_filename not in files:
            return None
        if event == "line" and not getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("with "):
            left -= 1
            if left == 0:
                raise KeyboardInterrupt
        return seen

    before = sys.gettrace()  # that of who measures coverage
    sys.settrace(seen)
    try:
        work()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False
