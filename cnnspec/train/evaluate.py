"""How good a network is on examples: loss, accuracy, top-5, and which classes it takes for which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ..graph import Graph
from ..kernels.windows import Array
from ..model import Model
from .data.examples import Answers, Examples
from .data.order import in_order
from .events import Score
from .losses import objective
from .settings import Train

Loss = Callable[[Array, Answers], float]
"""The mean loss of outputs (N, *output) against what they ought to be."""

ACTIVATIONS = 256 * 2**20
LARGEST_BATCH = 256
"""Bytes that the activations of a batch may take, and examples in one."""
TOP = 5
"""Where there are more classes than this, top-5 says something."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What is found out over `examples` examples. `confusion` counts, K x K: rows are the right class, columns the
    network's; None, like `top5`, where the output is no list of classes (`top5`: of more than five)."""

    examples: int
    loss: float
    confusion: NDArray[np.int64] | None = None
    top5: float | None = None

    @property
    def accuracy(self) -> float | None:
        return None if self.confusion is None else float(np.trace(self.confusion) / self.confusion.sum())

    @property
    def score(self) -> Score:
        return Score(self.loss, self.accuracy)

    def classes(self) -> Iterator[ClassScore]:
        """Each class by itself, in order."""
        if self.confusion is not None:
            for index, row in enumerate(self.confusion):
                right, named = int(row[index]), int(self.confusion[:, index].sum())
                yield ClassScore(int(row.sum()), named, right)

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


def answers(y: Answers) -> int:
    """How many answers are right or wrong: one a label. Targets that are no labels are neither."""
    return y.size if y.dtype.kind in "iu" else 0


class Tally:
    """Adds up outputs, batch by batch. `classes` is their number, None where the output is no list of classes."""

    def __init__(self, loss: Loss, classes: int | None) -> None:
        self.loss = loss
        self.examples, self.sum, self.within = 0, 0.0, 0
        self.confusion = None if classes is None else np.zeros((classes, classes), np.int64)

    def add(self, output: Array, y: Answers) -> None:
        """The network's output (N, *output) for examples whose answer is y. Where that has a label for each cell, each
        cell counts."""
        self.examples += len(y)
        with np.errstate(all="ignore"):
            self.sum += len(y) * self.loss(output, y)
        if self.confusion is not None:
            scores, labels = np.moveaxis(output, 1, -1).reshape(y.size, -1), y.ravel()
            order = np.argsort(-scores, axis=1, kind="stable")
            np.add.at(self.confusion, (labels, order[:, 0]), 1)
            self.within += int((order[:, :TOP] == labels[:, None]).any(axis=1).sum())

    def evaluation(self) -> Evaluation:
        """Of what was added, one example at least."""
        top5 = (
            self.within / int(self.confusion.sum())
            if self.confusion is not None and len(self.confusion) > TOP
            else None
        )
        return Evaluation(self.examples, self.sum / self.examples, self.confusion, top5)


class Exam:
    """A network run on a part of the examples, batch by batch, by the compiled engine; the loss is that by which it
    is trained. Iterating says how many of the `total` examples have been seen, after each of `len` batches."""

    def __init__(
        self,
        graph: Graph,
        settings: Train,
        examples: Examples,
        part: range,
        tensors: Mapping[str, Array],
        threads: int | None = None,
    ) -> None:
        scored, measure = objective(settings, graph)
        [self.output] = scored.outputs
        classes = scored.shape(self.output)[0] if examples.answers.dtype != "float32" else None
        self.model = Model(scored, tensors, threads)
        self.tally = Tally(lambda y, wanted: measure(y, wanted, len(y)).value, classes)
        self.examples, self.part, self.total = examples, part, len(part)
        self.size = max(1, min(LARGEST_BATCH, ACTIVATIONS // graph.totals.peak_activation_bytes))

    def __len__(self) -> int:
        return -(-self.total // self.size)

    def __iter__(self) -> Iterator[int]:
        for x, y in in_order(self.examples, self.part, self.size):
            self.tally.add(self.model.run(x)[self.output], y)
            yield self.tally.examples

    @property
    def score(self) -> Score:
        """Of what has been seen."""
        return self.tally.evaluation().score
