"""A network that runs on files: batch by batch, each output read as what it says of its input."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..diagnostics import Diagnostic, FileError
from ..engine.model import Model
from ..files.overwrite_guard import note_read
from ..files.reading import AnyPath
from ..graph.array import Array
from ..graph.graph import Graph
from ..inputs.batch_size import batch_size
from ..inputs.batches import Case, InputBatch, batches, cases, count, paths
from ..inputs.prefetch import ahead
from ..language.sections.preprocess import Preprocess
from .ranking import OutputReading, Prediction, reading, top

LARGEST_BATCH = 16
"""Inputs that run together when nothing else is asked for."""


@dataclass(frozen=True)
class Work:
    """Inputs in `total` cases of a file, a folder's image or an array's row, in batches of up to `size`."""

    total: int
    size: int
    batches: Iterable[InputBatch]

    def __len__(self) -> int:
        """Batches."""
        return -(-self.total // self.size)


def work(
    inputs: Iterable[str], graph: Graph, preprocess: Preprocess | None, size: int | None, folder: Path | None = None
) -> Work:
    """The inputs of files and folders for a network; several batches are read ahead. `size` is by default what memory
    has room for, 16 at most; names are shown as they lie in `folder`."""
    files = list(paths(inputs))
    for file in files:
        note_read(file)
    size = size or batch_size(graph, LARGEST_BATCH)
    total = count(files, graph.input)
    groups = batches(cases(files, preprocess, graph.input, folder), size)
    return Work(total, size, ahead(groups) if total > size else groups)


def rows(x: Array, graph: Graph, size: int | None) -> Work:
    """Inputs that are in memory, (N, C, H, W), called by their places."""
    size = size or batch_size(graph, LARGEST_BATCH)
    return Work(len(x), size, batches((Case(f"[{i}]", row) for i, row in enumerate(x)), size))


def sample_work(sample: Path | Array, graph: Graph, preprocess: Preprocess | None, folder: Path | None = None) -> Work:
    """A spec's own sample: a file in its folder, or what is typed in it."""
    if isinstance(sample, Path):
        return work([str(sample)], graph, preprocess, None, folder)
    return Work(1, 1, batches([Case("sample", sample)], 1))


def first(given: AnyPath | Array, graph: Graph, preprocess: Preprocess | None) -> Array:
    """The first input (C, H, W) of a file or folder, or the one that is given. Raises FileError."""
    if isinstance(given, np.ndarray):
        return given
    case = next(cases(paths([str(given)]), preprocess, graph.input))
    if case.failure is not None:
        raise case.failure
    assert case.array is not None
    return case.array


def named_inputs(
    inputs: Iterable[AnyPath], graph: Graph, preprocess: Preprocess | None, folder: Path | None = None
) -> Iterator[tuple[str, Array]]:
    """The inputs (C, H, W) of files and folders one by one, each with the name to show. Raises FileError for one that
    cannot be used."""
    files = list(paths(map(str, inputs)))
    for file in files:
        note_read(file)
    for case in cases(files, preprocess, graph.input, folder):
        if case.failure is not None:
            raise case.failure
        assert case.array is not None
        yield case.name, case.array


@dataclass(frozen=True, eq=False)
class BatchResult:
    """A batch that has run: the `predictions` of its usable inputs, in their order, the `failures` of the others, the
    layers' outputs (n, *shape) by name, and `warnings` of what is not finite."""

    names: list[str]
    inputs: Array | None
    outputs: dict[str, Array]
    predictions: list[Prediction]
    failures: list[FileError]
    warnings: list[Diagnostic]


class Runner:
    """A model of a part of `graph`, and how what it gives is read: the outputs, or that of the layer `until`; of each
    that is a list of classes the `top` likeliest, called `classes` where they have names."""

    def __init__(
        self, graph: Graph, model: Model, until: str | None, classes: tuple[str, ...] | None, top: int
    ) -> None:
        self.graph, self.model, self.classes, self.top = graph, model, classes, top
        self.outputs = (until,) if until else graph.outputs
        self.is_named = bool(until) or len(self.outputs) > 1
        self.readings = {name: self._reading(name) for name in self.outputs}

    def _reading(self, name: str) -> OutputReading | None:
        """An inner layer is read as classes only where it has one value for each of the network's."""
        classes = {self.graph.shape(output)[0] for output in self.graph.outputs}
        return reading(self.graph, name) if self.graph.shape(name)[0] in classes else None

    def run(self, batch: InputBatch) -> BatchResult:
        failures = [case.failure for case in batch.cases if case.failure is not None]
        usable = [case for case in batch.cases if case.failure is None]
        names = [case.name for case in usable]
        if batch.array is None:
            return BatchResult(names, None, {}, [], failures, [])
        outputs = self.model.run(batch.array)
        warnings = [w for row, case in enumerate(usable) for w in self._not_finite(case, row, batch.array, outputs)]
        predictions = [result for row, case in enumerate(usable) for result in self._of(case, row, outputs)]
        return BatchResult(names, batch.array, outputs, predictions, failures, warnings)

    def _of(self, case: Case, row: int, outputs: dict[str, Array]) -> Iterator[Prediction]:
        for name in self.outputs:
            y, read = outputs[name][row], self.readings[name]
            shown = name if self.is_named else ""
            if read is None:
                yield Prediction(case.name, shown, y)
            else:
                with np.errstate(all="ignore"):
                    probabilities = read.probabilities(y.reshape(1, -1))[0]
                yield Prediction(case.name, shown, top(probabilities, self.classes, self.top))

    def _not_finite(self, case: Case, row: int, given: Array, outputs: dict[str, Array]) -> Iterator[Diagnostic]:
        """A warning for each result with NaN or infinity in it: there is no ranking and no range to be read from it."""
        for name in self.outputs:
            y = outputs[name][row]
            if lost := int((~np.isfinite(y)).sum()):
                arrived = int((~np.isfinite(given[row])).sum())
                why = f"{lost:,} of its {y.size:,} values are NaN or infinite, and {arrived:,} of the input's"
                yield Diagnostic("W402", f"the output of `{name}` is not finite", file=case.name, why=why)


def predictions(
    runner: Runner,
    work: Work,
    warn: Callable[[Diagnostic], object],
    on_failure: Callable[[FileError], object] | None = None,
) -> Iterator[Prediction]:
    """What the network says of each input. Without `on_failure`, which is called with what is wrong with an input, the
    first such FileError is raised."""
    for batch in work.batches:
        found = runner.run(batch)
        for failure in found.failures:
            if on_failure is None:
                raise failure
            on_failure(failure)
        for warning in found.warnings:
            warn(warning)
        yield from found.predictions
