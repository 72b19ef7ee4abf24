"""Code for PyTorch: executed, it gives what the network gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
@given(random_specs.texts(without=frozenset({"resize"})))
def test_random_specs(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    compare(random_specs.load(text), tmp_path_factory.mktemp("net"), 2e-4)


def test_the_names_of_modules_are_known() -> None:
    from torch import nn

    found = {name for kind in (nn.ModuleList([]), nn.ModuleDict({}), nn.Sequential()) for name in dir(kind)}
    assert {name for name in found if not name.startswith("__")} <= OWN


@pytest.mark.parametrize("title", AWKWARD)
def test_awkward_networks(title: str, tmp_path: Path) -> None:
    compare(random_specs.load(AWKWARD[title]), tmp_path)


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
