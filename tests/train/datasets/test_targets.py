"""Labels and targets that the network cannot learn are refused before any work, with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import class_folders, idx_folder, network, npz, pictures, refusal, table

from cnnspec.diagnostics import FileError
from cnnspec.language.sections.train import LossName
from cnnspec.train.datasets import open_dataset
from cnnspec.train.datasets.split import Split


@pytest.mark.parametrize(
    ("labels", "message", "cure"),
    [
        ([0, 1, 5, 3], "label 5 of example 2 is no class", "a last layer of 6 outputs, `dense: {K: 6}`"),
        ([1, 2, 3, 3], "label 3 of example 2 is no class", "classes are counted from 0: save `y - 1`"),
        ([0, -1, 2, 1], "label -1 of example 1 is no class", "count classes from 0"),
    ],
)
def test_labels_out_of_range(tmp_path: Path, labels: list[int], message: str, cure: str) -> None:
    found = refusal(npz(tmp_path / "a.npz", x=np.zeros((4, 1, 4, 5)), y=np.array(labels)))
    assert (found.code, found.message, found.help) == ("E421", message, cure)
    pixels, _ = pictures(4)
    assert refusal(table(tmp_path / "a.csv", pixels, np.array(labels, np.int64))).code == "E421"
    if min(labels) >= 0:
        assert refusal(idx_folder(tmp_path, pixels, np.array(labels, np.uint8))).code == "E421"


def test_more_folders_than_scores(tmp_path: Path) -> None:
    found = refusal(class_folders(tmp_path, *pictures(2)))
    assert (found.code, found.message) == ("E421", "2 classes, but the network gives 3 scores")


def test_a_folder_that_is_no_class_of_the_spec(tmp_path: Path) -> None:
    net = network(rest="preprocess: {scale: 1}\nclasses: [ant, bee, cow]")
    found = refusal(class_folders(tmp_path, *pictures()), net)
    assert (found.code, found.message) == ("E421", "`cat` is no class of the spec")
    assert found.why == "the spec's `classes` are ant, bee, cow"


@pytest.mark.parametrize("y", [np.zeros(3, int), np.zeros(5, int), np.zeros(0, int)])
def test_x_and_y_of_different_length(tmp_path: Path, y: Any) -> None:
    assert refusal(npz(tmp_path / "a.npz", x=np.zeros((4, 1, 4, 5)), y=y)).code == "E422"


@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_a_single_number_for_all_answers(tmp_path: Path, n: int, loss: LossName) -> None:
    found = refusal(npz(tmp_path / "a.npz", x=np.zeros((n, 1, 4, 5)), y=np.array(2)), loss=loss)
    assert (found.code, found.message) == ("E423", "`y` is a single number")


def test_images_and_labels_of_different_number(tmp_path: Path) -> None:
    pixels, labels = pictures(7)
    found = refusal(idx_folder(tmp_path, pixels, labels[:-1]))
    assert (found.code, found.why) == ("E422", "7 inputs, 6 answers")


IMAGE = "[conv: {F: 3, K: 2, P: same}]"


@pytest.mark.parametrize(
    ("layers", "loss", "y", "cure"),
    [
        (None, "cross_entropy", np.zeros((4, 3)), "`loss: mse`; when they are classes one-hot, save `y.argmax(1)`"),
        (None, "cross_entropy", np.zeros(4), "save `y.astype(int)`, or `loss: mse`"),
        (None, "cross_entropy", np.zeros((4, 1), int), "`y` of shape (n,)"),
        (IMAGE, "cross_entropy", np.zeros(4, int), "`y` of shape (n, 4, 5)"),
        (IMAGE, "cross_entropy", np.zeros((4, 1, 4, 5)), "`loss: mse`"),
        (None, "mse", np.zeros((4, 2)), "`y` of shape (n, 3)"),
        (IMAGE, "mse", np.zeros((4, 40)), "save `y.reshape(-1, 2, 4, 5)`"),
        ("[flatten, dense: {K: 1}]", "mse", np.zeros(4), "save `y.reshape(-1, 1)`"),
        (IMAGE, "mse", np.zeros(4, int), "`y` of shape (n, 2, 4, 5)"),
    ],
)
def test_answers_that_do_not_fit(tmp_path: Path, layers: str | None, loss: LossName, y: Any, cure: str) -> None:
    net = network(layers=layers) if layers else network()
    found = refusal(npz(tmp_path / "a.npz", x=np.zeros((4, 1, 4, 5)), y=y), net, loss)
    assert (found.code, found.help) == ("E423", cure)


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_labels_for_a_network_that_gives_images(tmp_path: Path, loss: LossName) -> None:
    pixels, labels = pictures()
    assert refusal(idx_folder(tmp_path, pixels, labels), network(layers=IMAGE), loss).code == "E423"
    assert refusal(class_folders(tmp_path / "f", pixels, labels), network(layers=IMAGE), loss).code == "E423"


def test_a_class_that_is_held_out_alone(tmp_path: Path) -> None:
    net = network(rest="classes: [ant, bee, cat]")
    path = npz(tmp_path / "a.npz", x=np.zeros((6, 1, 4, 5)), y=np.array([0, 0, 1, 1, 2, 2]))
    examples = open_dataset(path, net)
    for held in (0, 1):
        Split.of(examples, held)
    with pytest.raises(FileError) as caught:
        Split.of(examples, 2)
    (found,) = caught.value.diagnostics
    assert found.code == "E425"
    assert found.why.startswith("class `cat` is found among the last 2 examples alone")


@pytest.mark.parametrize(("rest", "name"), [("classes: [down, up, level]", "up"), ("", "1")])
def test_a_truth_that_is_held_out_alone(tmp_path: Path, rest: str, name: str) -> None:
    """Labels may be of type bool: they count as 0 and 1."""
    path = npz(tmp_path / "a.npz", x=np.zeros((4, 1, 4, 5)), y=np.array([False, False, False, True]))
    with pytest.raises(FileError) as caught:
        Split.of(open_dataset(path, network(rest=rest)), 1)
    (found,) = caught.value.diagnostics
    assert found.code == "E425"
    assert found.why.startswith(f"class `{name}` is found among the last 1 example alone")


def test_targets_have_no_classes_to_miss(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", x=np.zeros((2, 1, 4, 5)), y=np.eye(2, 3))
    Split.of(open_dataset(path, network(), "mse"), 1)
