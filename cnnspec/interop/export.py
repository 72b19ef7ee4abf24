"""Exporting as a library call, of which the command is a thin cover."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..diagnostics import Diagnostic, FileError
from ..files.reading import AnyPath
from .beside import Weights, bytes_there, ensure_free
from .exporter import ELSEWHERE, Exporter, OptionValues, Tensors, complete
from .registry import EXPORTERS, exporter

if TYPE_CHECKING:
    from ..graph.graph import Graph
    from ..spec import Spec


def export(
    spec: Spec, path: AnyPath, weights: AnyPath | Mapping[str, Any] | None = None, to: str | None = None, **options: Any
) -> None:
    """Write a spec with its weights for another program, whole or not at all.

    The format is `to`, by default the one that `path` ends in; `options` are the format's own, such as `opset=18`.
    `weights` is a path, or arrays by name; by default the spec's own file. Code is also written without any. Raises
    FileError: E405 for an ending of no format or of several, E415 for a path that cannot be written and for
    other weights where those of code go, E417 to E419 for a
    network that the format cannot say, and what is wrong with the weights; TypeError and ValueError for options that
    the format does not take.
    """
    format = exporter(path, to)
    choices = complete(format, options)
    if found := problems(spec, format):
        raise FileError(found)

    def tensors() -> Tensors:
        from ..weights import take

        if weights is None and not wants_weights(spec, format):
            return {}
        return take(spec.graph.tensors, spec.weights() if weights is None else weights, _warn)

    write(spec, path, format, choices, tensors)


def write(
    spec: Spec, path: AnyPath, format: Exporter, choices: OptionValues, tensors: Callable[[], Tensors]
) -> dict[Path, int]:
    """Write a spec that has no `problems`: the files, the one at `path` first, and how many bytes each has. What
    already lies beside it with the same bytes stays, and so do weights with the same tensors. `tensors` is called once
    nothing else is in the way.

    Raises OptionError for what the installed packages cannot do, FileError as `export`.
    """
    from ..files.writing import ensure_writable
    from ..files.written_set import written_together

    format.check_options(choices)
    ensure_writable(path)
    path = Path(path)
    encoded = format.encode(spec, tensors(), choices, path.name)
    beside = {path.with_name(name): held for name, held in encoded.beside.items()}
    there = {name: size for name, held in beside.items() if (size := bytes_there(name, held))}
    for name, held in beside.items():
        if name not in there and isinstance(held, Weights):  # ONNX's `NET.onnx.data` is no name that others would give
            ensure_free(name, path)
    pieces: dict[Path, Iterable[bytes | memoryview]] = {path: [encoded.data]}
    pieces |= {name: held for name, held in beside.items() if name not in there}
    sizes = dict.fromkeys(pieces, 0)
    with written_together(*pieces) as streams:
        for (name, held), stream in zip(pieces.items(), streams, strict=True):
            for piece in held:
                sizes[name] += stream.write(piece)
    return sizes | there


def wants_weights(spec: Spec, format: Exporter) -> bool:
    """Whether the spec's own weights are to be asked for: the format needs some, or the spec names some."""
    return bool(spec.graph.tensors) and (format.needs_weights or spec.header.weights is not None)


def problems(spec: Spec, format: Exporter) -> list[Diagnostic]:
    """What keeps the network from being written, those about a layer at their place in the spec."""
    graph = spec.graph.until(*spec.graph.outputs)
    found = [replace(each, file=spec.source.file) if each.span else each for each in format.problems(graph)]
    if not any(ELSEWHERE in each.help for each in found):
        return found
    able = [f"`--to {other.name}`" for other in EXPORTERS.values() if can_say(other, graph)]
    ways = " or ".join(able) if able else f"{ELSEWHERE}, once it has rules for all layers: now none has"
    return [replace(each, help=each.help.replace(ELSEWHERE, ways)) for each in found]


def can_say(format: Exporter, graph: Graph) -> bool:
    """Whether a format has words for all layers, installed or not."""
    return all(each.code != "E419" for each in format.problems(graph))


def _warn(diagnostic: Diagnostic) -> None:
    warnings.warn(f"{diagnostic}; {diagnostic.why}", stacklevel=6)
