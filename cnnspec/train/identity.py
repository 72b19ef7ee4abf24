"""What makes a run this run and no other, and what a file says of the run that wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Annotated

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from ..engine.backends import DEFAULT
from ..files.reading import Malformed
from ..graph.array import Array
from ..graph.graph import Graph
from ..language.sections.train import Train
from .events import Count
from .progress import Progress

MOST_THREADS = 1 << 12
"""More than any machine has, and few enough to be started."""


@dataclass(frozen=True, slots=True)
class Identity:
    """With all of it equal, the same bytes come out.

    `settings` are the values of `train:`, but where the data lie; `start` is the digest of the weights before the first
    step. `extended` are the steps after which more epochs were asked for, where the run then came to other bytes than
    one that was begun with them. `backend` names whose kernels are used; files of earlier versions have none.
    """

    spec: str
    data: str
    start: str
    settings: Train
    threads: Annotated[int, Field(ge=1, le=MOST_THREADS)]
    extended: tuple[Count, ...] = ()
    backend: str = DEFAULT

    def differences(self, other: Identity, beside: tuple[str, ...] = ()) -> Iterator[str]:
        """What the other has otherwise, in words; but for the settings `beside`."""
        if self.spec != other.spec:
            yield "the network is another one"
        if self.data != other.data:
            yield "the data are others"
        if self.start != other.start:
            yield "it began with other weights"
        mine, theirs = (identity.settings.model_dump(mode="json") for identity in (self, other))
        for key in mine:
            if mine[key] != theirs[key] and key not in beside:
                yield f"`train.{key}` was {json.dumps(mine[key])}, is {json.dumps(theirs[key])}"
        if self.threads != other.threads:
            yield f"it had {self.threads} threads, has {other.threads}"
        if self.backend != other.backend:
            yield f"it had the backend {self.backend}, has {other.backend}"


@dataclass(frozen=True, slots=True)
class Notes:
    """What stands beside the arrays in a file of a run: which run it is, and how far it has come."""

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid")
    identity: Identity
    progress: Progress

    def written(self) -> str:
        """As words for a file: equal ones for equal notes."""
        return _NOTES.dump_json(self).decode()

    @classmethod
    def read(cls, text: str) -> Notes:
        """What `written` wrote. Raises Malformed for anything else, and for numbers that no run comes to."""
        try:
            notes = _NOTES.validate_json(text)
        except ValidationError as fault:
            found = fault.errors()[0]
            where = ".".join(map(str, found["loc"]))
            raise Malformed(f"what it says of the run is wrong: {where}: {found['msg']}") from fault
        if why := notes.progress.contradiction(notes.identity.settings.epochs):
            raise Malformed(f"what it says of the run is wrong: {why}")
        return notes


_NOTES = TypeAdapter(Notes)


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
