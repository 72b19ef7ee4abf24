"""torchvision's networks, written as ONNX by PyTorch, come in as specs that compute the same."""

from __future__ import annotations

from typing import Any

import make_torchvision_names
import numpy as np
import pytest

from benchmarks.public_networks import as_onnx, drawn
from cnnspec.interop.imported import Imported
from cnnspec.interop.importing import read_model
from cnnspec.spec import bundled

pytestmark = pytest.mark.peers

NETWORKS = (
    "resnet18",
    "mobilenet_v2",
    "densenet121",
    "googlenet",
    "shufflenet_v2_x1_0",
    "squeezenet1_1",
    "efficientnet_b0",
    "mnasnet0_5",
    "regnet_y_400mf",
    "vgg11",
)
BY_HAND = ("resnet18", "mobilenet_v2", "densenet121", "googlenet")
"""Those of which there is a spec by hand, and no imported one is much longer."""


@pytest.fixture(scope="module", params=NETWORKS)
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, Imported]:
    """A name, the network, and what comes in of it."""
    module = drawn(make_torchvision_names.made(request.param))
    path = as_onnx(module, (3, 224, 224), tmp_path_factory.mktemp("models") / "net.onnx")
    return request.param, module, read_model(path, "net.safetensors")


def test_it_computes_the_same(imported: tuple[str, Any, Imported]) -> None:
    import torch

    _, module, found = imported
    assert found.difference is not None
    assert found.difference.judge == "ONNX Runtime"
    assert found.difference.largest < 1e-5
    x = np.random.default_rng(1).standard_normal((2, 3, 224, 224), np.float32)
    with torch.no_grad():
        theirs = module(torch.from_numpy(x)).numpy()
    ours = found.spec.compile(found.tensors)(x)
    assert isinstance(ours, np.ndarray)
    assert np.abs(ours - theirs).max() < 1e-4 * np.abs(theirs).max()


def test_it_is_as_short_as_by_hand(imported: tuple[str, Any, Imported]) -> None:
    name, _, found = imported
    if name in BY_HAND:
        by_hand = (bundled.folder() / f"{name}.yaml").read_text(encoding="utf-8")
        assert len(found.text.splitlines()) <= 1.2 * len(by_hand.splitlines())


def test_names_are_the_modules(imported: tuple[str, Any, Imported]) -> None:
    """Convolutions have taken in their batch norms, under their own names, but for one or two at the beginning."""
    _, module, found = imported
    theirs = {name.rpartition(".")[0] for name in module.state_dict()}
    ours = {step.name for step in found.spec.graph.steps if step.tensors}
    assert len(ours - theirs) <= 2
