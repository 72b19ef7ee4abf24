"""What `run` found: printed as it comes, kept for `--out`."""

from __future__ import annotations

from itertools import islice

import click
import numpy as np

from ..graph.array import Array
from ..graph.graph import INPUT
from ..inputs.batches import InputBatch
from ..reports.drawing.half_blocks import picture, reduced
from ..reports.drawing.terminal_text import escaped
from ..reports.drawing.text_table import wrapped
from ..reports.predictions import to_jsonl, to_text
from ..spec.output_image import is_image
from ..spec.ranking import Prediction
from ..spec.running import BatchResult, Runner
from ..weights import save
from . import terminal
from .diagnostics_output import show

SMALLEST_PICTURE, LARGEST_PICTURE = 6, 32
"""Between these the longer side of an image is that is drawn: a smaller one says more as numbers."""


class Results:
    """Prints each batch's results, before the first of them what is run: with which `weights`, where they are random.
    Arrays are only kept when `keep` says so."""

    def __init__(self, network: str, weights: str, runner: Runner, style: str, keep: bool, several: bool) -> None:
        self.network, self.weights, self.runner, self.style = network, weights, runner, style
        self.keep, self.several = keep, several
        self.kept: list[dict[str, Array]] = []
        self.names: list[str] = []
        self.failed = 0
        self.printed = False

    def _header(self) -> str:
        """What is run and how its figures came about."""
        words = {name: found.words for name, found in self.runner.readings.items() if found}
        how = ", ".join(words.values() if len(words) < 2 else (f"{name} {said}" for name, said in words.items()))
        parts = [self.network, self.weights, f"probabilities of the classes: {how}" if how else ""]
        return "\n".join(wrapped(escaped(", ".join(filter(None, parts))), terminal.width(), 2)) + "\n\n"

    def add(self, batch: InputBatch) -> BatchResult:
        """Run a batch and print its results; what is wrong with its other inputs goes to standard error."""
        found = self.runner.run(batch)
        for failure in found.failures:
            self.failed += 1
            show(failure.diagnostics)
        self.names += found.names
        if self.keep and found.outputs:
            self.kept.append(found.outputs)
        show(found.warnings)
        if self.style == "json":
            click.echo(self._in_order(batch, found.predictions), nl=False)
        elif found.inputs is not None:
            head = "" if self.printed else self._header()
            shown = self._picture(found.inputs) + self._rendered(found.predictions) + self._output_pictures(found)
            click.echo(head + shown, nl=False)
        return found

    def _in_order(self, batch: InputBatch, predictions: list[Prediction]) -> str:
        """The lines of each input, those that cannot be used at their places."""
        found, each = iter(predictions), len(self.runner.outputs)
        return "".join(
            to_jsonl.failed(case.name, case.failure) if case.failure else to_jsonl.render(list(islice(found, each)))
            for case in batch.cases
        )

    def _rendered(self, results: list[Prediction]) -> str:
        lines = self.several and self.runner.top == 1
        gap = "\n" if self.printed and not lines else ""
        self.printed = True
        return gap + to_text.render(results, lines)

    def _picture(self, x: Array) -> str:
        """The input itself when it is alone, gray and small."""
        if self.several:
            return ""
        if x.shape[1] > 1 or not SMALLEST_PICTURE <= max(x.shape[2:]) <= LARGEST_PICTURE:
            return ""
        drawn = picture(x[0, 0], terminal.colour())
        return drawn and drawn + "\n"

    def _output_pictures(self, found: BatchResult) -> str:
        """Outputs of an input alone that are one gray image, made small."""
        if self.style == "json" or self.several:
            return ""
        maps = [found.outputs[name][0] for name in self.runner.outputs]
        shown = [picture(reduced(y, LARGEST_PICTURE)[0], terminal.colour()) for y in maps if _is_gray(y)]
        return "".join(f"\n{drawn}" for drawn in shown if drawn)

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


def _is_gray(y: Array) -> bool:
    return len(y) == 1 and is_image(y.shape) and max(y.shape[1:]) >= SMALLEST_PICTURE
