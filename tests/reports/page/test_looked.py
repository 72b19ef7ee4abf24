"""Where the network looked, and how it was learned, in the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnspec import load, report
from cnnspec.reports.inspection.attribution import attribution, spread
from cnnspec.reports.inspection.trace import trace
from cnnspec.reports.page.heat_data import SHADES, heat_data
from cnnspec.reports.page.network import numbers
from cnnspec.spec.running import first
from cnnspec.weights import save

PIXELS = """(i) => {
    const canvas = document.querySelectorAll("#looked canvas")[i];
    const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return [height, width, Array.from(data)];
}"""
PAINTED = """() => [...document.querySelectorAll("#looked canvas")].every(({ width }) => width === 224)"""
NET = """\
cnnspec: 1
name: Two
input: {C: 1, H: 2, W: 2}
sample: x.npy
weights: w.npz
layers:
  - conv: {F: 1, K: 2, bias: false}
  - flatten
  - dense: {K: 2, bias: false}
outputs: [dense1]
"""


def two(folder: Path, x: list[list[float]]) -> Path:
    """A network whose first class adds map 0, the input, up, and whose second takes map 1, the same, off."""
    (folder / "two.yaml").write_text(NET)
    dense = np.array([[1, 1, 1, 1, 0, 0, 0, 0], [0, 0, 0, 0, -1, -1, -1, -1]], np.float32)
    tensors = {"conv1.weight": np.ones((2, 1, 1, 1), np.float32), "dense1.weight": dense}
    save(tensors, folder / "w.npz")
    np.save(folder / "x.npy", np.array([[x]], np.float32))
    return folder / "two.yaml"


def told(folder: Path, x: list[list[float]], target: int | None = None) -> Any:
    spec = load(two(folder, x))
    ran = trace(spec.graph, spec.compile().tensors, np.array([x], np.float32))
    return heat_data(ran, numbers(spec.graph), target)


def test_what_the_page_is_told(tmp_path: Path) -> None:
    found = told(tmp_path, [[0, 1], [0.5, 0]])
    assert (found["class"], found["layer"], found["place"]) == (0, 3, (0,))
    cam, gradient = found["kinds"]
    assert (cam["at"], cam["shape"], cam["against"], cam["largest"]) == (1, (2, 2), False, 1.0)
    assert cam["heat"] == [0, SHADES, round(SHADES / 2), 0]
    assert (gradient["at"], gradient["heat"]) == (0, [SHADES] * 4)


def test_what_speaks_against_a_class_is_below_0(tmp_path: Path) -> None:
    cam, _ = told(tmp_path, [[0, 1], [0.5, 0]], 1)["kinds"]
    assert (cam["against"], cam["heat"]) == (True, [0, -SHADES, -round(SHADES / 2), 0])


def test_what_is_not_finite_is_left_out(tmp_path: Path) -> None:
    cam, _ = told(tmp_path, [[float("nan"), 1], [0.5, 0]], 0)["kinds"]
    assert (cam["lost"], cam["heat"]) == (0.25, [0, SHADES, round(SHADES / 2), 0])


@pytest.mark.browser
def test_the_heat_lies_where_python_finds_it(lenet5: Path, opened: Any) -> None:
    """On a black ground a pixel is as orange as the heat is strong, at every place."""
    spec = load("lenet5")
    x = first(spec.sample(), spec.graph, spec.header.preprocess)
    ran = trace(spec.graph, spec.compile().tensors, x)
    page = opened(lenet5)
    page.wait_for_function(PAINTED)
    for i, at in enumerate(("maxpool2", "input")):
        height, width, data = page.evaluate(PIXELS, i)
        red = np.array(data).reshape(height, width, 4)[..., 0]
        heat = spread(attribution(ran, "dense3", (7,), at).heat, (height, width))
        black = x[0].repeat(8, 0).repeat(8, 1) == 0
        np.testing.assert_allclose(red[black], 0.85 * 217 * heat[black], atol=1.5)
    assert "Grad-CAM at maxpool2, the most: 0.238" in page.inner_text("#looked")


@pytest.mark.browser
def test_of_another_input_the_heat_is_another(tmp_path: Path, opened: Any) -> None:
    path = two(tmp_path, [[0, 1], [0.5, 0]])
    x = np.array([[[[0, 1], [0.5, 0]]], [[[-1, -1], [0, 0]]]], np.float32)
    report(load(path), x).save(tmp_path / "page.html")
    page = opened(tmp_path / "page.html")
    assert "class 0" in page.inner_text("#looked")
    page.locator(".tools select").first.select_option("1")
    page.wait_for_function("() => document.querySelector('#looked').innerText.includes('class 1')")
    assert page.locator("#looked .warning").count() == 0


@pytest.mark.browser
def test_a_network_without_classes_has_no_such_section(tmp_path: Path, opened: Any) -> None:
    (tmp_path / "net.yaml").write_text("cnnspec: 1\ninput: {C: 1, H: 4, W: 4}\nlayers:\n  - avgpool: {F: 2, S: 1}\n")
    report(load(tmp_path / "net.yaml"), np.ones((1, 1, 4, 4), np.float32)).save(tmp_path / "page.html")
    assert opened(tmp_path / "page.html").locator("#looked, #training").count() == 0


@pytest.mark.browser
def test_curves_confusion_and_mistakes_are_shown(tmp_path: Path, opened: Any) -> None:
    """Names out of the files stay text."""
    score = {"loss": 0.5, "accuracy": 0.75}
    epoch = {"event": "epoch", "epoch": 1, "step": 9, "training": score, "validation": score, "is_best": True}
    (tmp_path / "run.jsonl").write_text(json.dumps({"event": "step", "step": 1}) + "\n" + json.dumps(epoch) + "\n")
    hostile = "</script><img src=x onerror=alert(1)>"
    named = [{"index": i, "class": name} for i, name in enumerate(("a", hostile))]
    wrong = {"example": 17, "file": None, "right": {"index": 0, "score": 0.25}, "answer": {"index": 1, "score": 0.75}}
    said = {"examples": 8, "loss": 0.5, "classes": named, "confusion": [[3, 1], [0, 4]], "mistakes": [wrong]}
    (tmp_path / "eval.json").write_text(json.dumps(said))
    path = two(tmp_path, [[0, 1], [0.5, 0]])
    made = report(load(path), log=tmp_path / "run.jsonl", evaluation=tmp_path / "eval.json")
    made.save(tmp_path / "page.html")
    page = opened(tmp_path / "page.html")
    section = page.locator("#training")
    section.scroll_into_view_if_needed()
    widths = page.evaluate("() => [...document.querySelectorAll('#training img')].map((img) => img.naturalWidth)")
    assert len(widths) == 2
    assert all(widths)
    assert section.locator("td").all_inner_texts() == ["17", "a", hostile, "0.7500"]
    assert section.locator("dd").all_inner_texts() == ["8", "0.5000", "87.50 %"]
