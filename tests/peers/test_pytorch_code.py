"""Code for PyTorch: executed, it gives what the network gives."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import random_specs
from generated_code import (
    EXAMPLES,
    NETWORKS,
    TOLERANCE,
    Array,
    ensure_close,
    expected,
    imported,
    network,
    random_input,
    random_tensors,
    written,
)
from hypothesis import given, settings

from cnnspec.interop.export import problems
from cnnspec.interop.pytorch.attributes import OWN
from cnnspec.interop.registry import EXPORTERS
from cnnspec.spec import Spec, bundled, load

pytestmark = pytest.mark.peers


UNSAID = ("resize1", "resize3", "resize5", "resize7", "resize8")
"""Examples that PyTorch has no words for."""


def module(path: Path) -> Any:
    """The class of the network in a generated file: the last one."""
    from torch import nn

    classes = [each for each in vars(imported(path)).values() if isinstance(each, type)]
    return next(each for each in reversed(classes) if issubclass(each, nn.Module))


def loaded(folder: Path, of: Spec, tensors: dict[str, Array]) -> Any:
    """The module in a generated file, with its weights loaded."""
    from safetensors.torch import load_file

    net = module(written(of, folder, "pytorch", tensors))()
    if of.graph.until(*of.graph.outputs).tensors:
        net.load_state_dict(load_file(folder / "net.safetensors"))
        own = {name for name in net.state_dict() if not name.endswith("num_batches_tracked")}
        assert own == of.graph.until(*of.graph.outputs).tensors.keys()
    return net.eval()


def outputs(net: Any, x: Array) -> list[Array]:
    import torch

    with torch.inference_mode():
        found = net(torch.from_numpy(x))
    return [each.numpy() for each in (found if isinstance(found, tuple) else (found,))]


def compare(of: Spec, folder: Path, tolerance: float = TOLERANCE) -> None:
    tensors, x = random_tensors(of), random_input(of)
    ensure_close(outputs(loaded(folder, of, tensors), x), expected(of, x, tensors), tolerance)


@pytest.mark.parametrize("name", EXAMPLES)
def test_layers(name: str, tmp_path: Path) -> None:
    of = EXAMPLES[name]
    if problems(of, EXPORTERS["pytorch"]):
        assert name in UNSAID
    else:
        compare(of, tmp_path)


@pytest.mark.parametrize("name", NETWORKS)
def test_bundled_networks(name: str, tmp_path: Path) -> None:
    compare(network(name), tmp_path, 2e-4)


@pytest.mark.parametrize("name", bundled.names())
def test_all_have_the_names_of_the_spec(name: str, tmp_path: Path) -> None:
    import torch

    of = load(name)
    with torch.device("meta"):
        net = module(written(of, tmp_path, "pytorch", None))()
    shapes = {key: tuple(value.shape) for key, value in net.state_dict().items() if value.ndim}
    assert shapes == {key: tensor.shape for key, tensor in of.graph.tensors.items()}


@settings(max_examples=50)
@given(random_specs.texts())
def test_random_specs(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    compare(random_specs.load(text), tmp_path_factory.mktemp("net"), 2e-4)


def test_the_names_of_modules_are_known() -> None:
    from torch import nn

    found = {name for kind in (nn.ModuleList([]), nn.ModuleDict({}), nn.Sequential()) for name in dir(kind)}
    assert {name for name in found if not name.startswith("__")} <= OWN


AWKWARD = {
    "names that are no identifiers": """
input: {C: 2, H: 5, W: 6}
layers:
  - {conv: {F: 3, K: 3}, name: 0-a}
  - {conv: {F: 1, K: 3}, name: class}
  - {conv: {F: 1, K: 3}, name: __x}
  - {conv: {F: 1, K: 3}, name: a-b.c-d}
  - {add: [[], [relu]]}
  - {conv: {F: 1, K: 3}, name: a-b.0}
""",
    "a network of numbers": """
input: {C: 2, H: 5, W: 6}
layers:
  - relu
  - {conv: {F: 3, K: 3}, name: "1"}
  - tanh
  - {conv: {F: 1, K: 3}, name: "3"}
  - softmax
""",
    "a parameter called as a layer": """
input: {C: 4, H: 9, W: 9}
rounding: floor
blocks:
  step:
    args: {S: 1}
    layers:
      - {conv: {F: 1, K: C}, name: S}
      - maxpool: {F: 2, S: S}
      - {conv: {F: 1, K: C}, name: B}
layers:
  - {step: {}, name: one}
  - {step: {S: 2}, name: two}
  - {step: {S: 3}, name: three}
""",
    "parts that some uses leave out": """
input: {C: 4, H: 8, W: 8}
blocks:
  unit:
    args: {K: required, F: 3, act: [], side: []}
    layers:
      - {conv: {F: F, K: K, P: same-upper}, name: conv}
      - act
      - {batchnorm: {}, name: norm}
      - side
      - add: {main: [{conv: {F: 1, K: C}, name: out.0}], other: []}
  pair:
    args: {K: required, F: 3}
    layers:
      - {unit: {K: K, F: F, act: [relu], side: [{conv: {F: 1, K: C}, name: extra}]}, name: first}
      - {unit: {K: K, F: 2}, name: second}
layers:
  - {pair: {K: 4}, name: a}
  - {pair: {K: 6, F: 5}, name: b}
  - {unit: {K: 8, act: [tanh]}, name: c}
""",
    "what blocks read from elsewhere": """
input: {C: 4, H: 8, W: 8}
blocks:
  up:
    args: {skip: required, K: required}
    layers:
      - {deconv: {F: 2, K: K, S: 2}, name: up}
      - concat: [skip, []]
      - {conv: {F: 3, K: K, P: same}, name: conv}
layers:
  - {conv: {F: 3, K: 4, P: same}, name: one}
  - maxpool: {F: 2}
  - {conv: {F: 3, K: 8, P: same}, name: two}
  - maxpool: {F: 2}
  - {up: {skip: two, K: 6}, name: d.2}
  - {up: {skip: one, K: 3}, name: d.1}
""",
    "several outputs": """
input: {C: 4, H: 8, W: 8}
outputs: [one, two]
layers:
  - {conv: {F: 3, K: 4, P: same}, name: one}
  - relu
  - {conv: {F: 3, K: 8, P: same}, name: two}
""",
}
"""Networks in which something is not as usual."""


@pytest.mark.parametrize("title", AWKWARD)
def test_awkward_networks(title: str, tmp_path: Path) -> None:
    compare(random_specs.load(AWKWARD[title]), tmp_path)


def formatted(path: Path) -> str:
    """What `ruff format` would change, by its own settings."""
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "--no-cache", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("title", [*bundled.names(), *AWKWARD])
def test_it_is_formatted(title: str, tmp_path: Path) -> None:
    of = random_specs.load(AWKWARD[title]) if title in AWKWARD else load(title)
    assert formatted(written(of, tmp_path, "pytorch", None)) == ""


def test_all_definitions_are_formatted(tmp_path: Path) -> None:
    for name, of in EXAMPLES.items():
        if name in UNSAID:
            continue
        (tmp_path / name).mkdir()
        written(of, tmp_path / name, "pytorch", None)
    assert formatted(tmp_path) == ""
