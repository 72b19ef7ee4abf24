"""The mistakes that `eval` has found, with their inputs: in the terminal, and as pictures in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from ..diagnostics.wording import quantity
from ..files.writing import whole, writing
from ..reports.drawing.terminal_text import escaped
from ..reports.evaluation.mistakes_text import render
from ..spec import Spec
from ..spec.output_image import Pixels, input_image
from ..train.datasets import Dataset
from ..train.mistakes import Mistake
from .terminal import colour, width

DRAWN = 32
"""Mistakes of which the terminal may show a picture."""
SMALL = 64
"""Cells of a side of inputs that are drawn in the terminal."""


class MistakePictures:
    """Mistakes on a data set; their inputs are read one by one, when they are looked at."""

    def __init__(self, spec: Spec, examples: Dataset, wrong: Sequence[Mistake], names: Sequence[str] | None) -> None:
        self.spec, self.examples, self.wrong, self.names = spec, examples, wrong, names

    def told(self) -> str:
        """The list, and small gray inputs as pictures."""
        C, *sides = self.spec.graph.input
        drawn = self.wrong[:DRAWN] if C == 1 and sides and max(sides) <= SMALL else ()
        return render(self.wrong, self.names, [self._pixels(each).astype(float) for each in drawn], width(), colour())

    def write(self, folder: str) -> None:
        """A PNG of each; the folder is made. Raises FileError."""
        from ..reports.evaluation.mistake_pictures import file_name, png

        with writing(folder):
            Path(folder).mkdir(parents=True, exist_ok=True)
        for each in self.wrong:
            with whole(Path(folder) / file_name(each, self.names)) as stream:
                stream.write(png(self._pixels(each)))
        click.echo(f"{escaped(folder)}: {quantity(len(self.wrong), 'picture')}", err=True)

    def _pixels(self, each: Mistake) -> Pixels:
        [x] = self.examples.inputs.read(np.array([each.example]))
        return input_image(x, self.spec.graph, self.spec.header.preprocess)
