"""What earlier runs have left is read as it was written, and nothing else is taken for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnspec import FileError, load
from cnnspec.reports.evaluation import to_json
from cnnspec.train.events import EpochDone, Score
from cnnspec.train.identity import digest
from cnnspec.train.metrics import Evaluation
from cnnspec.train.mistakes import Mistake
from cnnspec.train.past_run import evaluation_of, log_of

EPOCH = {"event": "epoch", "epoch": 1, "step": 5, "training": {"loss": 2.0}, "validation": None, "is_best": False}


def test_the_log_of_a_run(net: Path) -> None:
    told: list[EpochDone] = []
    load(net).train(
        log="run.jsonl", on_event=lambda event: told.append(event) if isinstance(event, EpochDone) else None
    )
    assert log_of("run.jsonl").epochs == told
    assert log_of("run.jsonl").is_of(load(net).graph)
    assert len(told) == 3


def test_a_later_epoch_of_the_same_number_counts(tmp_path: Path) -> None:
    again = EPOCH | {"training": {"loss": 1.0, "accuracy": 0.5}}
    lines = [json.dumps(EPOCH | {"epoch": 2}), json.dumps(EPOCH), json.dumps({"event": "step"}), json.dumps(again)]
    (tmp_path / "run.jsonl").write_text("\n".join(lines))
    first, second = log_of(tmp_path / "run.jsonl").epochs
    assert (first.epoch, first.training, second.epoch) == (1, Score(1.0, 0.5), 2)


def test_a_log_knows_whose_it_is(tmp_path: Path) -> None:
    graph = load("lenet5").graph
    for networks, is_of in {("",): True, (digest(graph),): True, (digest(graph), "a1"): False, ("a1",): False}.items():
        lines = [EPOCH | {"epoch": i} | ({"network": name} if name else {}) for i, name in enumerate(networks)]
        (tmp_path / "run.jsonl").write_text("\n".join(map(json.dumps, lines)))
        assert log_of(tmp_path / "run.jsonl").is_of(graph) == is_of


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no epoch has ended in it"),
        ('{"event": "step"}\n', "no epoch has ended in it"),
        ('{"event": "step"}\n{"event": "epo', "its line 2 is none of a log"),
        ("[]\n", "its line 1 is none of a log"),
        ('{"step": 1}\n', "its line 1 is none of a log"),
        (json.dumps(EPOCH | {"epoch": -1}), "its line 1 is none of a log"),
        (json.dumps(EPOCH | {"training": {"loss": float("nan")}}), "its line 1 is none of a log"),
        (json.dumps(EPOCH | {"training": {"loss": 1, "accuracy": 7}}), "its line 1 is none of a log"),
        ("[" * 100_000, "its line 1 is none of a log"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "run.jsonl").write_text(text)
    refused(log_of, tmp_path / "run.jsonl", why, "a log that `cnnspec train --log FILE.jsonl` has written")


def refused(read: Callable[[Path], object], path: Path, why: str, help: str) -> None:
    with pytest.raises(FileError) as error:
        read(path)
    [diagnostic] = error.value.diagnostics
    assert (diagnostic.code, diagnostic.why, diagnostic.help) == ("E403", why, help)


def test_an_evaluation_as_it_was_told(tmp_path: Path) -> None:
    wrong = (Mistake(3, "a/b.png", 0, 1, 0.25, 0.75), Mistake(4, "", 1, 0, 0.125, 0.5))
    told = Evaluation(9, 0.5, np.array([[4, 1], [1, 3]]), None, wrong=wrong)
    (tmp_path / "eval.json").write_text(to_json.render("net", "data", "all", told, ("cat", "dog")))
    found, classes = evaluation_of(tmp_path / "eval.json")
    assert (found.examples, found.loss, found.top5, found.wrong, classes) == (9, 0.5, None, wrong, ("cat", "dog"))
    assert found.accuracy == told.accuracy
    (tmp_path / "eval.json").write_text(to_json.render("net", "data", "all", Evaluation(9, float("inf")), None))
    found, classes = evaluation_of(tmp_path / "eval.json")
    assert (found.confusion, found.wrong, classes, str(found.loss)) == (None, None, None, "nan")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"examples": "many"}, "it is not what `eval --format json` writes"),
        ({"classes": 7}, "it is not what `eval --format json` writes"),
        ({"confusion": [[1, 2]]}, "its confusion matrix is not 2 x 2, a row for each class"),
        ({"confusion": [[1, 2], [3]]}, "its confusion matrix is not 2 x 2, a row for each class"),
        ({"confusion": [[1, 2], [3, -4]]}, "it is not what `eval --format json` writes"),
        (
            {"mistakes": [{"example": 1, "right": {"index": 0}, "answer": {"index": 2}}]},
            "a mistake names a class that there is not",
        ),
    ],
)
def test_what_is_no_evaluation_is_refused(tmp_path: Path, change: dict[str, Any], why: str) -> None:
    record = {"examples": 9, "classes": [{"class": None}, {"class": None}], "confusion": [[4, 1], [1, 3]]}
    (tmp_path / "eval.json").write_text(json.dumps(record | change))
    refused(evaluation_of, tmp_path / "eval.json", why, "`cnnspec eval SPEC --format json > FILE.json` writes one")


def test_bytes_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    refused(log_of, tmp_path / "x", "it is no text in UTF-8", "")
    with pytest.raises(FileError, match="E404"):
        evaluation_of(tmp_path / "y")
