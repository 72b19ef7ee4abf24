"""The `train` section: read, checked against the network, overridden on the command line, explained, in the schema."""

from __future__ import annotations

import io
from typing import Any

import pytest
from calling import call

from cnnspec.diagnostics import SpecError
from cnnspec.language.overrides import configure
from cnnspec.language.sections.train import Augmentation, Train
from cnnspec.spec import Spec, load

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
    assert configured("", " train.data = a  b.npz ") == {"data": "a  b.npz"}
    assert configured("", "train.data=a\nb") == {"data": "a b"}


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


def test_a_long_option_is_said_in_part() -> None:
    (said,) = refused(f"train.style=[{'abc,' * 50_000}]")
    assert len(said) < 500


def test_every_mistaken_option_is_told() -> None:
    assert len(refused("train.epochs=0", "train.batch=0", "batch=1")) == 3


def test_an_option_is_held_against_the_section() -> None:
    assert refused("train.epochs=2", train="{warmup: 3, epochs: 9}") == [
        "<file> E305 the rate never gets to its height"
    ]


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ("[globalavgpool, {flatten: {}, name: out}, {dense: {K: 3}}]", "the network has nothing to learn"),
        ("[{softmax: {}, name: out}, {conv: {F: 3, K: 1}}]", "the network has nothing to learn"),
        ("[{conv: {F: 3, K: 1}, name: still}, {flatten: {}, name: out}, {dense: {K: 3}}]", "nothing is left to learn"),
    ],
)
def test_what_the_output_does_not_hang_on_is_not_learned(layers: str, said: str) -> None:
    given = load(io.StringIO(f"input: {{C: 3, H: 8, W: 8}}\nlayers: {layers}\noutputs: [out]\n"))
    found = Train(freeze=("still",) if "still" in layers else ()).issues(given.graph)
    assert [issue.message for issue in found] == [said]


def test_the_input_itself_is_not_learned() -> None:
    given = load(io.StringIO("input: {C: 3, H: 8, W: 8}\nlayers: [{conv: {F: 2, K: 1}}]\noutputs: [input]\n"))
    assert [issue.message for issue in Train().issues(given.graph)] == ["the network has nothing to learn"]


def test_targets_that_are_images_are_not_augmented() -> None:
    """They would have to be moved, turned and mirrored with their images."""
    given = load(io.StringIO("input: {C: 3, H: 8, W: 8}\nlayers: [{conv: {F: 3, K: 2}}]\n"))
    for loss in ("cross_entropy", "mse"):
        for augment in (Augmentation(shift=1), Augmentation(crop=1), Augmentation(flip=True), Augmentation(rotate=5)):
            [found] = Train(loss=loss, augment=augment).issues(given.graph)
            assert (found.code, found.field) == ("E306", "augment")
        assert not [*Train(loss=loss, augment=Augmentation(flip=False)).issues(given.graph)]


@pytest.mark.parametrize(
    ("augment", "field"),
    [
        ({"shift": 8}, "augment.shift"),
        ({"crop": 100_000}, "augment.crop"),
        ({"shift": 3, "crop": 5}, "augment.crop"),
        ({"shift": 3, "crop": 4}, None),
    ],
)
def test_an_image_is_not_moved_away(augment: dict[str, int], field: str | None) -> None:
    found = [issue.field for issue in Train(augment=Augmentation(**augment)).issues(spec().graph)]
    assert found == ([field] if field else [])


def test_an_option_is_held_against_the_other_fields_of_its_mapping() -> None:
    said = "can move all of the image away"
    assert refused("train.augment.crop=2", train="{augment: {shift: 6}}") == [f"<file> E306 `shift` {said}"]
    assert refused("train.augment.crop=6", train="{augment: {shift: 2}}") == [
        f"--set train.augment.crop=6 E306 `crop` {said}"
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
