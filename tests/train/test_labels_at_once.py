"""Several labels at once: `binary_cross_entropy`, its data, and what an evaluation counts; weights of classes."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call
from datasets import class_folders, npz, pictures

from cnnspec.diagnostics import FileError, SpecError
from cnnspec.language.sections.train import Train
from cnnspec.reports.evaluation import to_json, to_text
from cnnspec.spec import Spec, load
from cnnspec.train.datasets import open_dataset
from cnnspec.train.losses import binary_cross_entropy, class_weights
from cnnspec.train.metrics import ClassScore, LabelMetrics

MARKS = """\
name: marks
input: {C: 1, H: 6, W: 6}
classes: [left, right, top]
layers:
  - conv: {F: 3, K: 4, P: same}
  - relu
  - flatten
  - dense: {K: 3}
  - sigmoid
train: {loss: binary_cross_entropy, epochs: 12, rate: 0.02, validation: 1/5}
"""


def net(text: str = MARKS) -> Spec:
    return load(io.StringIO(text))


def marks(count: int = 200) -> tuple[Any, Any]:
    """Noisy images, bright on the left, on the right, on top, on several of them or none."""
    random = np.random.default_rng(0)
    x = 0.3 * random.standard_normal((count, 1, 6, 6)).astype(np.float32)
    y = random.integers(0, 2, (count, 3))
    x[:, 0, :, :2] += y[:, :1, None]
    x[:, 0, :, 4:] += y[:, 1:2, None]
    x[:, 0, :2, :] += y[:, 2:, None]
    return x, y


@pytest.mark.parametrize("text", [MARKS, MARKS.replace("  - sigmoid\n", "")])
def test_labels_are_learned(text: str) -> None:
    """With a final sigmoid, or with scores: it is part of the loss."""
    learned = net(text).train(marks(), threads=1)
    last = learned.history[-1]
    assert last.validation is not None
    assert last.validation.accuracy is not None
    assert last.validation.accuracy > 0.9
    found = net(text).evaluate(marks(), learned.tensors)
    assert found.score == last.validation
    assert found.labels is not None
    assert found.labels.exact <= found.labels.accuracy
    assert [score.examples for score in found.classes()] == marks()[1][160:].sum(axis=0).tolist()


def test_types_of_targets_make_no_difference() -> None:
    x, y = marks(50)
    plain = net().train((x, y), threads=1, epochs=1)
    for other in (y.astype(bool), y.astype(np.float32), y.astype(np.uint8)):
        again = net().train((x, other), threads=1, epochs=1)
        assert all(np.array_equal(plain.tensors[name], again.tensors[name]) for name in plain.tensors)


def test_one_output_for_two_classes(tmp_path: Path) -> None:
    """Labels of 0 and 1, or a folder for each."""
    text = (
        "input: {C: 1, H: 4, W: 5}\nlayers: [flatten, {dense: {K: 1}}, sigmoid]\npreprocess: {scale: 1/255}\n"
        "train: {loss: binary_cross_entropy, epochs: 1}\n"
    )
    pixels, labels = pictures(12)
    x = pixels[:, None].astype(np.float32)
    flat, column = (net(text).train((x, y), threads=1) for y in (labels % 2, labels[:, None] % 2))
    assert all(np.array_equal(flat.tensors[name], column.tensors[name]) for name in flat.tensors)
    class_folders(tmp_path / "two", pixels, labels % 2)
    assert open_dataset(tmp_path / "two", net(text), "binary_cross_entropy").classes == ("ant", "bee")
    assert net(text).train(tmp_path / "two", threads=1).history[0].training.accuracy is not None


def test_masks() -> None:
    """A label for each cell of an image."""
    text = (
        "input: {C: 1, H: 6, W: 6}\nlayers: [{conv: {F: 3, K: 1, P: same}}, sigmoid]\n"
        "train: {loss: binary_cross_entropy, epochs: 20, rate: 0.05}\n"
    )
    x, _ = marks()
    learned = net(text).train((x, x > 0.5), threads=1)
    found = net(text).evaluate((x, x > 0.5), learned.tensors)
    assert found.accuracy is not None
    assert found.accuracy > 0.9


@pytest.mark.parametrize(
    ("y", "code", "cure"),
    [
        (
            np.arange(12) % 3,
            "E423",
            "`loss: cross_entropy`, where each example has one label; else save `numpy.eye(3)[y]`",
        ),
        (np.zeros((12, 1, 3)), "E423", "save `y.reshape(-1, 3)`"),
        (np.zeros((12, 4)), "E423", "`y` of shape (n, 3)"),
        (np.eye(12, 3) * 255, "E421", "save `y > 0`, or `loss: mse` for other numbers"),
        (np.full((12, 3), np.nan), "E421", "leave the example out"),
    ],
)
def test_other_answers_are_refused(y: Any, code: str, cure: str) -> None:
    x = np.zeros((12, 1, 6, 6), np.float32)
    with pytest.raises(FileError, match=code) as caught:
        net().train((x, y))
    assert caught.value.diagnostics[0].help == cure
    applied: dict[str, Callable[[], Any]] = {
        "numpy.eye(3)[y]": lambda: np.eye(3)[y],
        "y.reshape(-1, 3)": lambda: y.reshape(-1, 3),
        "y > 0": lambda: y > 0,
    }
    for words, value in applied.items():
        if f"save `{words}`" in cure:
            net().train((x, value()), threads=1, epochs=1)


def test_counts_are_those_of_plain_loops() -> None:
    random = np.random.default_rng(1)
    scores, y = random.standard_normal((30, 4)).astype(np.float32), random.integers(0, 2, (30, 4))
    metrics = LabelMetrics(binary_cross_entropy, 4)
    for part in (slice(0, 7), slice(7, 30)):
        metrics.add(scores[part], y[part])
    found = metrics.evaluation()
    pairs = [[(bool(s > 0), bool(t)) for s, t in zip(*rows, strict=True)] for rows in zip(scores, y, strict=True)]
    assert found.labels is not None
    assert found.labels.accuracy == sum(said == there for row in pairs for said, there in row) / 120
    assert found.labels.exact == sum(all(said == there for said, there in row) for row in pairs) / 30
    assert found.labels.each == tuple(
        ClassScore(sum(r[k][1] for r in pairs), sum(r[k][0] for r in pairs), sum(r[k] == (True, True) for r in pairs))
        for k in range(4)
    )


def test_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    x, y = marks(40)
    npz(Path("x.npz"), x=x, y=y)
    Path("net.yaml").write_text(MARKS)
    trained = call("train", "net.yaml", "--data", "x.npz", "--set", "train.epochs=2")
    assert (trained.code, trained.err, "accuracy" in trained.out) == (0, "", True)
    judge = "eval", "net.yaml", "--data", "x.npz", "--weights", "net.safetensors", "--part", "all"
    shown = call(*judge)
    assert "all labels right" in shown.out
    assert [line.split()[0] for line in shown.out.splitlines()[-3:]] == ["left", "right", "top"]
    told = call(*judge, "--format", "json").objects[0]
    assert (told["confusion"], told["top5"], len(told["classes"])) == (None, None, 3)
    assert 0 <= told["exact"] <= told["accuracy"] <= 1
    refused = call(*judge, "--plot", "c.svg")
    assert (refused.code, "no list of classes" in refused.err) == (2, True)
    found = net().evaluate("x.npz", "net.safetensors", part="all")
    assert to_text.render("t", found, None).count("\n") > 5
    assert '"class": null' in to_json.render("s", "d", "all", found, None)


@pytest.mark.parametrize(
    ("last", "settings", "code"),
    [
        ("softmax", "loss: binary_cross_entropy", "E306"),
        ("logsoftmax", "loss: binary_cross_entropy", "E306"),
        ("sigmoid", "loss: cross_entropy", "W302"),
        ("relu", "loss: cross_entropy", "W302"),
        ("softmax, softmax", "loss: cross_entropy", "W302"),
        ("tanh, softmax", "loss: cross_entropy", "W302"),
        ("softmax", "class_weights: [1, 2]", "E306"),
        ("softmax", "{loss: mse, class_weights: balanced}", "W301"),
    ],
)
def test_settings_that_do_not_suit(tmp_path: Path, last: str, settings: str, code: str) -> None:
    body = settings if settings.startswith("{") else f"{{{settings}}}"
    path = tmp_path / "net.yaml"
    path.write_text(f"input: {{C: 1, H: 4, W: 5}}\nlayers: [flatten, {{dense: {{K: 3}}}}, {last}]\ntrain: {body}\n")
    assert f"[{code}]" in call("validate", path).out + call("validate", path).err


@pytest.mark.parametrize("last", ["softmax", "logsoftmax", "sigmoid", "relu"])
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "mse"])
def test_what_is_part_of_the_loss(last: str, loss: Any) -> None:
    graph = net(f"input: {{C: 1, H: 4, W: 5}}\nlayers: [flatten, {{dense: {{K: 3}}}}, {last}]\n").graph
    part = (last, loss) in {
        ("softmax", "cross_entropy"),
        ("logsoftmax", "cross_entropy"),
        ("sigmoid", "binary_cross_entropy"),
    }
    assert len(Train(loss=loss).trained(graph).steps) == 3 - part


def test_balanced_weights_give_each_class_the_same_share() -> None:
    labels = np.array([0] * 60 + [1] * 30 + [3] * 10)
    weights = class_weights(Train(class_weights="balanced"), labels, 4)
    assert weights is not None
    assert [weights[k] * (labels == k).sum() for k in (0, 1, 3)] == pytest.approx([100 / 3] * 3)
    assert class_weights(Train(), labels, 4) is None


def test_a_rare_class_is_found_with_balanced_weights() -> None:
    random = np.random.default_rng(0)
    y = (random.random(600) < 0.04).astype(np.int64)
    x = (random.standard_normal((600, 1, 2, 2)) + 0.7 * y[:, None, None, None]).astype(np.float32)
    spec = net(
        "input: {C: 1, H: 2, W: 2}\nlayers: [flatten, {dense: {K: 2}}, softmax]\ntrain: {epochs: 20, rate: 0.02}\n"
    )
    recalls = []
    for settings in ({}, {"class_weights": "balanced"}, {"class_weights": [1, 20]}):
        learned = spec.train((x, y), threads=1, validation=0, **settings)
        recalls.append(list(spec.evaluate((x, y), learned.tensors, part="all").classes())[1].recall or 0)
    assert recalls[0] < 0.2
    assert min(recalls[1:]) > 0.6


def test_weights_for_each_class_are_needed() -> None:
    spec = net("input: {C: 1, H: 2, W: 2}\nlayers: [flatten, {dense: {K: 2}}, softmax]\n")
    with pytest.raises(SpecError, match="E306"):
        spec.train((np.zeros((9, 1, 2, 2)), np.zeros(9, int)), class_weights=[1, 2, 3])
