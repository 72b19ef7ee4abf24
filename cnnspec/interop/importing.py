"""Importing as a library call, of which the command is a thin cover."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from ..diagnostics import FileError
from ..files.reading import AnyPath
from ..graph.shape import Shape
from .class_names import as_lines
from .exporter import missing_package
from .faults import broken
from .imported import Imported
from .importer import Wish
from .importers import importer


def read_model(
    path: AnyPath,
    weights: str = "",
    *,
    input: Shape | None = None,
    outputs: Iterable[str] = (),
    verify: bool = True,
    numbers: AnyPath | None = None,
    classes: str = "",
) -> Imported:
    """The model in a file as a spec with its weights, held against the model on random inputs.

    The spec names `weights` as their file. `input` (C, H, W) is for models that leave it free, `outputs` are values
    of the model up to which it is taken, `numbers` is the file of those formats that keep them apart. The spec names
    `classes`, if that is given, as the file of the classes' names where there are more than 20. Raises FileError:
    E417 without the format's package, E403 and E404 for files, E430 for what is no network, E431 for parts that are no
    layers, E432 where the spec computes something else.
    """
    format = importer(path)
    if numbers is not None and not format.has_numbers_apart:
        raise broken(str(path), f"a model of {format.title} has its numbers in itself", help="leave out `--weights`")
    try:
        return format.read(path, Wish(weights, input, tuple(outputs), verify, numbers, classes))
    except ImportError as error:
        raise FileError([missing_package(format.title, format.package, error, "reading")]) from error


def write_spec(found: Imported, path: AnyPath) -> dict[Path, int]:
    """Write a spec, and its weights and many names of classes to the files that it names, beside it: all or none. The
    files and how many bytes each has. Raises FileError (E415)."""
    from ..files.written_set import written_together
    from ..weights.formats.safetensors import dump

    path, header = Path(path), found.spec.header
    written: dict[Path, Callable[[BinaryIO], object]] = {path: lambda stream: stream.write(found.text.encode())}
    if isinstance(header.weights, str):
        written[path.with_name(header.weights)] = lambda stream: dump(found.tensors, stream)
    if isinstance(header.classes, str):
        written[path.with_name(header.classes)] = lambda stream: stream.write(as_lines(found.classes))
    with written_together(*written) as streams:
        for write, stream in zip(written.values(), streams, strict=True):
            write(stream)
        return {name: stream.tell() for name, stream in zip(written, streams, strict=True)}
