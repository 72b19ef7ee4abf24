"""What a checkpoint says of its run, beside its arrays: the run goes on, or is refused, whatever that is."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import quadrants
from fuzz import scratch
from fuzz.target import Target
from numpy.typing import NDArray

from cnnspec import weights
from cnnspec.spec import load
from cnnspec.train.events import EpochDone, StepVerified
from cnnspec.weights.formats import safetensors

SPEC = load(io.StringIO(quadrants.SPEC.replace("epochs: 3", "epochs: 2, patience: 1")))


NOTES = "cnnspec.training"
"""The key under which the notes stand."""
Kept = tuple[dict[str, NDArray[Any]], str]


class Enough(Exception):  # noqa: N818 - it is no error
    """The run has gone on; no more is asked of it."""


@cache
def examples() -> tuple[object, object]:
    with np.load(quadrants.examples(scratch.folder(), 40)) as held:
        return held["x"], held["y"]


@cache
def kept() -> list[Kept]:
    """Runs after some steps of the first epoch, and in the second: the arrays of each, and its notes."""
    found: list[Kept] = []
    for judged in (2, 5):
        path = scratch.folder() / "run.safetensors"
        path.unlink(missing_ok=True)
        go_on(path, judged, resume=False)
        arrays = dict(weights.read(path))
        found.append((arrays, safetensors.metadata(path)[NOTES]))
    return found


def seeds() -> Iterator[bytes]:
    """The notes, with a sign in place of each digest: a run whose digests differ is another, and that is all."""
    for _, notes in kept():
        yield re.sub("|".join(digests()), lambda found: digests()[found[0]], notes).encode()


@cache
def digests() -> dict[str, str]:
    """Those of the run's spec, data and first weights, and their signs."""
    found = re.findall("[0-9a-f]{64}", kept()[0][1])
    return dict(zip(found, ("<spec>", "<data>", "<start>"), strict=True))


def go_on(path: Path, judged: int, resume: bool = True) -> None:
    """Train until so many steps or epochs have been judged, and with them the run kept."""
    left = iter(range(judged - 1, -1, -1))

    def look(event: object) -> None:
        if isinstance(event, StepVerified | EpochDone) and not next(left):
            raise Enough

    with suppress(Enough):
        SPEC.train(examples(), checkpoint=path, resume=resume, save_every=1, threads=1, on_event=look)


def check(data: bytes) -> None:
    """Notes beside the arrays of a run. Files that are no safetensors have a target of their own."""
    arrays, _ = kept()[b'"epochs":[]' not in data]
    notes = data.decode("utf-8", "replace")
    for digest, sign in digests().items():
        notes = notes.replace(sign, digest)
    stream = io.BytesIO()
    safetensors.dump(arrays, stream, {NOTES: notes})
    go_on(scratch.file("run.safetensors", stream.getvalue()), 1)


WORDS = b"identity progress epochs batch step sums first_loss examples loss answers correct is_best validation training"
TARGET = Target(seeds, check, tuple(WORDS.split()), is_text=True)
