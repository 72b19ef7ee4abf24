"""`cnnspec inspect --cam`: where the network looked, in the terminal, as JSON and as a picture."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from calling import call
from PIL import Image

from cnnspec import weights

Golden = Callable[[str, str], None]

SPEC = """\
cnnspec: 1
name: Two by two
input: {C: 1, H: 2, W: 2}
preprocess: {mode: gray, scale: 1/255}
classes: [left, right, left, "0"]
layers:
  - conv: {F: 1, K: 2, bias: false}
  - flatten
  - dense: {K: 4, bias: false}
  - softmax
weights: net.safetensors
sample: x.npy
"""


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """Map 0 is the input, map 1 twice that. `left` adds all of map 0 up, `right` takes all of map 1 off."""
    path = tmp_path / "net.yaml"
    path.write_text(SPEC)
    dense = np.zeros((4, 8), np.float32)
    dense[0, :4], dense[1, 4:], dense[3, 0] = 1, -1, 1
    tensors = {"conv1.weight": np.array([1, 2], np.float32).reshape(2, 1, 1, 1), "dense1.weight": dense}
    weights.save(tensors, tmp_path / "net.safetensors")
    np.save(tmp_path / "x.npy", np.array([[[[0, 1], [0.5, 0]]]], np.float32))
    return path


def colour_at(path: Path, x: int, y: int) -> tuple[int, int, int]:
    with Image.open(path) as image:
        red, green, blue = np.asarray(image.convert("RGB"))[y, x].tolist()
    return red, green, blue


# What is shown


def test_the_likeliest_class_of_lenet(golden: Golden) -> None:
    called = call("inspect", "lenet5", "--cam-layer", "relu2")
    assert (called.code, called.err) == (0, "")
    golden("inspect-cam.txt", called.out)


def test_a_class_by_its_name_or_its_number(net: Path) -> None:
    """A name goes before a number: the class called 0 is the last one."""
    assert "dense1 [1] = -3    class right\n" in call("inspect", net, "--class", "right").out
    assert "dense1 [1] = -3    class right\n" in call("inspect", net, "--class", "1").out
    assert "dense1 [3] = 0    class 0\n" in call("inspect", net, "--class", "0").out


def test_the_numbers_are_those_of_the_definition(net: Path) -> None:
    said = json.loads(call("inspect", net, "--class", "2", "--format", "json").out)
    assert said["weights"] == [0, 0]
    said = json.loads(call("inspect", net, "--cam-layer", "conv1", "--format", "json").out)
    assert (said["layer"], said["place"], said["class"], said["value"]) == ("dense1", [0], "left", 1.5)
    assert (said["method"], said["at"], said["shape"]) == ("grad-cam", "conv1", [2, 2, 2])
    assert said["weights"] == [1, 0]
    assert said["signed"] == [[0, 1], [0.5, 0]]
    assert said["all_against"] is False
    assert "maps that bring the most: 0 (1.500), 1 (0)\n" in call("inspect", net, "--cam-layer", "conv1").out


def test_the_input_gradient(net: Path) -> None:
    said = json.loads(call("inspect", net, "--class", "right", "--cam-layer", "input", "--format", "json").out)
    assert (said["method"], said["at"], said["weights"]) == ("input gradient", "input", None)
    assert said["signed"] == [[2, 2], [2, 2]]


def test_the_value_of_a_place_is_explained_too(net: Path) -> None:
    called = call("inspect", net, "--at", "flatten1:5", "--cam-layer", "conv1")
    assert "flatten1 [5] = 2\n" in called.out
    said = json.loads(call("inspect", net, "--at", "flatten1:5", "--cam-layer", "conv1", "--format", "json").out)
    assert said["weights"] == [0, 0.25]
    assert said["class"] is None


def test_where_all_speaks_against_a_class_it_is_said_and_shown(net: Path, tmp_path: Path) -> None:
    called = call("inspect", net, "--class", "right", "--cam", tmp_path / "heat.png")
    assert "Grad-CAM at conv1 (2x2x2) is below 0 everywhere: no place speaks for this value\n" in called.out
    assert "shown is what speaks against it, the most: -2 at row 0, column 1\n" in called.out
    red, _, blue = colour_at(tmp_path / "heat.png", 223, 0)
    assert blue > red


def test_where_nothing_matters_it_is_said(net: Path) -> None:
    called = call("inspect", net, "--class", "2")
    assert called.out.endswith("Grad-CAM at conv1 (2x2x2) is 0 everywhere: no place speaks for or against this value\n")


def test_what_is_not_finite_is_said(net: Path) -> None:
    np.save(net.parent / "nan.npy", np.array([[[[np.nan, 1], [0.5, 0]]]], np.float32))
    called = call("inspect", net, net.parent / "nan.npy", "--cam-layer", "conv1", "--class", "3")
    assert "Grad-CAM at conv1 (2x2x2): 25 % of it are NaN or infinite\n" in called.out
    said = json.loads(call("inspect", net, net.parent / "nan.npy", "--class", "3", "--format", "json").out)
    assert said["signed"][0] == [None, 0.25]


# Pictures


def test_heat_lies_over_the_input_where_the_network_looked(net: Path, tmp_path: Path) -> None:
    called = call("inspect", net, "--cam", tmp_path / "heat.png")
    assert called.err == f"{tmp_path / 'heat.png'}: conv1 over the input\n"
    with Image.open(tmp_path / "heat.png") as image:
        assert image.size == (224, 224)
    red, _, blue = colour_at(tmp_path / "heat.png", 223, 0)
    assert red > 2 * blue
    assert colour_at(tmp_path / "heat.png", 0, 0) == (0, 0, 0)


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_an_input_of_any_depth_is_drawn(channels: int, tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(
        f"cnnspec: 1\ninput: {{C: {channels}, H: 5, W: 9}}\nlayers:\n  - conv: {{F: 3, K: 2}}\n  - globalavgpool\n"
    )
    np.save(tmp_path / "x.npy", np.random.default_rng(0).normal(size=(channels, 5, 9)).astype(np.float32))
    called = call("inspect", tmp_path / "net.yaml", tmp_path / "x.npy", "--init", "he", "--cam", tmp_path / "h.png")
    assert called.code == 0
    with Image.open(tmp_path / "h.png") as image:
        assert image.size == (9 * 25, 5 * 25)


# What is refused


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--class", "rihgt"), "--class 'rihgt' is no class of this network. Did you mean 'right'?"),
        (("--class", "4"), "--class '4' is no class of this network. There are 4, from 0 to 3."),
        (("--class", "-1"), "--class '-1' is no class of this network. There are 4, from 0 to 3."),
        (("--class", "left"), "--class 'left': several classes have this name; take a number: 0, 2."),
        (("--cam-layer", "conv2"), "no layer 'conv2' in Two by two. Did you mean 'conv1'?"),
        (("--cam-layer", "dense1"), "--cam-layer dense1 is a vector of 4; rows and columns are needed."),
        (("--at", "conv1:0,0,0", "--cam-layer", "conv1"), "'conv1' does not hang on 'conv1'."),
        (("--at", "conv1:0,0,0", "--class", "1"), "--at and --class both name the value to explain; take one of them."),
        (
            ("--at", "dense1", "--at", "conv1", "--cam-layer", "conv1"),
            "Grad-CAM explains one value; name one with --at.",
        ),
        (("--at", "dense1", "--follow", "--cam-layer", "conv1"), "--follow goes on along sums; Grad-CAM has none."),
        (
            ("--at", "conv1:0,0,0", "--cam", "x.png"),
            "no layer before 'conv1' has several rows and columns that stand for those of the input; --cam-layer input",
        ),
    ],
)
def test_what_cannot_be_explained_is_said(net: Path, words: tuple[str, ...], said: str) -> None:
    called = call("inspect", net, *words)
    assert (called.code, called.out) == (2, "")
    assert said in " ".join(called.err.split())


def test_a_network_without_classes_wants_a_value(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("cnnspec: 1\ninput: {C: 1, H: 5, W: 5}\nlayers:\n  - conv: {F: 3, K: 2}\n")
    np.save(tmp_path / "x.npy", np.ones((1, 5, 5), np.float32))
    words = "inspect", tmp_path / "net.yaml", tmp_path / "x.npy", "--init", "he", "--cam-layer", "input"
    called = call(*words)
    assert (called.code, called.out.count("\n")) == (2, 0)
    assert "name the value to explain, as in --at conv1:0,0,0." in " ".join(called.err.split())
    assert call(*words, "--at", "conv1:0,0,0").code == 0


def test_the_picture_is_a_png(net: Path, tmp_path: Path) -> None:
    called = call("inspect", net, "--cam", tmp_path / "heat.jpg")
    assert (called.code, called.out) == (3, "")
    assert "`heat.jpg` would be no picture of that name: it is drawn as PNG" in called.err
    assert "help: end it in .png" in called.err
    assert call("inspect", net, "--cam", tmp_path / "nowhere" / "heat.png").code == 3


def test_maps_whose_places_are_others_are_refused(tmp_path: Path) -> None:
    layers = "[{conv: {F: 1, K: 2}}, {permute: {order: [C, W, H]}}, relu, flatten, {dense: {K: 2}}]"
    (tmp_path / "net.yaml").write_text(f"cnnspec: 1\ninput: {{C: 1, H: 2, W: 3}}\nlayers: {layers}\n")
    np.save(tmp_path / "x.npy", np.ones((1, 2, 3), np.float32))
    words = "inspect", tmp_path / "net.yaml", tmp_path / "x.npy", "--init", "he"
    called = call(*words, "--cam-layer", "relu1", "--cam", tmp_path / "seen.png")
    assert called.code == 2
    assert "columns of 'relu1' behind 'permute1' do not stand for those of the input." in " ".join(called.err.split())
    assert not (tmp_path / "seen.png").exists()
    assert "Grad-CAM at conv1 (2x2x3)" in call(*words, "--class", "0").out
