"""What `run` tells of each input, in columns: its classes with their scores, or the values of an output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import prod
from typing import Any

import numpy as np

from ..engine.model import Model
from ..graph.graph import Graph
from ..inputs.batches import InputBatch
from ..spec.ranking import Prediction
from ..spec.running import Runner
from .table import Row


@dataclass(frozen=True)
class Predictions:
    """The `top` likeliest `classes` of each output of the network, or of the layer `until`."""

    until: str | None
    classes: tuple[str, ...] | None
    top: int

    def teller(self, graph: Graph, model: Model) -> Predictor:
        return Predictor(Runner(graph, model, self.until, self.classes, self.top))


class Predictor:
    """Rows of a `runner`'s predictions. Where there are several outputs, each has a column of its own, with the
    others in it."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner

    def columns(self) -> dict[str, object]:
        """`index`, `class` and `score` of the likeliest class and the same of all of them in `top`; or the `values` in
        C order, whose shape stands in the summary of the network."""
        import pyarrow as pa

        found = {name: _columns(read is not None) for name, read in self.runner.readings.items()}
        if self.runner.is_named:
            return {name: pa.struct(list(columns.items())) for name, columns in found.items()}
        return next(iter(found.values()))

    def rows(self, batch: InputBatch) -> Iterator[Row]:
        found = self.runner.run(batch)
        lost = {warning.file for warning in found.warnings}
        predictions, each = iter(found.predictions), len(self.runner.outputs)
        for name in found.names:
            yield {"input": name, "not_finite": name in lost, **self._cells(list(islice(predictions, each)))}

    def _cells(self, found: list[Prediction]) -> dict[str, Any]:
        if self.runner.is_named:
            return {each.output: _cells(each) for each in found}
        return _cells(found[0])


def _columns(are_classes: bool) -> dict[str, object]:
    import pyarrow as pa

    if not are_classes:
        return {"values": pa.list_(pa.float32())}
    one = {"index": pa.int32(), "class": pa.string(), "score": pa.float32()}
    return {**one, "top": pa.list_(pa.struct(list(one.items())))}


def _cells(prediction: Prediction) -> dict[str, Any]:
    if not isinstance(prediction.found, tuple):
        return {"values": np.asarray(prediction.found, np.float32).reshape(prod(prediction.found.shape))}
    top = [{"index": found.index, "class": found.name or None, "score": found.score} for found in prediction.found]
    return {**top[0], "top": top}
