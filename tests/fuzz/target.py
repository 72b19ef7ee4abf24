"""What is fuzzed: a target, and one execution of it, which ends well, in a refusal, or in a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from fuzz.limits import bounded

from cnnspec.diagnostics import Failure
from cnnspec.diagnostics.catalogue import codes

FOLDER = Path(__file__).parent


def in_form(refusal: Exception, data: bytes) -> None:
    """A refusal says what is wrong, by a code that has a page."""
    assert isinstance(refusal, Failure)
    for found in refusal.diagnostics:
        assert found.code in codes(), found.code
        assert found.message, found.code


@dataclass(frozen=True)
class Target:
    """A part of the program that takes bytes of strangers.

    `seeds` are inputs to begin with, made by the project's own writers. `check` takes an input: it raises a `refusal`,
    as the program documents, or holds what comes out against a peer, with `assert`; `in_form` holds a refusal to what
    it should say. `words` are worth putting into an input. `is_text` says that inputs are UTF-8. `repaired` mends
    lengths and checksums of an input, so that what stands behind them is reached. `memory` is the most that an
    execution may take, in bytes.
    """

    seeds: Callable[[], Iterable[bytes]]
    check: Callable[[bytes], None]
    words: tuple[bytes, ...] = ()
    is_text: bool = False
    repaired: Callable[[bytes], bytes] | None = None
    refusal: type[Exception] = Failure
    in_form: Callable[[Exception, bytes], None] = in_form
    memory: int = 256 * 2**20

    def execute(self, data: bytes) -> Exception | None:
        """Take an input. What is raised is a fault; the refusal, or None, is not."""
        with bounded(self.memory):
            try:
                self.check(data)
            except self.refusal as refusal:
                self.in_form(refusal, data)
                return refusal
        return None


def names() -> list[str]:
    """All targets, a file each."""
    return sorted(path.stem for path in (FOLDER / "targets").glob("*.py"))


def find(name: str) -> Target:
    """The target of that name."""
    target: Target = import_module(f"fuzz.targets.{name}").TARGET
    return target


def is_known(path: Path) -> bool:
    """Whether an input of the corpus is a fault that is not mended yet."""
    return path.name.startswith("known-")


def corpus(name: str) -> list[Path]:
    """Inputs that once were faults of a target. Those called `known-...` still are."""
    return sorted((FOLDER / "corpus" / name).glob("*"))
