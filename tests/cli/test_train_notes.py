"""What `cnnspec train` explains, notes and offers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from calling import call, image
from quadrants import SPEC

THREADS = ("--threads", "1")
CLASSES = "classes: [top left, top right, bottom left, bottom right]"


def test_stars_and_what_is_kept_are_explained(net: Path) -> None:
    """At such a rate no output changes, and no epoch is better than the first."""
    called = call("train", "net.yaml", *THREADS, "--set", "train.rate=1e-20")
    assert (
        "\n* the smallest loss so far on the examples held out; kept are the weights of the last epoch:\n" in called.out
    )
    assert "\n  `--set train.patience=N` keeps those of the best\n" in called.out
    called = call("train", "net.yaml", *THREADS, "--set", "train.validation=0")
    assert "*" not in called.out


def test_frozen_weights_that_nobody_gave(net: Path) -> None:
    said = "note: what is frozen stays as it is drawn, at random: `--weights FILE` gives it values\n"
    assert call("train", "net.yaml", *THREADS, "--freeze", "conv").err == said
    again = ("--weights", "net.safetensors", "--restart")
    assert call("train", "net.yaml", *THREADS, "--freeze", "conv", *again).err == ""


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (4, 'write `classes: [a, "b: c", class 0, class 1]` into the spec'),
        (12, "{}, class 7 and 2 more; give the spec these names as its `classes`"),
    ],
)
def test_classes_that_only_folders_name(net: Path, count: int, said: str) -> None:
    names = ["a", "b: c", *(f"class {n}" for n in range(count - 2))]
    for number, name in enumerate(names):
        (net.parent / "images" / name).mkdir(parents=True)
        for each in range(2):
            image(net.parent / "images" / name / f"{each}.png", number, (6, 6))
    preprocess = "preprocess: {mode: gray, resize: [6, 6], scale: 1/255}"
    net.write_text(SPEC.replace(CLASSES, preprocess).replace("{dense: {K: 4}", f"{{dense: {{K: {count}}}"))
    called = call("train", "net.yaml", *THREADS, "--data", "images", "--set", "train.validation=4")
    first = ", ".join(sorted(names)[:9])
    note = f"note: the classes are called as in the data: {said.format(first)}\n"
    assert (called.code, called.err.startswith(note)) == (0, True)


@pytest.mark.parametrize("command", ["train", "eval"])
@pytest.mark.parametrize(
    ("options", "cure"),
    [
        (["--epochs", "5"], "train.epochs=5"),
        (["--lr=0.1"], "train.rate=0.1"),
        (["--batch-size", "16"], "train.batch=16"),
        (["--nesterov", "--part"], "train.nesterov=VALUE"),
        (["--epoch=5"], "train.epochs=5"),
        (["--flip"], "train.augment.flip=VALUE"),
    ],
)
def test_a_setting_as_an_option(net: Path, command: str, options: list[str], cure: str) -> None:
    called = call(command, "net.yaml", *options)
    said = f"Error: No such option '{options[0].partition('=')[0]}'. Did you mean `--set {cure}`?"
    assert (called.code, called.err.splitlines()[-1]) == (2, said)


def test_options_that_are_no_settings(net: Path) -> None:
    assert call("train", "net.yaml", "--xyz", "4").err.endswith("No such option '--xyz'.\n")
    assert "--weights" in call("train", "net.yaml", "--weight", "4").err


def test_the_loss_held_out_is_without_smoothing(net: Path) -> None:
    options = "--set", "train.smoothing=0.5", "--log", "log.jsonl"
    assert call("train", "net.yaml", *THREADS, *options).code == 0
    last = json.loads(Path("log.jsonl").read_text().splitlines()[-1])
    weights = "--weights", "net.safetensors", "--format", "json"
    for smoothing in ("0", "0.5"):
        found = json.loads(call("eval", "net.yaml", *weights, "--set", f"train.smoothing={smoothing}").out)
        assert found["loss"] == pytest.approx(last["validation"]["loss"], rel=1e-6)
    assert found["loss"] < last["training"]["loss"] - 0.1
