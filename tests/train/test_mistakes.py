"""The most confident mistakes: which are kept, in which order, with which scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnnspec import load
from cnnspec.train.mistakes import Mistake, Mistakes

NET = """\
cnnspec: 1
input: {C: 1, H: 1, W: 3}
train: {data: x.npz, validation: 0, loss: LOSS}
layers:
  - conv: {F: 1, K: 1, bias: false}
  - flatten
LAYERS"""
ONE = {"conv1.weight": np.ones((1, 1, 1, 1), np.float32)}


def gathered(most: int, size: int, scores: np.ndarray, y: np.ndarray) -> list[Mistake]:
    mistakes = Mistakes(most, "cross_entropy", (scores.shape[1],), "int64")
    for i in range(0, len(scores), size):
        part = slice(i, i + size)
        mistakes.add(np.arange(len(scores))[part], scores[part], y[part])
    return mistakes.found()


@pytest.mark.parametrize("size", [1, 7, 100])
@pytest.mark.parametrize("most", [1, 5, 1000])
def test_they_are_those_of_all_examples_together(most: int, size: int) -> None:
    """However the examples are cut into batches; beside a plain loop over all of them."""
    random = np.random.default_rng(4)
    scores, y = random.normal(size=(100, 4)).astype(np.float32), random.integers(0, 4, 100)
    expected = []
    for i in range(100):
        e = np.exp(scores[i].astype(float))
        said = int(scores[i].argmax())
        if said != y[i]:
            expected.append((i, int(y[i]), said, e[y[i]] / e.sum(), e[said] / e.sum()))
    expected.sort(key=lambda each: -each[4])
    found = gathered(most, size, scores, y)
    assert [(each.example, each.right, each.said) for each in found] == [each[:3] for each in expected[:most]]
    np.testing.assert_allclose([each[4:] for each in found], [each[3:] for each in expected[:most]], rtol=1e-12)


def test_equal_ones_come_in_their_order_and_what_is_not_finite_last() -> None:
    scores = np.array([[0, 1], [np.nan, 1], [0, 1], [0, 2]], np.float32)
    assert [each.example for each in gathered(4, 2, scores, np.array([0, 1, 0, 0]))] == [3, 0, 2, 1]


def test_a_single_output_tells_two_classes_apart() -> None:
    mistakes = Mistakes(3, "binary_cross_entropy", (1,), "int64")
    mistakes.add(np.array([5, 6, 7]), np.array([[2.0], [-1.0], [3.0]]), np.array([[0], [1], [1]]))
    first, second = mistakes.found()
    assert (first.example, first.right, first.said, second.example, second.right, second.said) == (5, 0, 1, 6, 1, 0)
    assert first.said_score == pytest.approx(1 / (1 + np.exp(-2)))
    assert second.said_score == pytest.approx(1 / (1 + np.exp(-1)))


def test_with_mse_the_scores_are_the_outputs() -> None:
    mistakes = Mistakes(3, "mse", (2,), "int64")
    mistakes.add(np.array([0]), np.array([[-0.5, 7.0]]), np.array([0]))
    assert mistakes.found() == [Mistake(0, "", 0, 1, -0.5, 7.0)]


@pytest.mark.parametrize(
    ("loss", "shape", "answers"),
    [("mse", (3,), "float32"), ("binary_cross_entropy", (3,), "int64"), ("cross_entropy", (3, 2, 2), "int64")],
)
def test_what_is_no_class_cannot_be_mistaken(loss: str, shape: tuple[int, ...], answers: str) -> None:
    with pytest.raises(ValueError, match="the output is no list of classes of which one is right"):
        Mistakes(1, loss, shape, answers)  # type: ignore[arg-type]


def test_a_spec_names_them(tmp_path: Path) -> None:
    """Scores are the input; `part` counts from the place where it begins."""
    path = tmp_path / "net.yaml"
    path.write_text(NET.replace("LOSS", "cross_entropy").replace("LAYERS", "  - softmax\n"))
    x = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]].reshape(6, 1, 1, 3)
    np.savez(tmp_path / "x.npz", x=x, y=np.array([0, 1, 2, 0, 1, 0]))
    found = load(path).evaluate(weights=ONE, part="all", mistakes=4)
    assert found.wrong is not None
    assert [(each.example, each.right, each.said, each.file) for each in found.wrong] == [(5, 0, 2, "")]
    assert load(path).evaluate(weights=ONE, part="all").wrong is None
    held = load(path).evaluate(weights=ONE, mistakes=4, validation=2)
    assert held.wrong is not None
    assert [each.example for each in held.wrong] == [5]


def test_of_a_folder_of_images_the_files_are_named(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    text = NET.replace("LOSS", "cross_entropy").replace("LAYERS", "  - softmax\n").replace("x.npz", "data")
    path.write_text(text + "preprocess: {mode: gray, scale: 1/255}\nclasses: [a, b, c]\n")
    for name, pixels in {"a/1": [0, 255, 0], "a/2": [255, 0, 0], "b/3": [0, 255, 0], "c/4": [0, 0, 255]}.items():
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.array([pixels], np.uint8)).save(tmp_path / "data" / f"{name}.png")
    found = load(path).evaluate(weights=ONE, part="all", mistakes=4)
    assert found.wrong is not None
    assert [(each.file, each.right, each.said) for each in found.wrong] == [(str(Path("a/1.png")), 0, 1)]
