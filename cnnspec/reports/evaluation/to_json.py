"""An evaluation for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...train.metrics import Evaluation
from ..drawing.json_number import json_number


def render(spec: str, data: str, part: str, found: Evaluation, classes: Sequence[str] | None) -> str:
    """A JSON object; what does not apply is null, and so is a loss that is not finite. `confusion` is K x K: rows are
    the right class."""
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
        "confusion": None if found.confusion is None else found.confusion.tolist(),
    }
    return json.dumps(record, allow_nan=False) + "\n"
