"""How good a network is on examples: loss, accuracy, top-5, and which classes it takes for which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from .. import watched
from ..diagnostics import FileError
from ..engine.backends import DEFAULT
from ..engine.model import Model
from ..files.reading import AnyPath
from ..graph.array import Array
from ..graph.graph import Graph
from ..inputs.batch_size import batch_size
from ..language.sections.train import Train
from .datasets import Arrays, open_dataset
from .datasets.batches import in_order
from .datasets.dataset import Dataset
from .datasets.kind import has_test_part
from .datasets.split import count_held_out
from .events import Score
from .losses import measure
from .metrics import ClassMetrics, Evaluation, LabelMetrics, RunningMetrics
from .mistakes import Mistakes
from .network import Network

Subset = Literal["validation", "all", "test"]
"""The examples that training holds out, or all, or those that a data set keeps apart for tests."""
LARGEST_BATCH = 256
"""Examples that run together."""


def part_of(examples: Dataset, settings: Train, part: Subset) -> range:
    """The examples of a part. Raises ValueError where nothing is held out, FileError (E420) where all would be."""
    count = len(examples)
    if part != "validation":
        return range(count)
    held = count_held_out(count, settings.validation)
    if not held:
        raise ValueError("`validation: 0` holds no examples out; part='all' takes them all")
    if held >= count:
        why = f"`validation` holds {held:,} examples out, there are {count:,}: as many as a test set has"
        help = 'all of them: `--part all`; in Python `part="all"`'
        raise FileError.about(examples.name, "E420", "no part of the data is held out", why, help)
    return range(count - held, count)


def _metrics(settings: Train, examples: Dataset, outputs: int) -> RunningMetrics:
    """What is counted."""
    judged = measure(settings.model_copy(update={"smoothing": 0.0}))
    if settings.loss == "binary_cross_entropy":
        return LabelMetrics(judged, outputs)
    return RunningMetrics(judged) if examples.answers.dtype == "float32" else ClassMetrics(judged, outputs)


def whole_part(data: AnyPath | Arrays) -> Subset:
    """The part of a data set that is there to judge by: what it keeps for tests, or all of it."""
    return "test" if _keeps_tests(data) else "all"


def _keeps_tests(data: AnyPath | Arrays) -> bool:
    return not isinstance(data, tuple) and has_test_part(Path(data))


def open_judged(data: AnyPath | Arrays, network: Network, settings: Train, part: Subset) -> Dataset:
    """The data set of which a part is to be judged. Raises FileError: E420 where it keeps no test part."""
    if part == "test" and not _keeps_tests(data):
        why = "an `.npz` keeps one as x_test and y_test, a folder of IDX files as `t10k-...`"
        raise FileError.about(str(data), "E420", "these data keep no part for tests", why, "all of them: `--part all`")
    return open_dataset(data, network, settings.loss, "test" if part == "test" else "judge")


class Evaluator:
    """A network run on a part of the examples, batch by batch, by the compiled engine. The loss is that by which it is
    trained, but without smoothing and weights of classes, which are means and not the end. Iterating says how many of
    the `total` examples have been seen, after each of `len` batches. So many `mistakes` are kept. Raises ValueError
    where there are none to be named."""

    def __init__(
        self,
        graph: Graph,
        settings: Train,
        examples: Dataset,
        part: range,
        tensors: Mapping[str, Array],
        threads: int | None = None,
        mistakes: int = 0,
        backend: str = DEFAULT,
    ) -> None:
        scored = settings.trained(graph)
        [self.output] = scored.outputs
        self.model = Model(scored, tensors, threads, backend=backend)
        shape = scored.shape(self.output)
        self.metrics = _metrics(settings, examples, shape[0])
        self.mistakes = Mistakes(mistakes, settings.loss, shape, examples.answers.dtype) if mistakes else None
        self.examples, self.part, self.total = examples, part, len(part)
        self.size = batch_size(graph, LARGEST_BATCH)

    def __len__(self) -> int:
        return -(-self.total // self.size)

    def __iter__(self) -> Iterator[int]:
        for x, y in in_order(self.examples, self.part, self.size):
            output, first = self.model.run(x)[self.output], self.metrics.examples
            self.metrics.add(output, y)
            if self.mistakes is not None:
                self.mistakes.add(np.arange(self.part.start + first, self.part.start + first + len(y)), output, y)
            yield self.metrics.examples

    def evaluation(self) -> Evaluation:
        """Of what has been seen, one example at least."""
        found = self.metrics.evaluation()
        if self.mistakes is None:
            return found
        wrong = tuple(each._replace(file=self.examples.file(each.example)) for each in self.mistakes.found())
        return replace(found, wrong=wrong)

    @property
    def score(self) -> Score:
        """Of what has been seen."""
        return self.metrics.evaluation().score


def evaluate(
    network: Network,
    settings: Train,
    data: AnyPath | Arrays,
    tensors: Mapping[str, Array],
    part: Subset = "validation",
    threads: int | None = None,
    mistakes: int = 0,
    backend: str = DEFAULT,
    progress: bool = True,
) -> Evaluation:
    """How good a network with these tensors is on a part of the data, and the most confident of its `mistakes`. A
    notebook shows the `progress`. Raises FileError for data that do not fit it, ValueError where the part is empty, or
    there are no classes to mistake."""
    examples = open_judged(data, network, settings, part)
    judged = part_of(examples, settings, part)
    evaluator = Evaluator(network.graph, settings, examples, judged, tensors, threads, mistakes, backend)
    for _ in watched(evaluator, len(evaluator)) if progress else evaluator:
        pass
    return evaluator.evaluation()
