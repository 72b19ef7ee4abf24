"""Every network of `specs/` gives what PyTorch's network of that name gives, with the same random values.

Only values show a wrong eps, rounding or order of branches; names and counts are held elsewhere.
"""

from __future__ import annotations

import copy
import importlib
import warnings
from functools import lru_cache
from pathlib import Path
from typing import Any

import make_torchvision_names
import numpy as np
import pytest
from guide_examples import EXAMPLES
from numpy.typing import NDArray

from cnnspec.engine.interpreter import execute
from cnnspec.engine.model import Model
from cnnspec.spec import bundled, spec

pytestmark = pytest.mark.peers

Array = NDArray[np.floating[Any]]
SINGLE, DOUBLE = 1e-4, 1e-9
"""Differences that are rounding, in parts of an output's largest value."""

SIZES = {
    # Where pooling to a fixed size makes the size free: smaller ones for slow networks, and ones at which windows
    # hang over the edge, which they do not at 224.
    "googlenet": (3, 208, 176),
    "squeezenet1_1": (3, 97, 104),
    "vgg11": (3, 64, 80),
    "vgg16": (3, 64, 80),
    "vgg19": (3, 64, 80),
    "unet": (3, 32, 48),
    "darknet19": (3, 96, 128),
    "resnet101": (3, 128, 160),
}
NAMES = tuple(
    sorted(set(bundled.names()).difference(EXAMPLES), key=lambda n: (n not in make_torchvision_names.NETWORKS, n))
)


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """One network after another, so that the largest do not lie in memory together."""
    found: str = request.param
    return found


@lru_cache(maxsize=1)
def network(name: str) -> Any:
    """PyTorch's network with random values that float32 holds, ready to run in float64."""
    if name not in make_torchvision_names.NETWORKS:
        module = importlib.import_module("torch_networks").NETWORKS[name]()
    else:
        module = make_torchvision_names.build(name).to_empty(device="cpu")
    fill(module, image(name, 2))
    return module.eval().double()


def image(name: str, batch: int = 1) -> Any:
    import torch

    shape = SIZES.get(name) or spec.load(name).graph.input
    return torch.randn(batch, *shape, generator=torch.Generator().manual_seed(len(name)))


def fill(module: Any, x: Any) -> None:
    """Random values that neither explode nor vanish: batch norm learns its statistics from x, then all is shaken.

    Behind convolutions weights are small, so that a variance of about 0.01 shows which eps is added to it.
    """
    import torch
    from torch import nn

    random = torch.Generator().manual_seed(0)
    norms: list[Any] = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            transposed_size = (2 / layer.weight[0].numel()) ** 0.5
            nn.init.normal_(layer.weight, 0, 0.1 * transposed_size if layer.bias is None else transposed_size, random)
            if layer.bias is not None:
                nn.init.normal_(layer.bias, 0, 0.1, random)
    for norm in norms:
        nn.init.uniform_(norm.weight, 0.5, 1.5, random)
        nn.init.normal_(norm.bias, 0, 0.5, random)
        norm.reset_running_stats()
        norm.momentum = 1.0
        norm.train()
    with torch.no_grad():
        module(x)
    for norm in norms:
        norm.running_var *= torch.empty_like(norm.running_var).uniform_(0.8, 1.25, generator=random)
        norm.running_mean += 0.01 * torch.randn(norm.running_mean.shape, generator=random)


def tensors(name: str) -> dict[str, Array]:
    state = network(name).state_dict()
    return {key: value.numpy() for key, value in state.items() if not key.endswith(".num_batches_tracked")}


@lru_cache(maxsize=1)
def loaded(name: str) -> spec.Spec:
    return spec.load(name, SIZES.get(name))


@lru_cache(maxsize=1)
def model(name: str) -> Model:
    return loaded(name).compile(tensors(name))


@lru_cache(maxsize=1)
def outputs(name: str) -> tuple[Array, dict[str, Array]]:
    """What PyTorch's network gives, and each of its layers that has tensors, by name."""
    import torch

    seen: dict[str, Array] = {}
    hooks = [
        # A copy: what follows may work in place.
        layer.register_forward_hook(lambda _, __, y, key=key: seen.update({key: y.numpy().copy()}))
        for key, layer in network(name).named_modules()
        if next(layer.parameters(recurse=False), None) is not None
    ]
    with torch.no_grad():
        y = network(name)(image(name).double()).numpy()
    for hook in hooks:
        hook.remove()
    return y, seen


def apart(y: Array, expected: Array) -> float:
    """The largest difference, in parts of the largest value."""
    assert y.shape == expected.shape
    return float(np.abs(y - expected).max() / np.abs(expected).max())


def test_values_are_sensible(name: str) -> None:
    """Nothing explodes, vanishes or saturates, else equal outputs would prove little."""
    y, layers = outputs(name)
    assert y.std() > 1e-3
    assert all(1e-3 < np.abs(values).max() < 1e3 for values in layers.values())
    assert y[0].size == 1 or len(np.unique(y.round(3))) > 5


def test_plain_execution_is_pytorch_layer_by_layer(name: str) -> None:
    expected, layers = outputs(name)
    graph = loaded(name).graph
    assert layers.keys() == {step.name for step in graph.steps if step.tensors}
    for step, y in execute(graph, tensors(name), image(name).double().numpy()):
        assert step not in layers or apart(y, layers[step]) < DOUBLE, f"`{step}` is the first that differs"
    assert apart(y, expected) < DOUBLE


def test_float32_is_pytorch_but_for_rounding(name: str) -> None:
    expected, _ = outputs(name)
    x = image(name).numpy()
    assert apart(only(model(name)(x)), expected) < SINGLE
    assert apart(model(name).trace(x)[loaded(name).graph.outputs[0]], expected) < SINGLE


@pytest.mark.parametrize("name", ["lenet5", "efficientnet_lite0"], scope="module")
def test_float32_is_onnxruntime(name: str, tmp_path: Path) -> None:
    """A third engine, with the network as PyTorch exports it."""
    import onnxruntime
    import torch

    file, x = tmp_path / "network.onnx", image(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its age, and that sizes become constants
        torch.onnx.export(copy.deepcopy(network(name)).float(), (x,), file, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options)
    (expected,) = session.run(None, {session.get_inputs()[0].name: x.numpy()})
    assert apart(only(model(name)(x.numpy())), expected) < SINGLE


def only(output: Array | dict[str, Array]) -> Array:
    """The output of a network that has one."""
    assert not isinstance(output, dict)
    return output
