"""Code for Keras: executed with PyTorch as its backend, it gives what the network gives."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import random_specs
from generated_code import (
    AWKWARD,
    EXAMPLES,
    NETWORKS,
    TOLERANCE,
    Array,
    ensure_close,
    expected,
    formatted,
    imported,
    network,
    random_input,
    random_tensors,
    written,
)
from hypothesis import given, settings

from cnnspec.interop.export import problems
from cnnspec.interop.registry import EXPORTERS
from cnnspec.spec import Spec, bundled, load

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("default")]

os.environ.setdefault("KERAS_BACKEND", "torch")


def is_said(of: Spec) -> bool:
    return not problems(of, EXPORTERS["keras"])


def outputs(of: Spec, folder: Path, tensors: dict[str, Array], x: Array) -> list[Array]:
    module = imported(written(of, folder, "keras", tensors))
    model = module.build()
    if of.graph.until(*of.graph.outputs).tensors:
        module.load_weights(model, module.load_safetensors(folder / "net.safetensors"))
    found = model(np.ascontiguousarray(np.moveaxis(x, 1, -1)), training=False)
    arrays = [each.detach().numpy() for each in (found if isinstance(found, list | tuple) else [found])]
    return [array.transpose(0, 3, 1, 2) if array.ndim == 4 else array for array in arrays]


def compare(of: Spec, folder: Path, tolerance: float = TOLERANCE) -> None:
    tensors, x = random_tensors(of), random_input(of)
    ensure_close(outputs(of, folder, tensors, x), expected(of, x, tensors), tolerance)


QUICK = ("lenet5", "resnet20_cifar", "mobilenet_v2", "mobilenet_v3_small", "googlenet", "unet")
"""Networks of all sorts."""
SAID = [name for name, of in EXAMPLES.items() if is_said(of)]


def test_most_layers_can_be_said() -> None:
    assert len(SAID) > 100


@pytest.mark.parametrize("name", SAID)
def test_layers(name: str, tmp_path: Path) -> None:
    compare(EXAMPLES[name], tmp_path)


@pytest.mark.parametrize("name", QUICK)
def test_bundled_networks(name: str, tmp_path: Path) -> None:
    compare(network(name), tmp_path, 2e-4)


def test_all_networks_can_be_said() -> None:
    assert [name for name in bundled.names() if not is_said(load(name))] == []


@pytest.mark.parametrize("title", AWKWARD)
def test_awkward_networks(title: str, tmp_path: Path) -> None:
    of = random_specs.load(AWKWARD[title])
    if is_said(of):
        compare(of, tmp_path)


@settings(max_examples=20)
@given(random_specs.texts())
def test_random_specs(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    of = random_specs.load(text)
    if is_said(of):
        compare(of, tmp_path_factory.mktemp("net"), 2e-4)


@pytest.mark.parametrize("title", NETWORKS)
def test_it_is_formatted(title: str, tmp_path: Path) -> None:
    assert formatted(written(load(title), tmp_path, "keras", None)) == ""


def test_all_definitions_are_formatted(tmp_path: Path) -> None:
    for name in SAID:
        (tmp_path / name).mkdir()
        written(EXAMPLES[name], tmp_path / name, "keras", None)
    assert formatted(tmp_path) == ""
