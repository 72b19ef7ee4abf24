"""Importing as a library call, of which the command is a thin cover."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..diagnostics import FileError
from ..files.reading import AnyPath
from ..graph.shape import Shape
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
) -> Imported:
    """The model in a file as a spec with its weights, held against the model on random inputs.

    The spec names `weights` as their file. `input` (C, H, W) is for models that leave it free, `outputs` are values
    of the model up to which it is taken, `numbers` is the file of those formats that keep them apart. Raises FileError:
    E417 without the format's package, E403 and E404 for files, E430 for what is no network, E431 for parts that are no
    layers, E432 where the spec computes something else.
    """
    format = importer(path)
    if numbers is not None and not format.has_numbers_apart:
        raise broken(str(path), f"a model of {format.title} has its numbers in itself", help="leave out `--weights`")
    try:
        return format.read(path, Wish(weights, input, tuple(outputs), verify, numbers))
    except ImportError as error:
        raise FileError([missing_package(format.title, format.package, error, "reading")]) from error


def write_spec(found: Imported, path: AnyPath) -> dict[Path, int]:
    """Write a spec, and its weights to the file that it names, beside it: both or neither. The files and how many
    bytes each has. Raises FileError (E415)."""
    from ..files.written_set import written_together
    from ..weights.formats.safetensors import dump

    path = Path(path)
    named = found.spec.header.weights
    others = [path.with_name(named)] if isinstance(named, str) else []
    with written_together(path, *others) as streams:
        streams[0].write(found.text.encode())
        for stream in streams[1:]:
            dump(found.tensors, stream)
        return {name: stream.tell() for name, stream in zip((path, *others), streams, strict=True)}
