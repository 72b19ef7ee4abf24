"""The outputs of `run` that are images, written as files."""

from __future__ import annotations

from pathlib import Path

import click

from ..files.writing import whole, writing
from ..language.sections.preprocess import Preprocess
from ..spec.output_image import as_image, is_image
from ..spec.running import BatchResult, Runner


class ImageFolder:
    """A folder of PNGs, `INPUT.png` or `INPUT-OUTPUT.png` where there are several outputs. Raises UsageError where no
    output of the network is an image, FileError where the folder cannot be made."""

    def __init__(self, folder: str, runner: Runner, preprocess: Preprocess | None) -> None:
        self.folder, self.runner, self.preprocess = Path(folder), runner, preprocess
        self.names = [name for name in runner.outputs if is_image(runner.graph.shape(name))]
        if not self.names:
            raise click.UsageError("--images is for outputs with rows and columns; this network has none.")
        self.taken: set[str] = set()
        with writing(folder):
            self.folder.mkdir(parents=True, exist_ok=True)

    def add(self, found: BatchResult) -> None:
        """Write the images of a batch."""
        from PIL import Image

        for row, source in enumerate(found.names):
            for name in self.names:
                pixels = as_image(found.outputs[name][row], name, self.runner.graph, self.preprocess)
                with whole(self.folder / self._file(source, name)) as stream:
                    Image.fromarray(pixels).save(stream, "PNG")

    def _file(self, source: str, output: str) -> str:
        """A name that no other input of this run has: the file's, what tells an array's row, a number if need be."""
        file, _, row = source.removesuffix("]").rpartition("[") if source.endswith("]") else (source, "", "")
        stem = "-".join(filter(None, [Path(file).stem, row, output if self.runner.is_named else ""]))
        name, number = stem, 2
        while name in self.taken:
            name, number = f"{stem}-{number}", number + 1
        self.taken.add(name)
        return f"{name}.png"
