"""How training went and how good the network is, as the page shows it: pictures that stand for themselves."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from ...train.events import EpochDone
from ...train.metrics import Evaluation
from ..drawing.json_number import json_number
from ..drawing.terminal_text import escaped
from ..evaluation import confusion_svg
from ..training import curves_svg

WIDEST = 200
"""Classes of a confusion matrix that is drawn; beyond, nobody could read it."""


def training_data(
    name: str, epochs: Sequence[EpochDone], found: Evaluation | None, classes: Sequence[str] | None
) -> dict[str, Any] | None:
    """Learning curves of some epochs and an evaluation of a network; None where there is neither."""
    if not epochs and found is None:
        return None
    said: dict[str, Any] = {"curves": _image(curves_svg.render(name, epochs)) if epochs else None}
    if found is None:
        return said
    names = found.named_answers(classes)

    def named(index: int) -> str:
        return escaped(names[index]) if names else str(index)

    is_drawn = found.confusion is not None and len(found.confusion) <= WIDEST
    return said | {
        "confusion": _image(confusion_svg.render(name, found, classes)) if is_drawn else None,
        "examples": found.examples,
        "loss": json_number(found.loss),
        "accuracy": found.accuracy,
        "mistakes": [
            [each.example, escaped(each.file), named(each.right), named(each.said), json_number(each.said_score)]
            for each in found.wrong or ()
        ],
    }


def _image(svg: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode('ascii')}"
