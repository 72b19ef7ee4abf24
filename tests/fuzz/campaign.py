"""Executions of one target, counted, and the faults that they find."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from time import monotonic

from fuzz.mutation import Mutator
from fuzz.target import Target

from cnnspec.diagnostics import Failure

LARGEST_POOL = 5_000


@dataclass
class Campaign:
    """Gives inputs to a target until `runs` are done or `seconds` are over; both may be None.

    `pool` holds inputs that others are made from: at first the seeds, then also those that met a new answer.
    `faults` has one input for each kind of fault; `on_fault` is told of it.
    """

    target: Target
    seed: int = 0
    runs: int | None = None
    seconds: float | None = None
    on_fault: Callable[[str, bytes, BaseException], object] = lambda kind, data, fault: None
    executions: int = 0
    refusals: int = 0
    pool: list[bytes] = field(default_factory=list)
    faults: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = Random(self.seed)
        self._mutate = Mutator(self.target.words, self.target.is_text, self.target.repaired)
        self._answers: set[str] = set()
        self._given = 0
        self._begun = monotonic()

    @property
    def is_done(self) -> bool:
        enough = self.runs is not None and self.executions >= self.runs
        return enough or (self.seconds is not None and monotonic() - self._begun >= self.seconds)

    def begin(self, corpus: Iterable[bytes] = ()) -> None:
        """The seeds and the inputs of the corpus, as they are."""
        given = [*self.target.seeds(), *corpus]
        for data in given:
            self.execute(data)
        self.pool, self._given = given, len(given)

    def go_on(self) -> None:
        """Change inputs until it is done."""
        while not self.is_done:
            good = self._random.random() < 0.5  # most of the others are refused, and so is what is made of them
            self.execute(self.mutated(self._random.choice(self.pool[: self._given] if good else self.pool)))

    def mutated(self, data: bytes) -> bytes:
        return self._mutate(data, self._random.choice(self.pool), self._random)

    def execute(self, data: bytes) -> None:
        """One execution. An input whose answer is new is worth changing further."""
        self.executions += 1
        try:
            refusal = self.target.execute(data)
        except KeyboardInterrupt:
            raise
        except BaseException as fault:  # a decoder's panic is none of Exception
            kind = kind_of(fault)
            if kind not in self.faults:
                self.faults[kind] = data
                self.on_fault(kind, data, fault)
            return
        self.refusals += refusal is not None
        answer = answer_of(refusal)
        if answer not in self._answers and len(self.pool) < LARGEST_POOL:
            self._answers.add(answer)
            self.pool.append(data)


def answer_of(refusal: Exception | None) -> str:
    """Equal for answers that differ in names and numbers alone."""
    found = refusal.diagnostics if isinstance(refusal, Failure) else ()
    first = f"{found[0].message} {found[0].why}" if found else str(refusal)
    return " ".join(sorted({each.code for each in found})) + re.sub(r"`[^`]*`|'[^']*'|[0-9]+", "", first)[:200]


def kind_of(fault: BaseException) -> str:
    """Equal for faults that look like one: the exception, and the last line of cnnspec's own, or of the target's."""
    frames = list(places(fault))
    ours = [place for place in frames if place.startswith("cnnspec/")] or frames[-1:]
    return f"{type(fault).__name__} at {ours[-1] if ours else 'no place'}"


def places(fault: BaseException) -> Iterator[str]:
    root = Path(__file__).parents[2]
    for frame in traceback.extract_tb(fault.__traceback__):
        path = Path(frame.filename)
        yield f"{path.relative_to(root) if path.is_relative_to(root) else path.name}:{frame.name}"


def file_name(data: bytes) -> str:
    """What an input is called in a corpus: by its content."""
    return sha256(data).hexdigest()[:16]
