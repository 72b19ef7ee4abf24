"""A training run in one file: weights, the optimizer's state, the best weights so far, how far it has come, and what
it is a run of.

The file is safetensors. The network's tensors have their own names in it, so that it also serves as a weights file;
`/` sets the others apart. Whatever happens while it is written, the file of that name is whole: the new one or the
one before.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError

from ..diagnostics import Diagnostic, FileError, TrainingError
from ..files.reading import AnyPath, Malformed, blaming
from ..files.writing import whole
from ..graph.array import Array
from ..graph.graph import Graph
from ..language.sections.train import Train
from ..weights.formats import safetensors
from ..weights.matching import BEST as _BEST
from ..weights.matching import OPTIMIZER as _OPTIMIZER
from .optimizers import state_shapes
from .progress import Progress

T = TypeVar("T")
_KEY = "cnnspec.training"


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes a run this run and no other: with all of it equal, the same bytes come out.

    `settings` are the values of `train:` that have an influence; `start` is the digest of the weights before the first
    step.
    """

    spec: str
    data: str
    start: str
    settings: dict[str, Any]
    threads: int

    def differences(self, other: Identity) -> Iterator[str]:
        """What the other has otherwise, in words."""
        if self.spec != other.spec:
            yield "the network is another one"
        if self.data != other.data:
            yield "the data are others"
        if self.start != other.start:
            yield "it began with other weights"
        for key in dict.fromkeys((*self.settings, *other.settings)):
            mine, theirs = self.settings.get(key), other.settings.get(key)
            if mine != theirs:
                yield f"`train.{key}` was {json.dumps(mine)}, is {json.dumps(theirs)}"
        if self.threads != other.threads:
            yield f"it had {self.threads} threads, has {other.threads}"


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


@dataclass(frozen=True, slots=True)
class _Header:
    """What the file says beside its arrays."""

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid")
    identity: Identity
    progress: Progress


def save(path: AnyPath, identity: Identity, snapshot: Snapshot) -> None:
    """Write a run to `path`, whole or not at all; E415 when that is impossible."""
    words = TypeAdapter(_Header).dump_json(_Header(identity, snapshot.progress)).decode()
    with whole(path) as stream:
        safetensors.dump(_together(snapshot.tensors, snapshot.optimizer, snapshot.best), stream, {_KEY: words})


def load(path: AnyPath) -> tuple[Identity, Snapshot]:
    """What `save` wrote; E403 when it is something else, E404 when there is none. The file is opened once: another one
    may take its name meanwhile."""
    stored = safetensors.read(path)
    with blaming(path):
        text = stored.words.get(_KEY)
        if text is None:
            raise Malformed("it holds no training run", "name the file of --checkpoint", message="cannot be resumed")
        try:
            words = TypeAdapter(_Header).validate_json(text)
        except ValidationError as fault:
            raise Malformed(f"what it says of the run is wrong: {fault.errors()[0]['msg']}") from fault
        if not isinstance(words.identity.settings.get("epochs"), int):
            raise Malformed("it does not say how many epochs the run has")
    parts: dict[str, dict[str, Array]] = {"": {}, _OPTIMIZER: {}, _BEST: {}}
    for name, array in stored.items():
        part = next((prefix for prefix in (_OPTIMIZER, _BEST) if name.startswith(prefix)), "")
        parts[part][name.removeprefix(part)] = array.copy()  # the file will be replaced; the arrays are written to
    return words.identity, Snapshot(words.progress, parts[""], parts[_OPTIMIZER], parts[_BEST])


def _together(tensors: Mapping[str, T], optimizer: Mapping[str, T], best: Mapping[str, T]) -> dict[str, T]:
    """By the names that they have in the file."""
    parts = {"": tensors, _OPTIMIZER: optimizer, _BEST: best}
    return {prefix + name: thing for prefix, part in parts.items() for name, thing in part.items()}


def agree(path: AnyPath, held: Identity, wanted: Identity, what: str = "checkpoint") -> None:
    """Raises E502 where the run in the file, `what` it is, is another than the one that is wanted."""
    found = list(held.differences(wanted))
    if found:
        message = f"the {what} is of another run"
        cure = "give what it was begun with, or begin anew from its weights: `--restart --weights FILE`"
        raise TrainingError([Diagnostic("E502", message, file=str(path), why="; ".join(found), help=cure)])


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
            array, is_count = arrays[name], name == _OPTIMIZER + "steps"
            if array.shape != wanted.get(name) or (array.dtype.kind == "f") == is_count:
                raise Malformed(f"`{name}` of shape {array.shape}, {array.dtype}, is not part of the run")


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
    done, whole = len(snapshot.progress.epochs), identity.settings["epochs"]
    why = f"it has done {snapshot.progress.step:,} steps, and {done:,} of {whole:,} epochs"
    cure = "`--resume` to go on with it, `--restart` to begin anew, `--checkpoint FILE` to keep it"
    raise TrainingError([Diagnostic("E503", "there is an unfinished run", file=str(path), why=why, help=cure)])


def _why_no_checkpoint(path: AnyPath) -> str:
    try:
        return "" if _KEY in safetensors.metadata(path) else "it holds no training run"
    except FileError as fault:
        return fault.diagnostics[0].why


def digest(graph: Graph) -> str:
    """A network's fingerprint: its layers with fields, names and connections, whatever the text they stand in."""
    steps = ((step.name, step.inputs, step.layer.kind, step.layer.model_dump_json()) for step in graph.steps)
    return sha256(repr(list(chain([graph.input, graph.outputs], steps))).encode()).hexdigest()


def digest_of(tensors: Mapping[str, Array]) -> str:
    """The fingerprint of weights: equal for equal ones, whatever file they come from."""
    digest = sha256()
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(repr((name, array.dtype.str, array.shape)).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
