"""What earlier runs have left: the epochs in a log of `train`, and an evaluation that `eval --format json` has told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ..files.reading import AnyPath, Malformed, blaming, opened
from ..graph.graph import Graph
from .events import Count, EpochDone, Finite, Share
from .identity import digest
from .metrics import Evaluation
from .mistakes import Mistake

MOST = 2**28
"""Bytes of a file that are read."""
_EPOCH = TypeAdapter(EpochDone)


class Log(NamedTuple):
    """The epochs of a log, and the fingerprints of the networks that learned in them; those of earlier versions note
    none."""

    epochs: list[EpochDone]
    networks: frozenset[str]

    def is_of(self, graph: Graph) -> bool:
        """Whether it is a network's, as far as can be known."""
        return self.networks <= {digest(graph)}


def log_of(path: AnyPath) -> Log:
    """What a log says, of a run that went on after an interruption the later epochs. Raises FileError: E404 where there
    is no file, E403 for one that is no log, or in which no epoch has ended."""
    with blaming(path):
        found = {done.epoch: (done, network) for done, network in _epochs(_text(path))}
        if not found:
            raise Malformed("no epoch has ended in it", "a log that `cnnspec train --log FILE.jsonl` has written")
    epochs, networks = zip(*(found[epoch] for epoch in sorted(found)), strict=True)
    return Log(list(epochs), frozenset(filter(None, networks)))


def _epochs(text: str) -> Iterator[tuple[EpochDone, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        try:
            record = json.loads(line)
            if record["event"] == "epoch":
                network = str(record.pop("network", ""))
                yield _EPOCH.validate_python({key: value for key, value in record.items() if key != "event"}), network
        except (ValueError, KeyError, TypeError, RecursionError):
            why = f"its line {number:,} is none of a log"
            raise Malformed(why, "a log that `cnnspec train --log FILE.jsonl` has written") from None


class _Named(BaseModel):
    model_config = ConfigDict(extra="ignore")
    index: Count
    score: Finite | None = None


class _Mistake(BaseModel):
    model_config = ConfigDict(extra="ignore")
    example: Count
    file: str | None = None
    right: _Named
    answer: _Named


class _Record(BaseModel):
    """What is read of an evaluation; `classes` is a list of objects, each with its name under `class`."""

    model_config = ConfigDict(extra="ignore")
    examples: Count
    loss: Finite | None = None
    top5: Share | None = None
    classes: list[dict[str, Any]]
    confusion: list[list[Count]] | None = None
    mistakes: list[_Mistake] | None = None


def evaluation_of(path: AnyPath) -> tuple[Evaluation, tuple[str, ...] | None]:
    """An evaluation and the names of its classes, where they have some. Raises FileError: E404 where there is no file,
    E403 for one that is no evaluation."""
    with blaming(path):
        try:
            record = _Record.model_validate_json(_text(path))
        except ValidationError:
            raise _no_evaluation("it is not what `eval --format json` writes") from None
        count = len(record.classes)
        rows = record.confusion
        if rows is not None and (not rows or len(rows) != count or any(len(row) != count for row in rows)):
            raise _no_evaluation(f"its confusion matrix is not {count} x {count}, a row for each class")
        if not record.examples or (rows is not None and not any(map(any, rows))):
            raise _no_evaluation("it is one of no examples")
        wrong = record.mistakes
        if wrong and any(max(each.right.index, each.answer.index) >= max(2, count) for each in wrong):
            raise _no_evaluation("a mistake names a class that there is not")
    names = [each.get("class") for each in record.classes]
    found = Evaluation(
        record.examples,
        float("nan") if record.loss is None else record.loss,
        None if rows is None else np.array(rows, np.int64),
        record.top5,
        wrong=None if wrong is None else tuple(map(_mistake, wrong)),
    )
    return found, tuple(map(str, names)) if names and all(names) else None


def _mistake(each: _Mistake) -> Mistake:
    lost = float("nan")
    scores = (lost if part.score is None else part.score for part in (each.right, each.answer))
    return Mistake(each.example, each.file or "", each.right.index, each.answer.index, *scores)


def _no_evaluation(why: str) -> Malformed:
    return Malformed(why, "`cnnspec eval SPEC --format json > FILE.json` writes one")


def _text(path: AnyPath) -> str:
    with opened(path) as stream:
        data = stream.read(MOST + 1)
    if len(data) > MOST:
        raise Malformed(f"it has more than {MOST:,} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Malformed("it is no text in UTF-8") from None
