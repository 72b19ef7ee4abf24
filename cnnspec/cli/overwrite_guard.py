"""What a command reads, which nothing that it writes may replace, by whatever name or link."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click

from ..diagnostics import Diagnostic, FileError
from ..files.reading import are_one
from ..reports.drawing.terminal_text import escaped
from ..spec import Spec, assets
from ..spec.spec import locate
from ..train.datasets.idx import images_in, is_idx

Inputs = list[tuple[str, Path]]
"""What they are in words, and where they are."""


def inputs(spec_name: str, spec: Spec, data: Path) -> Inputs:
    """The spec, the files that it names, and the data to take. Its weights are not among them: see `weights_of`."""
    own = [] if spec_name == "-" else [("the spec", locate(spec_name)[1])]
    return [*own, *_named(spec), ("the data", data)]


def _named(spec: Spec) -> Iterator[tuple[str, Path]]:
    keys: tuple[assets.Key, ...] = ("sample", "classes")
    for key in keys:
        with suppress(FileError):  # a path that leaves the spec's folder is not read
            if path := assets.resolve(spec.document, spec.folder, key):
                yield f"the `{key}` of the spec", path
    with suppress(FileError):
        if path := assets.data(spec.document, spec.folder):
            yield "the data of the spec", path


def weights_of(spec: Spec) -> Inputs:
    """The weights that the spec names."""
    with suppress(FileError):
        if path := assets.resolve(spec.document, spec.folder, "weights"):
            return [("the weights of the spec", path)]
    return []


def ensure_apart(option: str, output: Path, read: Inputs, cure: str = "name another file") -> None:
    """Raises UsageError where the file to write is among those that are `read`."""
    for what, path in read:
        where = f"{what}, `{escaped(str(path))}`; {cure}."
        if are_one(output, path):
            raise click.UsageError(f"{option} would overwrite {where}")
        if "data" in what and _is_part(output, path):
            raise click.UsageError(f"{option} lies among {where}")


def ensure_svg(path: Path) -> None:
    """Raises FileError (E405) for a picture whose name promises another format."""
    if path.suffix.lower() != ".svg":
        message = f"`{path.name or path}` would be no picture of that name: it is drawn as SVG"
        raise FileError([Diagnostic("E405", message, file=str(path), help="end it in .svg")])


def _is_part(output: Path, data: Path) -> bool:
    """Whether a file is, or would be, part of a data set: IDX beside IDX, or in a folder of images of a class."""
    folders = {output.parent.resolve(), output.resolve().parent}
    if data.is_file() or images_in(data):
        folder = data.parent if data.is_file() else data
        return is_idx(output) and folder.resolve() in folders
    return data.is_dir() and any(inner.resolve() in folders for inner in data.iterdir() if inner.is_dir())
