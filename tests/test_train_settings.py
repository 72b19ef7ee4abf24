"""The `train` section: read, checked against the network, overridden on the command line, explained, in the schema."""

from __future__ import annotations

import io
from typing import Any

import pytest
from calling import call

from cnnspec.diagnostics import SpecError
from cnnspec.spec import Spec, load
from cnnspec.train.overriding import configure
from cnnspec.train.settings import Augmentation, Train

NET = "input: {C: 1, H: 8, W: 8}\nlayers: [{conv: {F: 3, K: 4}}, flatten, {dense: {K: 10}}, softmax]\n"


def spec(train: str = "") -> Spec:
    return load(io.StringIO(NET + (f"train: {train}\n" if train else "")))


def configured(train: str, *options: str) -> dict[str, Any]:
    """What settings differ from the defaults."""
    given = spec(train)
    return configure(given.document, given.graph, options)[0].model_dump(exclude_defaults=True)


def refused(*options: str, train: str = "") -> list[str]:
    given = spec(train)
    with pytest.raises(SpecError) as error:
        configure(given.document, given.graph, options)
    return [f"{d.file} {d.code} {d.message} {d.label}".strip() for d in error.value.diagnostics]


def test_every_key_has_a_default() -> None:
    given = spec()
    assert given.header.train is None
    assert configure(given.document, given.graph) == (Train(), ())


def test_section_is_read() -> None:
    train = spec("{validation: 1/5, rate: 1e-2, betas: [0.8, 0.9], augment: {shift: 2, flip: true}}").header.train
    assert train is not None
    assert (train.validation, train.rate, train.betas) == (0.2, 0.01, (0.8, 0.9))
    assert train.augment == Augmentation(shift=2, flip=True)


@pytest.mark.parametrize(
    ("text", "value"), [("10000", 10000), ("0", 0), ("1/5", 0.2), ("0.25", 0.25), ("2*3", 6), ("1e-1", 0.1)]
)
def test_validation_is_a_count_or_a_share(text: str, value: float) -> None:
    given = spec()
    found = configure(given.document, given.graph, [f"train.validation={text}"])[0].validation
    assert found == value
    assert type(found) is type(value)


def test_options_take_the_place_of_the_section() -> None:
    assert configured("{epochs: 3, batch: 8}", "train.epochs=5") == {"epochs": 5, "batch": 8}
    assert configured("{augment: {shift: 1}}", "train.augment.crop=4") == {"augment": {"shift": 1, "crop": 4}}
    assert configured("", "train.augment.flip=true") == {"augment": {"flip": True}}
    assert configured("", "train.epochs=5", "train.epochs=6") == {"epochs": 6}
    assert configured("", 'train.freeze=[conv1, "*.bias"]') == {"freeze": ("conv1", "*.bias")}
    assert configured("{clip: 2}", "train.clip=null") == {}
    assert configured("", "train.data=a b.npz") == {"data": "a b.npz"}


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("train.epoch=5", "E102 unknown field `epoch` did you mean `epochs`?"),
        ("train.lr=5", "E102 unknown field `lr` did you mean `rate`?"),
        ("train.augment.shft=5", "E102 unknown field `shft` did you mean `shift`?"),
        ("train.epochs=0", "E104 `train.epochs` must be at least 1 this is 0"),
        ("train.epochs=2.5", "E106 2.5 is not a whole number"),
        ("train.validation=1.5", "E104 `train.validation` must be less than 1 this is 1.5"),
        ("train.validation=1", "E305 one example says nothing about the rest"),
        ("train.optimizer=sdg", "E104 `optimizer` takes `adam`, `adamw` or `sgd` did you mean `sgd`?"),
        ("train.nesterov=yes", "E008 `yes` is not true or false for `nesterov`"),
        ("train.freeze=[conv9]", "E306 `conv9` freezes nothing"),
        ("train.epochs", "E102 `train.epochs` sets nothing that is known"),
        ("epochs=5", "E102 `epochs=5` sets nothing that is known"),
        ("train.=5", "E102 `train.=5` sets nothing that is known"),
        ("train.epochs.more=5", "E104 `epochs` takes a whole number (>= 1) this is a mapping"),
        ("input.C=5", "E102 `input.C=5` sets nothing that is known"),
    ],
)
def test_mistaken_options_are_named(option: str, said: str) -> None:
    assert refused("train.batch=4", option) == [f"--set {option} {said}"]


def test_every_mistaken_option_is_told() -> None:
    assert len(refused("train.epochs=0", "train.batch=0", "batch=1")) == 3


def test_an_option_is_held_against_the_section() -> None:
    assert refused("train.epochs=2", train="{warmup: 3, epochs: 9}") == [
        "<file> E305 the rate never gets to its height"
    ]


def test_warnings_are_given_with_settings() -> None:
    given = spec("{momentum: 0.5}")
    settings, warnings = configure(given.document, given.graph, ["train.every=3"])
    assert settings.momentum == 0.5
    assert {d.code for d in warnings} == {"W301"}
    assert {(d.file, d.message) for d in warnings} == {
        ("<file>", "`momentum` does nothing here"),
        ("--set train.every=3", "`every` does nothing here"),
    }


def test_freezing_takes_tensors_and_layers() -> None:
    settings = Train(freeze=("conv1", "features.*", "*.bias"))
    frozen = ["conv1.weight", "features.0.conv1.weight", "dense1.bias", "dense1.weight", "conv10.weight"]
    assert [name for name in frozen if settings.freezes(name)] == frozen[:3]


def test_the_manual_has_a_page() -> None:
    shown = call("explain", "train").out
    assert all(f"    {name} " in shown for name in Train.model_fields)
    assert all(f"    augment.{name} " in shown for name in Augmentation.model_fields)
