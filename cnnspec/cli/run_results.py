"""What `run` found: printed as it comes, kept for `--out`."""

from __future__ import annotations

from collections.abc import Iterator

import click
import numpy as np

from ..diagnostics import Diagnostic
from ..engine.model import Model
from ..graph.array import Array
from ..graph.graph import INPUT
from ..inputs.batches import Case, InputBatch
from ..reports.drawing.terminal_text import escaped
from ..reports.predictions import to_jsonl, to_text
from ..reports.predictions.picture import picture
from ..reports.predictions.ranking import OutputReading, Prediction, reading, top
from ..spec import Spec
from ..weights import save
from . import terminal
from .diagnostics_output import show

LARGEST_PICTURE = 32


class Results:
    """Prints each batch's results. Arrays are only kept when `keep` says so."""

    def __init__(
        self, spec: Spec, model: Model, until: str | None, top: int, style: str, keep: bool, several: bool
    ) -> None:
        self.spec, self.model, self.top, self.style = spec, model, top, style
        self.keep, self.several = keep, several
        self.outputs = (until,) if until else spec.graph.outputs
        self.named = bool(until) or len(self.outputs) > 1
        self.classes = spec.classes()
        self.readings = {name: self._reading(name) for name in self.outputs}
        self.kept: list[dict[str, Array]] = []
        self.names: list[str] = []
        self.failed = 0
        self.printed = False

    def _reading(self, name: str) -> OutputReading | None:
        """An inner layer is read as classes only where it has one value for each of the network's."""
        graph = self.spec.graph
        classes = {graph.shape(output)[0] for output in graph.outputs}
        return reading(graph, name) if graph.shape(name)[0] in classes else None

    def header(self, weights: str) -> str:
        """What is run and how scores are to be read; nothing in JSON."""
        if self.style == "json":
            return ""
        words = {name: found.words for name, found in self.readings.items() if found}
        how = ", ".join(words.values() if len(words) < 2 else (f"{name} {said}" for name, said in words.items()))
        parts = [self.spec.name, weights, f"scores: {how}" if how else ""]
        return escaped(", ".join(filter(None, parts))) + "\n\n"

    def add(self, batch: InputBatch) -> None:
        """Run a batch and print its results; what is wrong with its other inputs goes to standard error."""
        usable = [case for case in batch.cases if case.failure is None]
        for case in batch.cases:
            if case.failure is not None:
                self.failed += 1
                show(case.failure.diagnostics)
        self.names += [case.name for case in usable]
        if batch.array is None:
            return
        outputs = self.model.run(batch.array)
        if self.keep:
            self.kept.append(outputs)
        for row, case in enumerate(usable):
            show(self._not_finite(case, row, batch.array, outputs))
        results = [result for row, case in enumerate(usable) for result in self._of(case, row, outputs)]
        click.echo(self._picture(batch.array) + self._rendered(results), nl=False)

    def _of(self, case: Case, row: int, outputs: dict[str, Array]) -> Iterator[Prediction]:
        for name in self.outputs:
            y, read = outputs[name][row], self.readings[name]
            shown = name if self.named else ""
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

    def _rendered(self, results: list[Prediction]) -> str:
        if self.style == "json":
            return to_jsonl.render(results)
        lines = self.several and self.top == 1
        gap = "\n" if self.printed and not lines else ""
        self.printed = True
        return gap + to_text.render(results, lines)

    def _picture(self, x: Array) -> str:
        """The input itself when it is alone, gray and small."""
        if self.style == "json" or self.several:
            return ""
        if x.shape[1] > 1 or max(x.shape[2:]) > LARGEST_PICTURE:
            return ""
        drawn = picture(x[0, 0], terminal.colour())
        return drawn and drawn + "\n"

    def write(self, out: str) -> None:
        """The kept outputs (N, ...) by layer name, as .npz; under `input` the names of their inputs, save where that is
        an output itself."""
        if self.kept:
            arrays = {name: np.concatenate([part[name] for part in self.kept]) for name in self.kept[0]}
            save({**arrays, INPUT: arrays.get(INPUT, np.array(self.names))}, out)

    def exit_code(self) -> int:
        """3 when the only input could not be used, 4 when some of several could not."""
        if not self.failed:
            return 0
        return 4 if self.several else 3
