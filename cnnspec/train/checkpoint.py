"""A training run in one file: weights, the optimizer's state, the best weights so far, how far it has come, and what
it is a run of.

The file is safetensors. The network's tensors have their own names in it, so that it also serves as a weights file;
`/` sets the others apart. Whatever happens while it is written, the file of that name is whole: the new one or the
one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..diagnostics import Diagnostic, FileError, TrainingError
from ..files.reading import AnyPath, Malformed, blaming
from ..files.writing import whole
from ..graph.array import Array
from ..graph.graph import Graph
from ..language.sections.train import Train
from ..weights.formats import safetensors
from ..weights.matching import BEST as _BEST
from ..weights.matching import OPTIMIZER as _OPTIMIZER
from .identity import Identity, Notes
from .optimizers import state_shapes
from .progress import Progress

T = TypeVar("T")
_KEY = "cnnspec.training"
_STEPS = _OPTIMIZER + "steps"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A run between two steps. `best` are the weights of the best epoch, where they are asked for."""

    progress: Progress
    tensors: Mapping[str, Array]
    optimizer: Mapping[str, Array]
    best: Mapping[str, Array]

    @classmethod
    def start(cls, tensors: Mapping[str, Array]) -> Snapshot:
        """A run that has not begun: its optimizer knows nothing yet."""
        return cls(Progress(), tensors, {}, {})


def save(path: AnyPath, identity: Identity, snapshot: Snapshot) -> None:
    """Write a run to `path`, whole or not at all; E415 when that is impossible."""
    words = Notes(identity, snapshot.progress).written()
    with whole(path) as stream:
        safetensors.dump(_together(snapshot.tensors, snapshot.optimizer, snapshot.best), stream, {_KEY: words})


def load(path: AnyPath) -> tuple[Identity, Snapshot]:
    """What `save` wrote; E403 when it is something else, E404 when there is none. The file is opened once: another one
    may take its name meanwhile."""
    stored = safetensors.read(path, mapped=False)
    with blaming(path):
        text = stored.words.get(_KEY)
        if text is None:
            raise Malformed("it holds no training run", "name the file of --checkpoint", message="cannot be resumed")
        notes = Notes.read(text)
    parts: dict[str, dict[str, Array]] = {"": {}, _OPTIMIZER: {}, _BEST: {}}
    for name, array in stored.items():
        part = next((prefix for prefix in (_OPTIMIZER, _BEST) if name.startswith(prefix)), "")
        parts[part][name.removeprefix(part)] = array
    return notes.identity, Snapshot(notes.progress, parts[""], parts[_OPTIMIZER], parts[_BEST])


def _together(tensors: Mapping[str, T], optimizer: Mapping[str, T], best: Mapping[str, T]) -> dict[str, T]:
    """By the names that they have in the file."""
    parts = {"": tensors, _OPTIMIZER: optimizer, _BEST: best}
    return {prefix + name: thing for prefix, part in parts.items() for name, thing in part.items()}


def ensure_complete(path: AnyPath, held: Snapshot, graph: Graph, settings: Train) -> None:
    """Raises FileError (E403) where the arrays in the file are not those of such a run."""
    tensors = {name: tensor.shape for name, tensor in graph.tensors.items()}
    state = state_shapes(settings, settings.learned(settings.trained(graph)))
    best = tensors if settings.patience and held.progress.best else {}
    wanted = _together(tensors, state, best)
    arrays = _together(held.tensors, held.optimizer, held.best)
    with blaming(path):
        for name in dict.fromkeys((*wanted, *arrays)):
            if name not in arrays:
                raise Malformed(f"it lacks `{name}`")
            array, is_count = arrays[name], name == _STEPS
            if array.shape != wanted.get(name) or (array.dtype.kind == "f") == is_count:
                raise Malformed(f"`{name}` of shape {array.shape}, {array.dtype}, is not part of the run")
        if not 0 <= int(arrays[_STEPS]) <= held.progress.step:
            raise Malformed(f"its optimizer has made {arrays[_STEPS]:,} steps of {held.progress.step:,}")


def ensure_absent(path: AnyPath, restart: bool) -> None:
    """Raises E503 when a new run would overwrite what is there: another file, or, but for `restart`, a checkpoint."""
    if not Path(path).exists():
        return
    if why := _why_no_checkpoint(path):
        message, cure = "another file is where the checkpoint goes", "`--checkpoint FILE` puts it elsewhere"
        raise TrainingError([Diagnostic("E503", message, file=str(path), why=why, help=cure)])
    if restart:
        return
    identity, snapshot = load(path)
    done, whole = len(snapshot.progress.epochs), identity.settings.epochs
    why = f"it has done {snapshot.progress.step:,} steps, and {done:,} of {whole:,} epochs"
    cure = "`--resume` to go on with it, `--restart` to begin anew, `--checkpoint FILE` to keep it"
    raise TrainingError([Diagnostic("E503", "there is an unfinished run", file=str(path), why=why, help=cure)])


def _why_no_checkpoint(path: AnyPath) -> str:
    try:
        return "" if _KEY in safetensors.metadata(path) else "it holds no training run"
    except FileError as fault:
        return fault.diagnostics[0].why
