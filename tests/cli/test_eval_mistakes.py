"""`cnnspec eval --mistakes`: the list, JSON and pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from calling import call
from PIL import Image

from cnnspec.weights import save

SPEC = """\
cnnspec: 1
name: Three
input: {C: 1, H: 1, W: 3}
preprocess: {mode: gray, scale: 1/255}
classes: [red, "../gr een", blue]
train: {data: x.csv, validation: 0}
weights: one.npz
layers:
  - conv: {F: 1, K: 1, bias: false}
  - flatten
  - softmax
"""


@pytest.fixture
def three(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each pixel is a class' score. Rows 1 and 3 are mistakes, row 3 the more confident one."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "three.yaml"
    path.write_text(SPEC)
    save({"conv1.weight": np.ones((1, 1, 1, 1), np.float32)}, "one.npz")
    (tmp_path / "x.csv").write_text("0,255,0,0\n0,0,100,0\n2,0,0,255\n1,0,0,250\n1,0,9,0\n")
    return path


def test_the_list(three: Path) -> None:
    called = call("eval", three, "--part", "all", "--mistakes", "5")
    assert (called.code, called.err) == (0, "")
    assert called.out.split("the most confident mistakes\n")[1] == (
        "example  of class    score  taken for   score\n"
        "─────────────────────────────────────────────\n"
        "      3  ../gr een  0.2143  blue       0.5713\n"
        "      1  red        0.2873  ../gr een  0.4253\n"
        "\n"
        "3    1\n"
        "  ▀\n"
    )


def test_no_more_than_asked_for(three: Path) -> None:
    said = json.loads(call("eval", three, "--part", "all", "--mistakes", "1", "--format", "json").out)
    [mistake] = said["mistakes"]
    assert (mistake["example"], mistake["file"]) == (3, None)
    assert mistake["right"] == {
        "index": 1,
        "class": "../gr een",
        "score": pytest.approx(1 / (2 + np.exp(250 / 255)), rel=1e-5),
    }
    assert mistake["answer"] == {
        "index": 2,
        "class": "blue",
        "score": pytest.approx(1 - 2 / (2 + np.exp(250 / 255)), rel=1e-5),
    }
    assert json.loads(call("eval", three, "--part", "all", "--format", "json").out)["mistakes"] is None


def test_pictures_have_names_that_tell_and_lead_nowhere(three: Path) -> None:
    called = call("eval", three, "--part", "all", "--images", "wrong/ones")
    assert (called.code, called.err) == (0, "wrong/ones: 2 pictures\n")
    assert sorted(path.name for path in Path("wrong/ones").iterdir()) == [
        "1-red-taken-for-.._gr_een.png",
        "3-.._gr_een-taken-for-blue.png",
    ]
    with Image.open("wrong/ones/1-red-taken-for-.._gr_een.png") as image:
        pixels = np.asarray(image)
    assert pixels.shape == (38, 114)
    assert pixels[0, ::38].tolist() == [0, 100, 0]


def test_without_mistakes_that_is_said(three: Path) -> None:
    Path("x.csv").write_text("0,255,0,0\n")
    called = call("eval", three, "--part", "all", "--images", "wrong")
    assert called.out.endswith("\nno mistakes\n")
    assert (called.err.splitlines()[-1], list(Path("wrong").iterdir())) == ("wrong: 0 pictures", [])


def test_of_images_the_file_is_named(three: Path) -> None:
    three.write_text(SPEC.replace("x.csv", "data").replace("../gr een", "green"))
    for name, pixels in {"red/a": [0, 255, 0], "green/b": [0, 255, 0], "blue/c": [0, 0, 255]}.items():
        Path("data", name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.array([pixels], np.uint8)).save(f"data/{name}.png")
    out = call("eval", three, "--part", "all", "--mistakes", "3").out
    assert "  red/a.png  red " in out
    said = json.loads(call("eval", three, "--part", "all", "--mistakes", "3", "--format", "json").out)
    assert [each["file"] for each in said["mistakes"]] == ["red/a.png"]


def test_outputs_that_are_no_classes_have_none(three: Path) -> None:
    np.savez("x.npz", x=np.zeros((4, 1, 1, 3), np.float32), y=np.zeros((4, 3), np.float32))
    three.write_text(SPEC.replace("x.csv, validation: 0", "x.npz, validation: 0, loss: mse"))
    called = call("eval", three, "--part", "all", "--mistakes", "3")
    assert (called.code, called.out) == (2, "")
    assert "--mistakes names wrong classes; the output is no list of classes of which one is right." in " ".join(
        called.err.split()
    )


def test_a_folder_that_cannot_be_made_is_said(three: Path) -> None:
    Path("file").touch()
    called = call("eval", three, "--part", "all", "--images", "file/wrong")
    assert (called.code, "error[E415]" in called.err) == (3, True)
