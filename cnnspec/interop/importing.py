"""Importing as a library call, of which the command is a thin cover."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..diagnostics import FileError, SpecError
from ..files.reading import AnyPath
from ..graph.shape import Shape
from .exporter import missing_package
from .imported import Imported


def read_model(
    path: AnyPath,
    weights: str = "",
    *,
    input: Shape | None = None,
    outputs: Iterable[str] = (),
    verify: bool = True,
) -> Imported:
    """The ONNX model in a file as a spec with its weights, held against the model on random inputs.

    The spec names `weights` as their file. `input` (C, H, W) is for models that leave it free, `outputs` are values
    of the model up to which it is taken. Raises FileError: E417 without the package `onnx`, E403 and E404 for files,
    E430 for what is no network, E431 for nodes that are no layers, E432 where the spec computes something else.
    """
    try:
        from .onnx.importing.model import of_file
    except ImportError as error:
        raise FileError([missing_package("ONNX", "onnx", error, "reading")]) from error
    try:
        return of_file(path, weights, input, tuple(outputs), verify)
    except SpecError as fault:
        from .onnx.importing.faults import broken

        first = fault.diagnostics[0]
        raise broken(str(path), f"no spec can be written: {first.message}", first.why, "") from fault


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
