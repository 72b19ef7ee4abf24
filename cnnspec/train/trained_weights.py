"""The weights that a run has ended with, in a file that says which run it was: one that is finished is known again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from .. import weights
from ..diagnostics import Diagnostic, TrainingError
from ..files.reading import AnyPath
from ..files.writing import whole
from ..graph.array import Array
from ..weights.formats import safetensors
from .checkpoint import Identity

_KEY = "cnnspec.run"
_SUFFIX = ".safetensors"
"""Of the format that has room for words."""


def save(tensors: Mapping[str, Array], path: AnyPath, identity: Identity) -> None:
    """Write the weights to `path` as `weights.save` does. In .safetensors, the run stands beside them."""
    if Path(path).suffix.lower() != _SUFFIX:
        weights.save(tensors, path)
        return
    words = TypeAdapter(Identity).dump_json(identity).decode()
    with whole(path) as stream:
        safetensors.dump(tensors, stream, {_KEY: words})


def finished(path: AnyPath) -> Identity:
    """The run whose result is at `path`. Raises TrainingError (E503) where the file does not say."""
    text = safetensors.metadata(path).get(_KEY) if Path(path).suffix.lower() == _SUFFIX else None
    try:
        return TypeAdapter(Identity).validate_json(text or "")
    except ValidationError:
        message = "there is no run to resume, and another file is where its result goes"
        why = "it does not say that it is the result of this run"
        cure = "`--output FILE` puts the result elsewhere, `--restart` replaces the file"
        raise TrainingError([Diagnostic("E503", message, file=str(path), why=why, help=cure)]) from None
