"""What `eval` tells of each input whose class is known: the class that the network takes it for, and the loss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..diagnostics import FileError
from ..diagnostics.wording import listed
from ..engine.model import Model
from ..graph.array import Array
from ..graph.graph import Graph
from ..inputs.batches import Case, InputBatch
from ..language.sections.train import Train
from ..train.losses import measure
from ..train.metrics import rank
from .job import failed
from .table import Row


@dataclass(frozen=True)
class Judgements:
    """The label of each input beside the answer of the network, whose scores are those of `classes`, by their names or
    else by their numbers."""

    settings: Train
    classes: tuple[str, ...] | None

    def teller(self, graph: Graph, model: Model) -> Judge:
        [output] = graph.outputs
        return Judge(model, output, self)


class Judge:
    """Rows of labels and answers."""

    def __init__(self, model: Model, output: str, asked: Judgements) -> None:
        self.model, self.output, self.classes = model, output, asked.classes
        self.measure = measure(asked.settings.model_copy(update={"smoothing": 0.0}))

    def columns(self) -> dict[str, object]:
        """`label`, `index` of the answer, its `class`, the `loss`, and how many scores come before that of the right
        class, `rank`."""
        import pyarrow as pa

        numbers = {"label": pa.int32(), "index": pa.int32()}
        return {**numbers, "class": pa.string(), "loss": pa.float64(), "rank": pa.int32()}

    def rows(self, batch: InputBatch) -> Iterator[Row]:
        if batch.array is None:
            return
        outputs = self.model.run(batch.array)[self.output]
        usable = (case for case in batch.cases if case.failure is None)
        for case, scores in zip(usable, outputs.reshape(len(outputs), -1), strict=True):
            yield self._row(case, scores[None])

    def _row(self, case: Case, scores: Array) -> Row:
        label = self._label(case.label, scores.size)
        if label is None:
            return failed(case._replace(failure=self._unlabelled(case, scores.size)))
        right, answer = np.array([label]), int(scores.argmax())
        with np.errstate(all="ignore"):
            loss = self.measure(scores, right, 1).value
        return {
            "input": case.name,
            "label": label,
            "index": answer,
            "class": self.classes[answer] if self.classes else None,
            "loss": loss,
            "rank": int(rank(scores, right)[0]),
            "not_finite": not np.isfinite(scores).all(),
        }

    def _label(self, said: str | int | None, count: int) -> int | None:
        """The number of the class that the data name; a name of the spec comes before a number."""
        if self.classes and said in self.classes:
            return self.classes.index(str(said))
        if isinstance(said, str):
            said = int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else None
        return said if said is not None and 0 <= said < count else None

    def _unlabelled(self, case: Case, count: int) -> FileError:
        if case.label is None:
            message = "the data do not say which class this is of"
        else:
            message = f"`{case.label}` is no class of the network"
        known = listed(self.classes, 10) if self.classes else f"0 to {count - 1}"
        cure = "a `.cls` beside the image of a tar archive, a column `label` of a table, or a folder of that name"
        return FileError.about(case.name, "E421", message, f"its classes are {known}", cure)
