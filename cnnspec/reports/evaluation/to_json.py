"""An evaluation for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...train.metrics import Evaluation
from ...train.mistakes import Mistake
from ..drawing.json_number import json_number


def render(spec: str, data: str, part: str, found: Evaluation, classes: Sequence[str] | None) -> str:
    """A JSON object; what does not apply is null, and so is a loss that is not finite. `confusion` is K x K: rows are
    the right class.
    `mistakes` are null where they are not asked for; a `score` is null that is not finite."""
    named = found.named(classes)
    record = {
        "spec": spec,
        "data": data,
        "part": part,
        "examples": found.examples,
        "loss": json_number(found.loss),
        "accuracy": found.accuracy,
        "top5": found.top5,
        "exact": found.labels.exact if found.labels is not None else None,
        "classes": [
            {
                "index": index,
                "class": named[index] if named else None,
                "examples": score.examples,
                "precision": score.precision,
                "recall": score.recall,
            }
            for index, score in enumerate(found.classes())
        ],
        "mistakes": None
        if found.wrong is None
        else [_mistake(each, found.named_answers(classes)) for each in found.wrong],
        "confusion": None if found.confusion is None else found.confusion.tolist(),
    }
    return json.dumps(record, allow_nan=False) + "\n"


def _mistake(found: Mistake, names: Sequence[str] | None) -> dict[str, object]:
    def said(index: int, score: float) -> dict[str, object]:
        return {"index": index, "class": names[index] if names else None, "score": json_number(score)}

    return {
        "example": found.example,
        "file": found.file or None,
        "right": said(found.right, found.right_score),
        "answer": said(found.said, found.said_score),
    }
