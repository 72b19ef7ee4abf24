"""What is counted over examples: loss, accuracy, top-5, which classes are taken for which, and each label by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ..graph.array import Array
from .datasets.dataset import Answers
from .events import Score
from .losses import Measure
from .mistakes import Mistake

TOP = 5
"""Where there are more classes than this, top-5 says something."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What is found out over `examples` examples. `confusion` counts, K x K: rows are the right class, columns the
    network's; None, like `top5`, where the output is no list of classes (`top5`: of more than five). Where an example
    may have several labels at once, there are `labels`. `wrong` are the most confident mistakes, where they are asked
    for."""

    examples: int
    loss: float
    confusion: NDArray[np.int64] | None = None
    top5: float | None = None
    labels: LabelScores | None = None
    wrong: tuple[Mistake, ...] | None = None

    def __repr__(self) -> str:
        right = "" if self.accuracy is None else f", accuracy {self.accuracy:.4f}"
        return f"<Evaluation: {self.examples:,} examples, loss {self.loss:.4g}{right}>"

    def _repr_html_(self) -> str:
        from .. import in_html

        return in_html(self)

    @property
    def accuracy(self) -> float | None:
        """The share of labels that the network has right."""
        if self.labels is not None:
            return self.labels.accuracy
        return None if self.confusion is None else float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def score(self) -> Score:
        return Score(self.loss, self.accuracy)

    @property
    def count(self) -> int:
        """How many classes or labels there are; 0 where the output is something else."""
        if self.labels is not None:
            return len(self.labels.each)
        return 0 if self.confusion is None else len(self.confusion)

    def classes(self) -> Iterator[ClassScore]:
        """Each class or label by itself, in order."""
        if self.labels is not None:
            yield from self.labels.each
        elif self.confusion is not None:
            for index, row in enumerate(self.confusion):
                right, named = int(row[index]), int(self.confusion[:, index].sum())
                yield ClassScore(int(row.sum()), named, right)

    def named(self, classes: Sequence[str] | None) -> Sequence[str] | None:
        """The names of the classes, where there is one for each."""
        return classes if classes and len(classes) == self.count else None

    def named_answers(self, classes: Sequence[str] | None) -> Sequence[str] | None:
        """The names of what an example may be taken for; a single output tells two classes apart."""
        return classes if classes and len(classes) == max(2, self.count) else None

    def mistakes(self, count: int) -> list[tuple[int, int, int]]:
        """The commonest: (examples, right class, the network's), most first, equal ones in the order of classes."""
        if self.confusion is None:
            return []
        wrong = self.confusion - np.diag(np.diag(self.confusion))
        best = islice(np.argsort(-wrong, axis=None, kind="stable"), count)
        pairs = ((int(wrong.flat[i]), *divmod(int(i), len(wrong))) for i in best)
        return [pair for pair in pairs if pair[0]]


@dataclass(frozen=True, slots=True)
class ClassScore:
    """Of `examples` that are of a class, and `named` that the network says are, `right` are both."""

    examples: int
    named: int
    right: int

    @property
    def precision(self) -> float | None:
        """How often the network is right when it names the class; None when it never does."""
        return self.right / self.named if self.named else None

    @property
    def recall(self) -> float | None:
        """How many of the class it finds; None when there are none."""
        return self.right / self.examples if self.examples else None


@dataclass(frozen=True, slots=True)
class LabelScores:
    """`each` label by itself; the share of all decisions that are right, and of examples with none that is wrong."""

    each: tuple[ClassScore, ...]
    accuracy: float
    exact: float


def labels(y: Answers) -> int:
    """How many labels the answers are, each of which can be met or missed. Targets that are no labels are none."""
    return y.size if y.dtype.kind in "iu" else 0


class RunningMetrics:
    """Adds up outputs, batch by batch: their loss, and in classes below what else is to be counted."""

    has_confusion = False

    def __init__(self, measure: Measure) -> None:
        self.measure = measure
        self.examples, self.sum = 0, 0.0

    def add(self, output: Array, y: Answers) -> None:
        """The network's output (N, *output) for examples whose answer is y. Where that has a label for each cell, each
        cell counts."""
        self.examples += len(y)
        with np.errstate(all="ignore"):
            self.sum += len(y) * self.measure(output, y, len(y)).value
        self.count(output, y)

    def count(self, output: Array, y: Answers) -> None:
        """Nothing else."""

    def evaluation(self) -> Evaluation:
        """Of what was added, one example at least."""
        return Evaluation(self.examples, self.sum / self.examples)


class ClassMetrics(RunningMetrics):
    """One of `classes` is right."""

    has_confusion = True

    def __init__(self, measure: Measure, classes: int) -> None:
        super().__init__(measure)
        self.confusion = np.zeros((classes, classes), np.int64)
        self.within = 0

    def count(self, output: Array, y: Answers) -> None:
        scores, right = np.moveaxis(output, 1, -1).reshape(y.size, -1), y.ravel()
        np.add.at(self.confusion, (right, scores.argmax(axis=1)), 1)
        if self.ranks:
            self.within += int(np.count_nonzero(rank(scores, right) < TOP))

    @property
    def ranks(self) -> bool:
        """Whether top-5 is asked for."""
        return len(self.confusion) > TOP

    def evaluation(self) -> Evaluation:
        top5 = self.within / int(self.confusion.sum()) if self.ranks else None
        return Evaluation(self.examples, self.sum / self.examples, self.confusion, top5)


class LabelMetrics(RunningMetrics):
    """Each of the labels is there or not, by itself. The network says that one is there where its score is above 0."""

    def __init__(self, measure: Measure, labels: int) -> None:
        super().__init__(measure)
        self.there, self.said, self.both = (np.zeros(labels, np.int64) for _ in range(3))
        self.answers = self.right = self.exact = 0

    def count(self, output: Array, y: Answers) -> None:
        axes = 0, *range(2, output.ndim)
        said, there = output > 0, y.reshape(output.shape) > 0
        self.there += there.sum(axis=axes)
        self.said += said.sum(axis=axes)
        self.both += (said & there).sum(axis=axes)
        is_right = said == there
        self.answers += is_right.size
        self.right += int(np.count_nonzero(is_right))
        self.exact += int(np.count_nonzero(is_right.reshape(len(y), -1).all(axis=1)))

    def evaluation(self) -> Evaluation:
        counts = zip(self.there.tolist(), self.said.tolist(), self.both.tolist(), strict=True)
        each = tuple(ClassScore(*counted) for counted in counts)
        found = LabelScores(each, self.right / self.answers, self.exact / self.examples)
        return Evaluation(self.examples, self.sum / self.examples, labels=found)


def rank(scores: Array, right: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the scores (N, K) come before the right class's: larger ones, NaN, and equal ones of classes before
    it. So nothing need be sorted."""
    own = np.take_along_axis(scores, right[:, None], axis=1)
    ties = (scores == own) & (np.arange(scores.shape[1]) < right[:, None])
    rank: NDArray[np.int64] = np.count_nonzero(~(scores <= own) | ties, axis=1)
    return rank
