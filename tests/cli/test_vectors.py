"""Networks whose input is a vector, at the terminal: what they take, and what is said where a picture is needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from calling import call
from PIL import Image

from cnnspec import weights

SPEC = """\
name: Sums
input: {C: 3}
classes: [left, right]
layers:
  - dense: {K: 2}
  - softmax
weights: net.safetensors
"""
ROWS = np.array([[1, 0, 2], [0, 3, 0.5], [-1, 1, 1]], np.float32)


@pytest.fixture
def net(tmp_path: Path) -> Path:
    """`left` is the first value, `right` the second."""
    path = tmp_path / "net.yaml"
    path.write_text(SPEC)
    weight = np.eye(2, 3, dtype=np.float32)
    weights.save({"dense1.weight": weight, "dense1.bias": np.zeros(2, np.float32)}, tmp_path / "net.safetensors")
    return path


def classes(net: Path, path: Path, *options: str) -> list[str]:
    called = call("run", net, path, "--format", "json", *options)
    assert called.code == 0
    return [json.loads(line)["top"][0]["class"] for line in called.out.splitlines()]


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_arrays_and_tables(net: Path, tmp_path: Path, backend: str) -> None:
    np.save(tmp_path / "one.npy", ROWS[1])
    np.save(tmp_path / "all.npy", ROWS)
    np.savetxt(tmp_path / "all.csv", ROWS, delimiter=",")
    assert classes(net, tmp_path / "one.npy", "--backend", backend) == ["right"]
    for name in ("all.npy", "all.csv"):
        assert classes(net, tmp_path / name, "--backend", backend) == ["left", "right", "right"]


def refused(*arguments: str | Path) -> str:
    called = call(*arguments)
    assert called.code in (1, 2, 3), called.out
    assert "Traceback" not in called.err
    assert "internal error" not in called.err
    return called.err


def test_a_picture_is_refused(net: Path, tmp_path: Path) -> None:
    Image.new("L", (3, 1)).save(tmp_path / "a.png")
    said = refused("run", net, tmp_path / "a.png")
    assert "E412" in said
    assert "the network takes vectors of 3, no images" in said
    assert "an `.npy` array or a `.csv` table of numbers" in said


def test_the_sum_behind_a_value(net: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", ROWS[1])
    called = call("inspect", net, tmp_path / "x.npy", "--at", "dense1:1", "--follow")
    assert called.code == 0
    assert "input [1] = 3" in called.out


@pytest.mark.parametrize("options", [["--cam", "x.png"], ["--class", "left"], ["--cam-layer", "input"]])
def test_there_is_no_heat_over_a_vector(net: Path, tmp_path: Path, options: Sequence[str]) -> None:
    np.save(tmp_path / "x.npy", ROWS[1])
    said = " ".join(refused("inspect", net, tmp_path / "x.npy", *options).split())
    assert "the input is a vector of 3, in which there is no place to look at" in said
    assert "--at LAYER:i shows the sum behind a value." in said


def test_the_page_of_maps_that_a_vector_becomes(tmp_path: Path) -> None:
    net = tmp_path / "net.yaml"
    layers = "[{reshape: {C: 1, H: 3, W: 3}}, {conv: {F: 2, K: 1}}, flatten, {dense: {K: 2}}]"
    net.write_text(f"input: {{C: 9}}\nlayers: {layers}\n")
    np.save(tmp_path / "x.npy", np.arange(9, dtype=np.float32))
    assert call("report", net, tmp_path / "x.npy", "--init", "he", "-o", tmp_path / "r.html").code == 0


def test_another_length(net: Path) -> None:
    assert "20 -> 2" in call("summary", net, "--input", "20").out
    assert "of a vector C alone" in refused("summary", net, "--input", "3,4")


def test_a_program_for_pictures_cannot_be_written(net: Path, tmp_path: Path) -> None:
    said = refused("export", net, "-o", tmp_path / "net.py", "--to", "numpy", "--standalone")
    assert "E419" in said
    assert "the network takes vectors of 3, no pictures" in said


def test_pictures_of_mistakes_are_refused(net: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2,3,left\n3,2,1,right\n")
    assert "a vector of 3 is no picture" in refused("eval", net, "--data", tmp_path / "a.csv", "--images", tmp_path)


def test_mistakes_on_a_table(net: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,c,kind\n1,2,3,left\n3,2,1,left\n1,2,0,right\n")
    called = call("eval", net, "--data", tmp_path / "a.csv", "--part", "all", "--mistakes", "2")
    assert called.code == 0
    assert "accuracy 66.67 %" in called.out
    assert "0  left" in called.out
