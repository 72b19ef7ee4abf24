"""`--set`: options, one a line, as settings of training for a small spec."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import quadrants
from fuzz import spec_texts
from fuzz.target import Target

from cnnspec.diagnostics import SpecError
from cnnspec.language.overrides import configure
from cnnspec.language.sections.train import Augmentation, Train
from cnnspec.language.values.field_types import field_types
from cnnspec.spec import load

SPEC = load(io.StringIO(quadrants.SPEC))
MOST = 6
"""Options that are looked at one by one."""
GOOD = (
    "train.epochs=5\ntrain.rate=1/100",
    "train.augment.shift=2\ntrain.augment={flip: true}",
    "train.freeze=[conv]\ntrain.patience=3",
    "train.optimizer=sgd\ntrain.momentum=0.5\ntrain.schedule=cosine",
    "train.seed=7\ntrain.batch=64\ntrain.validation=1/4\ntrain.loss=mse",
)


def seeds() -> Iterator[bytes]:
    return (text.encode() for text in GOOD)


def check(data: bytes) -> None:
    """Each option alone, those that are taken together, and all of them."""
    options = data.decode("utf-8", "replace").split("\n")
    taken = [option for option in options[:MOST] if is_taken([option])]
    is_taken(taken)
    configure(SPEC.document, SPEC.graph, options)


def is_taken(options: Sequence[str]) -> bool:
    try:
        settings, warnings = configure(SPEC.document, SPEC.graph, options)
    except SpecError:
        return False
    assert Train.model_validate_json(settings.model_dump_json()) == settings
    assert all(found.severity == "warning" for found in warnings)
    return True


FIELDS = [f"train.{name}=" for name in field_types(Train)] + [f"train.augment.{n}=" for n in field_types(Augmentation)]
VALUES = [word for known in field_types(Train).values() for word in known.words]
WORDS = (*(word.encode() for word in (*FIELDS, *VALUES)), *spec_texts.words()[-60:])
TARGET = Target(seeds, check, WORDS, is_text=True)
