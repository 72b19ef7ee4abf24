"""Importing as a library call, of which the command is a thin cover."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..diagnostics.missing_package import needed
from ..files.reading import AnyPath
from ..graph.shape import Shape
from .beside import Pieces, Weights, bytes_there, ensure_free
from .class_names import as_lines
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
    preprocess: bool = True,
) -> Imported:
    """The model in a file as a spec with its weights, held against the model on random inputs.

    The spec names `weights` as their file. `input`, (C, H, W) or (C,), is for models that leave it free, `outputs` are
    values of the model up to which it is taken, `numbers` is the file of those formats that keep them apart. The spec
    names `classes`, if that is given, as the file of the classes' names where there are more than 20. Raises FileError:
    E417 without the format's package, E403 and E404 for files, E430 for what is no network, E431 for parts that are no
    layers, E432 where the spec computes something else.
    """
    format = importer(path)
    if numbers is not None and not format.has_numbers_apart:
        raise broken(str(path), f"a model of {format.title} has its numbers in itself", help="leave out `--weights`")
    if format.package:
        needed(f"reading {format.title}", format.package)
    return format.read(path, Wish(weights, input, tuple(outputs), verify, numbers, classes, preprocess))


def write_spec(found: Imported, path: AnyPath) -> dict[Path, int]:
    """Write a spec, and its weights and many names of classes to the files that it names, beside it: all or none. The
    files and how many bytes each has. What lies there already stays. Raises FileError (E415), also where it differs."""
    from ..files.written_set import written_together

    path, header = Path(path), found.spec.header
    beside: dict[Path, Pieces] = {}
    if isinstance(header.weights, str):
        beside[path.with_name(header.weights)] = Weights(found.tensors)
    if isinstance(header.classes, str):
        beside[path.with_name(header.classes)] = [as_lines(found.classes)]
    there = {name: bytes_there(name, content) for name, content in beside.items()}
    for name, size in there.items():
        if not size:
            ensure_free(name, path)
    pieces: dict[Path, Pieces] = {path: [found.text.encode()]}
    pieces |= {name: content for name, content in beside.items() if not there[name]}
    sizes = dict.fromkeys([path, *beside], 0) | there
    with written_together(*pieces) as streams:
        for (name, content), stream in zip(pieces.items(), streams, strict=True):
            sizes[name] = sum(stream.write(piece) for piece in content)
    return sizes
