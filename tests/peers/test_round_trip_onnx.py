"""What the exporter writes comes back: the same layers, the same tensors, the same bytes of output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import random_specs
from hypothesis import example, given, settings

from cnnspec.interop.imported import Imported
from cnnspec.interop.importing import read_model
from cnnspec.interop.onnx import encode
from cnnspec.interop.onnx.operators import KINDS
from cnnspec.spec import Spec, bundled, load
from cnnspec.weights import initial

pytestmark = pytest.mark.peers

PATTERNS = {
    "channelshuffle",
    "dropout",
    "droppath",
    "gelu",
    "groupnorm",
    "mish",
    "pixelunshuffle",
    "rmsnorm",
    "silu",
    "sumpool",
}
"""Kinds of several operators that are found again, and those that are written as nothing."""
OTHERWISE = {"adaptivemaxpool", "lrn"}
"""Kinds that are written by pieces for some sizes."""
UNSAID = frozenset({kind for kind, known in KINDS.items() if known.read is None} - PATTERNS | OTHERWISE)
NOTHING = ("dropout", "identity")
SAME = {"adaptiveavgpool": "avgpool"}
"""Kinds that come back as others that compute the same."""


def drawn(spec: Spec) -> dict[str, Any]:
    """Weights, with statistics that are not those of fresh ones."""
    tensors = initial(spec.graph.tensors, "he", 0)
    random = np.random.default_rng(0)
    return {name: array + 0.1 * random.random(array.shape, np.float32) for name, array in tensors.items()}


def back(spec: Spec, tensors: dict[str, Any], folder: Path) -> Imported:
    """What comes back of a spec that is written as ONNX."""
    path = folder / "net.onnx"
    path.write_bytes(encode(spec, tensors).data)
    return read_model(path, "net.safetensors", verify=False)


def outputs(spec: Spec, tensors: dict[str, Any]) -> list[bytes]:
    """All outputs for one input, by plain execution."""
    x = np.random.default_rng(1).standard_normal((1, *spec.graph.input), np.float32)
    values = spec.compile(tensors).trace(x) | {"input": x}
    return [values[name].tobytes() for name in spec.graph.outputs]


@pytest.mark.parametrize("name", bundled.names())
def test_bundled_networks(name: str, tmp_path: Path) -> None:
    spec = load(name)
    tensors = drawn(spec)
    found = back(spec, tensors, tmp_path)
    kept = [step for step in spec.graph.steps if step.kind not in NOTHING]
    steps = found.spec.graph.steps
    assert [step.kind for step in steps] == [SAME.get(step.kind, step.kind) for step in kept]
    assert [(step.name, step.shape) for step in steps] == [(step.name, step.shape) for step in kept]
    assert found.spec.graph.totals.macs == spec.graph.totals.macs
    assert {key: array.tobytes() for key, array in found.tensors.items()} == {
        key: array.tobytes() for key, array in tensors.items()
    }


COPIES = """
cnnspec: 1
outputs: [a, b, c]
input: {C: 2, H: 3, W: 3}
layers:
  - {conv: {F: 1, K: 2}, name: a}
  - {identity: {}, name: b}
  - from: input
  - {relu: {}, name: unread}
  - from: a
  - {dropout: {}, name: c}
"""

SEPARATE = """
cnnspec: 1
input: {C: 2, H: 4, W: 4}
layers:
  - {conv: {F: 1, K: 2, bias: false}}
  - {scale: {bias: true}}
  - {pad: {top: 1, right: 2}}
  - {maxpool: {F: 2}}
  - batchnorm
  - scale
  - {sigmoid: {}, name: gate}
  - {mul: [[sigmoid], []]}
"""


APART = """
cnnspec: 1
input: {C: 3, H: 9, W: 9}
layers:
  - avgpool: {F: 3, S: 1, D: 2, P: 1}
  - avgpool: {F: 2, S: 1, D: 2, P: 1, count_padding: false}
  - sumpool: {F: 2, S: 1, D: 2}
  - l2pool: {F: 2, S: 1, D: [2, 1], P: 1}
  - rmsnorm
  - rmsnorm: {over: all, eps: 0.001}
"""


@settings(max_examples=60)
@example(COPIES)
@example(APART)
@example(SEPARATE)
@given(random_specs.texts(without=UNSAID))
def test_random_networks(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    spec, folder = random_specs.load(text), tmp_path_factory.mktemp("models")
    tensors = drawn(spec)
    found = back(spec, tensors, folder)
    assert outputs(found.spec, found.tensors) == outputs(spec, tensors)
    again = back(found.spec, found.tensors, folder)
    assert encode(again.spec, again.tensors).data == encode(found.spec, found.tensors).data
    assert again.spec.graph.tensors.keys() == found.spec.graph.tensors.keys()


@pytest.mark.parametrize("name", ["lenet5", "resnet20_cifar", "mobilenet_v3_small", "squeezenet1_1"])
def test_the_same_bytes_of_output(name: str, tmp_path: Path) -> None:
    spec = load(name)
    tensors = drawn(spec)
    found = back(spec, tensors, tmp_path)
    x = np.random.default_rng(0).random((1, *spec.graph.input), np.float32)
    np.testing.assert_array_equal(found.spec.compile(found.tensors)(x), spec.compile(tensors)(x))
