"""The weights that a run has ended with, in a file that says which run it was: one that is finished is known again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .. import weights
from ..diagnostics import Diagnostic, TrainingError
from ..files.reading import AnyPath, Malformed
from ..files.writing import whole
from ..graph.array import Array
from ..weights.formats import safetensors
from ..weights.stored import StoredTensors
from .identity import Notes

_KEY = "cnnspec.run"
_SUFFIX = ".safetensors"
"""Of the format that has room for words."""


def save(tensors: Mapping[str, Array], path: AnyPath, notes: Notes) -> None:
    """Write the weights to `path` as `weights.save` does. In .safetensors, the run stands beside them."""
    if Path(path).suffix.lower() != _SUFFIX:
        weights.save(tensors, path)
        return
    with whole(path) as stream:
        safetensors.dump(tensors, stream, {_KEY: notes.written()})


def finished(path: AnyPath) -> tuple[Notes, StoredTensors]:
    """The run whose result is at `path`, and the weights, still in the file. Raises TrainingError (E503) where the file
    does not say."""
    if Path(path).suffix.lower() == _SUFFIX:
        stored = safetensors.read(path, mapped=False)
        try:
            return Notes.read(stored.words.get(_KEY, "")), stored
        except Malformed:
            pass
    message = "there is no run to resume, and another file is where its result goes"
    why = "it does not say that it is the result of this run"
    cure = "`--output FILE` puts the result elsewhere, `--restart` replaces the file"
    raise TrainingError([Diagnostic("E503", message, file=str(path), why=why, help=cure)])
