"""Whole networks in training beside PyTorch's: the loss, every gradient and the running statistics.

PyTorch's network is put together from the same graph with its own modules, and run in training mode.
"""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.trainers import drawn, network
from cnnspec import load
from cnnspec.graph.graph import Graph
from cnnspec.graph.shape import Shape, is_image
from cnnspec.language.sections.train import Train
from cnnspec.spec import bundled
from cnnspec.train.trainer import Trainer

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.peers, pytest.mark.usefixtures("small_networks_are_shared")]

Array = NDArray[np.floating[Any]]
Arrays = dict[str, Array]

BATCH = 4
NETWORKS: dict[str, Shape] = {
    "lenet5": (1, 28, 28),
    "resnet20_cifar": (3, 32, 32),
    "mobilenet_v2": (3, 32, 32),
    "densenet121": (3, 32, 32),
    "unet": (3, 64, 64),
}
THIN = 8
"""The U-Net has so much fewer maps here: whole, it takes gigabytes in float64."""


class Step(NamedTuple):
    """What a first step gives: the loss, the gradients, the running statistics behind it."""

    loss: float
    gradients: Arrays
    statistics: Arrays


def given(graph: Graph, dtype: str) -> tuple[Arrays, Array, NDArray[Any]]:
    """Values for the tensors, images, and labels, or targets where the output is an image."""
    random = np.random.default_rng(0)
    shape = graph.shape(graph.outputs[0])
    x = random.standard_normal((BATCH, *graph.input)).astype(dtype)
    y = random.random((BATCH, *shape)).astype(dtype) if is_image(shape) else random.integers(0, shape[0], BATCH)
    return {name: array.astype(dtype) for name, array in drawn(graph).items()}, x, y


def ours(graph: Graph, dtype: str, workers: int) -> Step:
    tensors, x, y = given(graph, dtype)
    loss: Any = "mse" if is_image(graph.shape(graph.outputs[0])) else "cross_entropy"
    trainer = Trainer(graph, Train(optimizer="sgd", loss=loss), tensors, workers)
    value = trainer.step(x, y, 1e-3).loss
    statistics = {name: trainer.tensors[name] for name, tensor in graph.tensors.items() if tensor.buffer}
    return Step(value, trainer.optimizer.slots["momentum"].named, statistics)  # at first the momentum is the gradient


@cache
def theirs(name: str) -> Step:
    from benchmarks.torch_network import filled

    torch.set_num_threads(1)
    graph = scored(name)
    tensors, x, y = given(graph, "float64")
    module: Any = filled(graph, tensors).to(torch.float64).train()
    for step, layer in zip(graph.steps, module.layers, strict=True):
        if step.kind == "batchnorm":
            layer.momentum = step.layer.momentum  # type: ignore[attr-defined]
    measure = torch.nn.functional.mse_loss if y.dtype == x.dtype else torch.nn.functional.cross_entropy
    loss = measure(module(torch.from_numpy(x)), torch.from_numpy(y))
    loss.backward()
    held = dict(module.held(graph))
    gradients = {key: tensor.grad.numpy() for key, tensor in held.items() if tensor.grad is not None}
    statistics = {key: held[key].numpy() for key, tensor in graph.tensors.items() if tensor.buffer}
    return Step(loss.item(), gradients, statistics)


@cache
def scored(name: str) -> Graph:
    """A network up to its scores, or its image."""
    if name != "unet":
        return network(name, list(NETWORKS[name]))
    text = (bundled.path(name) or Path()).read_text(encoding="utf-8").partition("expect:")[0]
    thin = re.sub(r"K: (\d\d+)", lambda found: f"K: {int(found[1]) // THIN}", text)
    return load(io.StringIO(thin), NETWORKS[name]).graph


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("workers", [1, 2])
def test_loss_gradients_and_statistics(name: str, workers: int) -> None:
    """Within 1e-8 of a tensor's scale; one that is 0 but for rounding is held against the largest gradient."""
    found, expected = ours(scored(name), "float64", workers), theirs(name)
    assert found.loss == pytest.approx(expected.loss, rel=1e-10)
    assert found.gradients.keys() == expected.gradients.keys()
    least = 1e-6 * max(float(abs(array).max()) for array in expected.gradients.values())
    for key, gradient in expected.gradients.items():
        scale = max(float(abs(gradient).max()), least)
        assert float(abs(found.gradients[key] - gradient).max()) <= 1e-8 * scale, key
    for key, array in expected.statistics.items():
        np.testing.assert_allclose(found.statistics[key], array, rtol=1e-9, atol=1e-12, err_msg=key)


@pytest.mark.parametrize("name", NETWORKS)
def test_float32_is_near(name: str) -> None:
    """Over all gradients together: batch norms and the bends of relu6 blow rounding up."""
    found, expected = ours(scored(name), "float32", 1), theirs(name)
    assert found.loss == pytest.approx(expected.loss, rel=1e-4)
    off = sum(float(np.square(found.gradients[key] - g).sum()) for key, g in expected.gradients.items())
    length = sum(float(np.square(g).sum()) for g in expected.gradients.values())
    assert off <= 0.05**2 * length
