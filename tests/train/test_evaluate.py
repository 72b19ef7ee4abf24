"""What an evaluation counts, and how it is shown."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnspec.graph.array import Array
from cnnspec.reports.evaluation import confusion_svg, to_json, to_text
from cnnspec.train.losses import Loss, mean_squared_error
from cnnspec.train.metrics import ClassMetrics, ClassScore, Evaluation, RunningMetrics

SVG = "{http://www.w3.org/2000/svg}"


def loss(output: Array, y: NDArray[np.int64], count: int) -> Loss:
    return Loss(float(output[:, 0].mean()), 0, output)


def examples(classes: int, count: int = 200) -> tuple[Array, NDArray[np.int64]]:
    """Outputs that are mostly right, and labels."""
    random = np.random.default_rng(classes)
    y = random.integers(0, classes, count)
    output = random.normal(size=(count, classes)).astype(np.float32)
    output[np.arange(count), y] += 3
    return output, y


def found(classes: int, count: int = 200) -> Evaluation:
    metrics = ClassMetrics(loss, classes)
    metrics.add(*examples(classes, count))
    return metrics.evaluation()


def test_counts_are_those_of_plain_loops() -> None:
    output, y = examples(8)
    metrics = ClassMetrics(loss, 8)
    for part in (slice(0, 64), slice(64, 128), slice(128, 200)):
        metrics.add(output[part], y[part])
    evaluation = metrics.evaluation()
    confusion = [[0] * 8 for _ in range(8)]
    within = 0
    for row, label in zip(output.tolist(), y.tolist(), strict=True):
        best = sorted(range(8), key=lambda k: -row[k])
        confusion[label][best[0]] += 1
        within += label in best[:5]
    assert evaluation.confusion is not None
    assert evaluation.confusion.tolist() == confusion
    assert evaluation.top5 == within / 200
    assert evaluation.accuracy == sum(confusion[k][k] for k in range(8)) / 200
    assert evaluation.loss == pytest.approx(float(output[:, 0].mean()), rel=1e-5)
    scores = list(evaluation.classes())
    assert [score.precision for score in scores] == [confusion[k][k] / sum(r[k] for r in confusion) for k in range(8)]
    assert [score.recall for score in scores] == [confusion[k][k] / sum(confusion[k]) for k in range(8)]


def test_images_of_one_cell_are_classes() -> None:
    output, y = examples(3)
    metrics = ClassMetrics(loss, 3)
    metrics.add(output.reshape(-1, 3, 1, 1), y)
    assert np.array_equal(metrics.evaluation().confusion, found(3).confusion)  # type: ignore[arg-type]


def test_five_classes_have_no_top5() -> None:
    assert found(5).top5 is None
    assert found(6).top5 is not None


def test_equal_scores_go_to_the_first_class() -> None:
    metrics = ClassMetrics(loss, 7)
    metrics.add(np.zeros((7, 7), np.float32), np.arange(7))
    evaluation = metrics.evaluation()
    assert evaluation.accuracy == 1 / 7
    assert evaluation.top5 == 5 / 7


def test_scores_that_are_no_numbers_are_not_among_the_first_five() -> None:
    metrics = ClassMetrics(loss, 7)
    scores = np.zeros((3, 7), np.float32)
    scores[1:] = np.nan
    scores[2, 0] = 1
    metrics.add(scores, np.zeros(3, np.int64))
    assert metrics.within == 1


def test_nothing_is_ranked_where_top5_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def rank(*given: object, **options: object) -> None:
        raise AssertionError("it costs")

    for name in ("rank", "np.argsort"):
        monkeypatch.setattr(f"cnnspec.train.metrics.{name}", rank)
    found(5)


def test_without_classes_there_is_a_loss() -> None:
    metrics = RunningMetrics(mean_squared_error)
    metrics.add(np.zeros((4, 2), np.float32), np.ones((4, 2), np.float32))
    metrics.add(np.zeros((1, 2), np.float32), np.full((1, 2), 3, np.float32))
    evaluation = metrics.evaluation()
    assert (evaluation.loss, evaluation.accuracy, evaluation.top5) == ((4 + 9) / 5, None, None)
    assert (list(evaluation.classes()), evaluation.mistakes(3)) == ([], [])
    assert to_text.render("a", evaluation, None) == "a\n\nloss 2.6000\n"


def test_a_class_that_is_never_named_or_never_there() -> None:
    assert ClassScore(0, 2, 0).recall is None
    assert ClassScore(2, 0, 0).precision is None
    assert ClassScore(4, 2, 1) == ClassScore(examples=4, named=2, right=1)
    assert (ClassScore(4, 2, 1).precision, ClassScore(4, 2, 1).recall) == (0.5, 0.25)


def test_the_commonest_mistakes() -> None:
    confusion = np.array([[9, 2, 0], [5, 9, 2], [0, 0, 9]])
    assert Evaluation(36, 0.0, confusion).mistakes(2) == [(5, 1, 0), (2, 0, 1)]
    assert Evaluation(36, 0.0, confusion).mistakes(9) == [(5, 1, 0), (2, 0, 1), (2, 1, 2)]


def test_text(golden: Callable[[str, str], None]) -> None:
    golden("evaluation.txt", to_text.render("digits: 200 examples", found(10), None))
    golden("evaluation-named.txt", to_text.render("pets", found(3), ("cat", "a dog\x1b[2J", "bird")))
    golden("evaluation-many.txt", to_text.render("many", found(24, 2000), None))


def test_a_matrix_that_does_not_fit_is_not_shown() -> None:
    assert "confusion" in to_text.render("digits", found(10), None, width=80)
    narrow = to_text.render("digits", found(10), None, width=30)
    assert "confusion" not in narrow
    assert "the commonest mistakes" in narrow


@pytest.mark.parametrize("width", [40, 60, 80])
def test_an_evaluation_is_as_wide_as_the_terminal(width: int) -> None:
    title = "Small digits: 359 of 1,797 examples of the bundled digits, held out; `--part all` for all"
    names = tuple(f"class {i} with a name of some length, as folders have" for i in range(10))
    for classes in None, names:
        lines = to_text.render(title, found(10), classes, width).splitlines()
        assert max(map(len, lines)) <= width
        assert any("`--part all`" in line for line in lines)


def test_json() -> None:
    evaluation = found(3)
    record = json.loads(to_json.render("pets", "folder", "all", evaluation, ("cat", "dog", "bird")))
    assert record.keys() == {
        "spec",
        "data",
        "part",
        "examples",
        "loss",
        "accuracy",
        "top5",
        "exact",
        "classes",
        "mistakes",
        "confusion",
    }
    assert evaluation.confusion is not None
    assert record["confusion"] == evaluation.confusion.tolist()
    assert [each["class"] for each in record["classes"]] == ["cat", "dog", "bird"]
    assert record["top5"] is None
    bare = json.loads(to_json.render("net", "folder", "all", Evaluation(3, 0.5), None))
    assert (bare["classes"], bare["confusion"], bare["accuracy"]) == ([], None, None)


@pytest.mark.parametrize("lost", [np.inf, np.nan])
def test_json_has_no_number_for_a_loss_that_is_none(lost: float) -> None:
    evaluation = Evaluation(3, lost, np.eye(3, dtype=np.int64))
    assert json.loads(to_json.render("net", "folder", "all", evaluation, None))["loss"] is None


def test_names_that_are_too_few_are_none() -> None:
    """Numbers take their place for people, null for programs."""
    record = json.loads(to_json.render("net", "folder", "all", found(3), ("cat", "dog")))
    assert [each["class"] for each in record["classes"]] == [None] * 3
    assert "cat" not in to_text.render("net", found(3), ("cat", "dog"))


@pytest.mark.parametrize("classes", [2, 10, 40])
def test_a_picture_of_the_confusion(classes: int) -> None:
    evaluation = found(classes, 50 * classes)
    picture = ET.fromstring(confusion_svg.render("net <1>", evaluation, None))
    width, height = float(picture.get("width") or 0), float(picture.get("height") or 0)
    cells = [cell for cell in picture.iter(f"{SVG}rect") if cell.get("fill-opacity")]
    assert len(cells) == classes**2
    for cell in cells:
        assert float(cell.get("x") or 0) + float(cell.get("width") or 0) <= width
        assert float(cell.get("y") or 0) + float(cell.get("height") or 0) <= height
    words = [text.text or "" for text in picture.iter(f"{SVG}text")]
    assert evaluation.confusion is not None
    counts = [f"{count}" for count in evaluation.confusion.ravel().tolist() if count]
    shown = words[len(words) - len(counts) :]
    assert (shown == counts) is (classes <= confusion_svg.FEW)


def test_a_picture_with_long_names() -> None:
    words = confusion_svg.render("pets", found(3), ("cat", "dog", "a bird of paradise & more"))
    assert "a bird of para…" not in words
    assert "a bird of par…" in words
