"""Samples and weights that are typed in a spec, as arrays: every use of a spec takes them as it takes files."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call

import cnnspec
from cnnspec.diagnostics import SpecError

TEXT = """\
input: {C: 1, H: 3, W: 3}
layers:
  - {conv: {F: 2, K: 1}, name: conv}
  - {flatten: {}, name: flat}
  - {dense: {K: 2}, name: fc}
weights:
  conv.weight: [[1, 0], [0, -1]]
  conv.bias: [1/2]
  fc.weight: [[1, 1, 1, 1], [1, -1, 1, -1]]
  fc.bias: [0, 10]
sample: [[1, 2, 3], [4, 5, 6], [7, 8, 10]]
"""
SCORES = [4 * 0.5 - 4 - 4 - 4 - 5, (0.5 - 4) - (0.5 - 4) + (0.5 - 4) - (0.5 - 5) + 10]


def test_arrays_have_the_shapes_of_the_network() -> None:
    spec = cnnspec.load(io.StringIO(TEXT))
    weights, sample = spec.weights(), spec.sample()
    assert isinstance(weights, dict)
    assert {name: array.shape for name, array in weights.items()} == {
        name: tensor.shape for name, tensor in spec.graph.tensors.items()
    }
    assert weights["conv.weight"].dtype == np.float32
    assert isinstance(sample, np.ndarray)
    assert sample.tolist() == [[[1, 2, 3], [4, 5, 6], [7, 8, 10]]]


def test_compile_and_run_take_them() -> None:
    spec = cnnspec.load(io.StringIO(TEXT))
    sample = spec.sample()
    assert isinstance(sample, np.ndarray)
    y: Any = spec.compile()(sample[None])
    np.testing.assert_allclose(y, [SCORES])
    (prediction,) = spec.run()
    assert prediction.input == "sample"
    assert isinstance(prediction.found, tuple)
    assert prediction.found[0].index == int(np.argmax(SCORES))


def test_what_is_given_takes_their_place() -> None:
    spec = cnnspec.load(io.StringIO(TEXT))
    weights: Any = spec.weights()
    zeros = {name: np.zeros_like(array) for name, array in weights.items()}
    y: Any = spec.compile(zeros)(np.ones((1, 1, 3, 3), np.float32))
    assert y.tolist() == [[0, 0]]


def test_a_mapping_may_hold_arrays() -> None:
    given: dict[str, Any] = {
        "input": {"C": 1, "H": 2, "W": 2},
        "layers": [{"maxpool": {"F": 2}}],
        "sample": np.array([[1, 2], [3, 4.5]], np.float32),
    }
    (prediction,) = cnnspec.load(given).run()
    assert isinstance(prediction.found, np.ndarray)
    assert prediction.found.tolist() == [[[4.5]]]


def test_written_and_read_again_they_are_the_same() -> None:
    spec = cnnspec.load(io.StringIO(TEXT))
    again = cnnspec.load(spec.to_yaml())
    assert (again.header.weights, again.header.sample) == (spec.header.weights, spec.header.sample)
    other = cnnspec.load(io.StringIO(TEXT), input=(1, 4, 4))
    written = cnnspec.load(other.to_yaml())
    assert (written.header.weights, written.header.sample) == (None, None)


def test_at_another_size_they_are_refused_where_they_are_needed() -> None:
    spec = cnnspec.load(io.StringIO(TEXT), input=(1, 4, 4))
    with pytest.raises(SpecError, match="the sample is 3x3; the input is 1x4x4"):
        spec.sample()
    with pytest.raises(SpecError, match=r"`fc\.weight` is 2x9; here it is 2x4"):
        spec.weights()


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_commands_take_them(net: Path) -> None:
    assert call("validate", "--strict", net).code == 0
    assert "sample: fc" in call("run", net, "--until", "fc").out
    said = call("inspect", net, "--at", "conv:0,1,1").out
    assert "conv [0, 1, 1] = -4.500" in said
    assert "sum + bias = -5 + 0.5000 = -4.500" in said
    refused = call("run", net, "--input", "1x4x4")
    assert refused.code == 1
    assert "E307" in refused.err


@pytest.mark.peers
def test_they_are_exported(net: Path, tmp_path: Path) -> None:
    assert call("export", net, "-o", tmp_path / "net.onnx").code == 0
    assert (tmp_path / "net.onnx").stat().st_size > 100


def test_a_file_on_the_command_line_takes_their_place(net: Path, tmp_path: Path) -> None:
    random = tmp_path / "random.safetensors"
    assert call("init", net, "-o", random).code == 0
    assert call("run", net, "--weights", random).out != call("run", net).out
    assert "random weights" in call("run", net, "--init", "he").out


def test_training_begins_afresh_and_keeps_the_spec(net: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "d.npz", x=rng.random((20, 1, 3, 3)), y=np.arange(20) % 2)
    result = tmp_path / "trained.safetensors"
    options = ("--set", "train.epochs=1", "--set", "train.batch=10", "-o", result)
    assert call("train", net, "--data", tmp_path / "d.npz", *options).code == 0
    assert result.exists()
    assert net.read_text(encoding="utf-8") == TEXT
