"""How good a network is on examples: loss, accuracy, top-5, and which classes it takes for which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..diagnostics import FileError
from ..engine.model import Model
from ..files.reading import AnyPath
from ..graph.array import Array
from ..graph.graph import Graph
from ..inputs.batch_size import batch_size
from ..language.sections.train import Train
from .datasets import Arrays, open_dataset
from .datasets.batches import count_held_out, in_order
from .datasets.dataset import Answers, Dataset
from .events import Score
from .losses import Measure, objective
from .network import Network

Part = Literal["validation", "all"]
"""The examples that training holds out, or all."""
LARGEST_BATCH = 256
"""Examples that run together."""
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

    def named(self, classes: Sequence[str] | None) -> Sequence[str] | None:
        """The names of the classes, where there is one for each."""
        return classes if classes and self.confusion is not None and len(classes) == len(self.confusion) else None

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


def labels(y: Answers) -> int:
    """How many labels the answers are, each of which can be met or missed. Targets that are no labels are none."""
    return y.size if y.dtype.kind in "iu" else 0


class RunningMetrics:
    """Adds up outputs, batch by batch. `classes` is their number, None where the output is no list of classes."""

    def __init__(self, measure: Measure, classes: int | None) -> None:
        self.measure = measure
        self.examples, self.sum, self.within = 0, 0.0, 0
        self.confusion = None if classes is None else np.zeros((classes, classes), np.int64)

    def add(self, output: Array, y: Answers) -> None:
        """The network's output (N, *output) for examples whose answer is y. Where that has a label for each cell, each
        cell counts."""
        self.examples += len(y)
        with np.errstate(all="ignore"):
            self.sum += len(y) * self.measure(output, y, len(y)).value
        if self.confusion is not None:
            scores, right = np.moveaxis(output, 1, -1).reshape(y.size, -1), y.ravel()
            np.add.at(self.confusion, (right, scores.argmax(axis=1)), 1)
            if self.ranks:
                self.within += int(np.count_nonzero(_rank(scores, right) < TOP))

    @property
    def ranks(self) -> bool:
        """Whether top-5 is asked for."""
        return self.confusion is not None and len(self.confusion) > TOP

    def evaluation(self) -> Evaluation:
        """Of what was added, one example at least."""
        top5 = self.within / int(self.confusion.sum()) if self.confusion is not None and self.ranks else None
        return Evaluation(self.examples, self.sum / self.examples, self.confusion, top5)


def _rank(scores: Array, right: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the scores (N, K) come before the right class's: larger ones, NaN, and equal ones of classes before
    it. So nothing need be sorted."""
    own = np.take_along_axis(scores, right[:, None], axis=1)
    ties = (scores == own) & (np.arange(scores.shape[1]) < right[:, None])
    rank: NDArray[np.int64] = np.count_nonzero(~(scores <= own) | ties, axis=1)
    return rank


def part_of(examples: Dataset, settings: Train, part: Part) -> range:
    """The examples of a part. Raises ValueError where nothing is held out, FileError (E420) where all would be."""
    count = len(examples)
    if part == "all":
        return range(count)
    held = count_held_out(count, settings.validation)
    if not held:
        raise ValueError("`validation: 0` holds no examples out; part='all' takes them all")
    if held >= count:
        why = f"`validation` holds {held:,} examples out, there are {count:,}: as many as a test set has"
        help = 'all of them: `--part all`; in Python `part="all"`'
        raise FileError.about(examples.name, "E420", "no part of the data is held out", why, help)
    return range(count - held, count)


class Evaluator:
    """A network run on a part of the examples, batch by batch, by the compiled engine. The loss is that by which it is
    trained, but without smoothing, which is a means and not the end. Iterating says how many of the `total` examples
    have been seen, after each of `len` batches."""

    def __init__(
        self,
        graph: Graph,
        settings: Train,
        examples: Dataset,
        part: range,
        tensors: Mapping[str, Array],
        threads: int | None = None,
    ) -> None:
        scored, measure = objective(settings.model_copy(update={"smoothing": 0.0}), graph)
        [self.output] = scored.outputs
        classes = scored.shape(self.output)[0] if examples.answers.dtype != "float32" else None
        self.model = Model(scored, tensors, threads)
        self.metrics = RunningMetrics(measure, classes)
        self.examples, self.part, self.total = examples, part, len(part)
        self.size = batch_size(graph, LARGEST_BATCH)

    def __len__(self) -> int:
        return -(-self.total // self.size)

    def __iter__(self) -> Iterator[int]:
        for x, y in in_order(self.examples, self.part, self.size):
            self.metrics.add(self.model.run(x)[self.output], y)
            yield self.metrics.examples

    @property
    def score(self) -> Score:
        """Of what has been seen."""
        return self.metrics.evaluation().score


def evaluate(
    network: Network,
    settings: Train,
    data: AnyPath | Arrays,
    tensors: Mapping[str, Array],
    part: Part = "validation",
    threads: int | None = None,
) -> Evaluation:
    """How good a network with these tensors is on a part of the data. Raises FileError for data that do not fit it,
    ValueError where the part is empty."""
    examples = open_dataset(data, network, settings.loss, to_learn=False)
    evaluator = Evaluator(network.graph, settings, examples, part_of(examples, settings, part), tensors, threads)
    for _ in evaluator:
        pass
    return evaluator.metrics.evaluation()
