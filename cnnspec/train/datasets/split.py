"""Which examples are learned from, and by which the network is judged: the last ones of the data, or another set."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from ...diagnostics import Diagnostic, FileError
from ...diagnostics.wording import quantity
from .dataset import Dataset


def count_held_out(count: int, validation: float | int) -> int:
    """How many of `count` examples a share or a number of them is; of a share at least one."""
    return validation if isinstance(validation, int) else max(1, round(count * validation))


def held_out(count: int, validation: float | int) -> int:
    """How many of `count` examples are held out: a share below 1, at least one of them, or a number of them.

    They are the last ones in the stored order: `range(count - held_out, count)`. Raises FileError (E420) when none
    are left to learn from.
    """
    held = count_held_out(count, validation)
    if held >= count:
        why = f"of {quantity(count, 'example')} {held:,} would be held out"
        message = "no examples are left to learn from"
        raise FileError([Diagnostic("E420", message, why=why, help="a smaller `validation`")])
    return held


@dataclass(frozen=True, eq=False)
class Split:
    """The first `learned` of the `examples` are learned from; the places `aside` of the set `judged`, which may be the
    same one, are not."""

    examples: Dataset
    learned: int
    judged: Dataset
    aside: range

    @classmethod
    def of(cls, examples: Dataset, validation: float | int, judged: Dataset | None = None) -> Split:
        """All are learned from where another set is there to judge by. Raises FileError: E420 when none are left to
        learn from, E425 when a class is judged that is not learned."""
        count = len(examples)
        if judged is not None:
            found = cls(examples, count, judged, range(len(judged)))
        else:
            learned = count - held_out(count, validation)
            found = cls(examples, learned, examples, range(learned, count))
        found._refuse_unlearned()
        return found

    @property
    def fingerprint(self) -> str:
        """The data's, of both sets."""
        if self.judged is self.examples:
            return self.examples.fingerprint
        return sha256(f"{self.examples.fingerprint} {self.judged.fingerprint}".encode()).hexdigest()

    def gaps(self, count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Of `count` classes, those that are not learned, and those that are, but by no example of which the network is
        judged: names, or numbers. There are none where the answers are no labels."""
        if self._labels is None:
            return (), ()
        learned, judged = map(np.unique, self._labels)
        unlearned = np.setdiff1d(np.arange(count), learned)
        unjudged = np.setdiff1d(learned, judged) if self.aside else unlearned[:0]
        name = self.examples.class_name
        return tuple(name(int(i)) for i in unlearned), tuple(name(int(i)) for i in unjudged)

    def _refuse_unlearned(self) -> None:
        if self._labels is None:
            return
        learned, judged = self._labels
        strangers = np.setdiff1d(judged, learned)
        if not len(strangers):
            return
        name = self.examples.class_name(int(strangers[0]))
        message = "examples are held out of a class that is not learned"
        why = f"class `{name}` is found among the last {quantity(len(self.aside), 'example')} alone"
        why, cure = f"{why}; are the data sorted by class?", "store them in another order, or `validation: 0`"
        if self.judged is not self.examples:
            message = "the network would be judged by a class that is not learned"
            why, cure = f"class `{name}` is found in `{self.judged.name}` alone", "data with the same classes"
        raise FileError.about(self.judged.name, "E425", message, why, cure)

    @property
    def _labels(self) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Those that are learned, and those that are judged; None where the answers are something else."""
        parts = self.examples.answers, self.judged.answers
        if any(part.array.ndim != 1 or part.dtype == "float32" for part in parts):
            return None
        learned, judged = parts
        return learned.array[: self.learned], judged.array[self.aside.start : self.aside.stop]
