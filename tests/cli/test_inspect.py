"""`cnnspec inspect`: every layer's values, and the sum behind one."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from calling import call
from PIL import Image

from cnnspec import weights
from cnnspec.spec import load

Golden = Callable[[str, str], None]

ALL_SORTS = """\
cnnspec: 1
name: All sorts
input: {C: 2, H: 6, W: 6}
layers:
  - conv: {F: 3, K: 4, P: same, G: 2}
  - batchnorm
  - prelu
  - concat: {plain: [], pooled: [{avgpool: {F: 3, S: 1, P: same, count_padding: false}}]}
  - deconv: {F: 3, S: 2, K: 2, P: 1}
  - upsample: {factor: 2, mode: bilinear}
  - mul: [[], [globalavgpool, sigmoid]]
  - layernorm
  - pad: {top: 1}
  - lrn: {size: 3}
  - flatten
  - dense: {K: 3, bias: false}
  - softmax
outputs: [softmax1]
"""


@pytest.fixture
def sorts(tmp_path: Path) -> Path:
    """A spec with one of many sorts of layers, its weights, and an input beside it."""
    path = tmp_path / "sorts.yaml"
    path.write_text(ALL_SORTS + "weights: sorts.safetensors\nsample: x.npy\n")
    random = np.random.default_rng(3)
    tensors = load(path).graph.tensors
    drawn = {name: random.uniform(0.1, 1, tensor.shape).astype(np.float32) for name, tensor in tensors.items()}
    weights.save(drawn, path.with_suffix(".safetensors"))
    np.save(tmp_path / "x.npy", random.normal(size=(1, 2, 6, 6)).astype(np.float32))
    return path


# What is shown


def test_all_layers_of_lenet(golden: Golden) -> None:
    called = call("inspect", "lenet5")
    assert (called.code, called.err) == (0, "")
    golden("inspect-lenet5.txt", called.out)


@pytest.mark.parametrize(
    "place", ["conv2:3,4,5", "conv1:0,0,0", "maxpool1:2,3,4", "relu1:0,3,3", "flatten1:296", "dense3:7", "softmax1:7"]
)
def test_the_sum_behind_a_value_of_lenet(place: str, golden: Golden) -> None:
    called = call("inspect", "lenet5", "--at", place)
    assert (called.code, called.err) == (0, "")
    golden(f"inspect-{place.partition(':')[0]}.txt", called.out)


@pytest.mark.parametrize(
    "kind", ["batchnorm", "prelu", "concat", "avgpool", "deconv", "upsample", "mul", "layernorm", "pad", "lrn"]
)
def test_a_value_of_each_sort(sorts: Path, kind: str) -> None:
    """Each names what it was made of, and the number at the end is the network's."""
    graph = load(sorts).graph
    step = next(step for step in graph.steps if step.kind == kind)
    place = ",".join(str(size // 2) for size in step.shape)
    said = json.loads(call("inspect", sorts, "--at", f"{step.name}:{place}", "--format", "json").out)["cells"][0]
    assert said["explained"] == pytest.approx(said["value"], rel=1e-5, abs=1e-6)
    text = call("inspect", sorts, "--at", f"{step.name}:{place}").out
    assert f"{said['value']:.4g}" in text
    for part in said["parts"].values():
        assert "of" not in part or part["of"] in {"input", *graph.by_name, *graph.tensors}


def test_the_thread_leads_to_the_input(golden: Golden) -> None:
    called = call("inspect", "lenet5", "--at", "dense3", "--follow")
    assert called.code == 0
    golden("inspect-follow.txt", called.out)
    said = json.loads(call("inspect", "lenet5", "--at", "dense3", "--follow", "--format", "json").out)
    trail = said["cells"][0]["trail"]
    assert trail[0]["layer"] == "dense3"
    assert trail[-1]["layer"] == "input"
    assert "from" not in trail[-1]
    for step, after in pairwise(trail):
        assert (step["from"]["layer"], step["from"]["place"]) == (after["layer"], after["place"])
        assert step["from"]["value"] == after["value"]


def test_without_a_place_the_maps_are_shown_and_the_largest_value() -> None:
    called = call("inspect", "lenet5", "--at", "conv2")
    assert "map 12" in called.out
    assert "conv2 [3, 0, 6] = 2.057" in called.out


def test_input_is_a_name() -> None:
    called = call("inspect", "lenet5", "--at", "input:0,7,16")
    assert (called.code, called.out) == (0, "LeNet-5\n\ninput [0, 7, 16] = 1    channel 0, row 7, column 16\n")


def test_digits_terms_and_channels_bound_what_is_told() -> None:
    brief = call("inspect", "lenet5", "--at", "conv2:3,4,5", "--channels", "0", "--terms", "1", "--digits", "2").out
    assert brief == (
        "LeNet-5\n\nconv2 [3, 4, 5] = -1.3    map 3, row 4, column 5\n"
        "sees rows 6 to 19, columns 8 to 21 of the input\n\n"
        "  channel 3: -0.56,  the other 5 together: -0.70\n"
        "together sum = -1.3\nbias = -0.044    conv2.bias [3]\nsum + bias = -1.3 + (-0.044) = -1.3\n"
    )


def test_random_weights_are_said() -> None:
    assert call("inspect", "lenet5", "--init", "he", "--seed", "3").out.startswith(
        "LeNet-5, random weights (he, seed 3)\n"
    )


def test_json_holds_the_layers() -> None:
    said = json.loads(call("inspect", "lenet5", "--format", "json").out)
    assert [layer["name"] for layer in said["layers"]][:2] == ["input", "conv1"]
    assert said["layers"][1]["shape"] == [6, 28, 28]


def test_json_holds_all_numbers() -> None:
    said = json.loads(call("inspect", "lenet5", "--at", "conv2:3,4,5", "--format", "json").out)
    part = said["cells"][0]["parts"]["sum"]
    products = np.array(part["values"]) * np.array(part["factors"]).reshape(6, 5, 5)
    assert products.sum() == pytest.approx(part["value"], rel=1e-12)


# Pictures


def test_maps_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "maps" / "seven"
    assert call("inspect", "lenet5", "--maps", folder).code == 0
    names = {step.name for step in load("lenet5").graph.steps} | {"input"}
    assert {path.stem for path in folder.iterdir()} == names
    with Image.open(folder / "conv1.png") as image:
        assert image.size == (3 * 56 + 4, 2 * 56 + 2)
    with Image.open(folder / "input.png") as image:
        assert image.convert("L").getextrema() == (0, 255)


def test_only_the_maps_that_are_asked_for(tmp_path: Path) -> None:
    assert call("inspect", "lenet5", "--maps", tmp_path, "--at", "conv1", "--at", "dense1:3").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conv1.png", "dense1.png"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    called = call("inspect", "lenet5", "--maps", tmp_path / "file" / "maps")
    assert (called.code, "error[E415]" in called.err) == (3, True)


# What is refused


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("conv3", "no layer 'conv3' in LeNet-5. Did you mean 'conv1'?"),
        ("inptu:1,1,1", "no layer 'inptu' in LeNet-5. Did you mean 'input'?"),
        ("conv2:16,0,0", "'conv2:16,0,0' lies outside: conv2 is 16x10x10, its last value is conv2:15,9,9."),
        ("conv2:1,2", "a place in conv2 (16x10x10) is conv2:c,row,column, whole numbers from 0."),
        ("dense1:-1", "a place in dense1 (120) is dense1:i, whole numbers from 0."),
        ("dense1:1e3", "a place in dense1 (120) is dense1:i, whole numbers from 0."),
    ],
)
def test_a_place_that_is_not_there(at: str, said: str) -> None:
    called = call("inspect", "lenet5", "--at", at)
    assert called.code == 2
    assert said in " ".join(called.err.split())


def test_without_weights_or_sample_it_is_said_what_to_do(tmp_path: Path) -> None:
    called = call("inspect", "resnet20_cifar")
    assert (called.code, "error[E414]: the spec names no weights" in called.err) == (3, True)
    called = call("inspect", "resnet20_cifar", "--init", "he")
    assert (called.code, "`cnnspec inspect SPEC FILE`" in called.err) == (3, True)


def test_an_input_of_the_wrong_size_is_said(sorts: Path) -> None:
    np.save(sorts.parent / "y.npy", np.zeros((1, 2, 5, 6), np.float32))
    assert call("inspect", sorts, sorts.parent / "y.npy").code == 3


def test_what_is_not_finite_is_said_and_can_be_followed(sorts: Path) -> None:
    x = np.zeros((1, 2, 6, 6), np.float32)
    x[0, 0, 2, 2] = np.nan
    np.save(sorts.parent / "nan.npy", x)
    called = call("inspect", sorts, sorts.parent / "nan.npy")
    assert called.code == 0
    assert "1.39 % of `input` are NaN or infinite, the first to be so" in called.out
    followed = call("inspect", sorts, sorts.parent / "nan.npy", "--at", "conv1:0,2,2", "--follow")
    assert "conv1 [0, 2, 2] = nan" in followed.out
    assert "input [0, 2, 2] = nan" in followed.out
    said = json.loads(call("inspect", sorts, sorts.parent / "nan.npy", "--format", "json").out)
    assert said["layers"][0]["not_finite"] == pytest.approx(1 / 72)
