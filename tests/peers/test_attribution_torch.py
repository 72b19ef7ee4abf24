"""Grad-CAM and input gradients beside PyTorch's, taken with hooks from networks written for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnspec.reports.inspection.attribution import attribution, class_output, class_score
from cnnspec.reports.inspection.trace import trace
from cnnspec.spec import load

pytestmark = pytest.mark.peers


def hooked(module: Any, layer: Any, x: NDArray[Any], place: tuple[int, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Grad-CAM without its ReLU at the output of `layer`, and the gradient by the input, for a score before a last
    softmax."""
    import torch

    held: dict[str, Any] = {}
    scores: dict[str, Any] = {}

    def keep(_: Any, __: Any, output: Any) -> None:
        held["maps"] = output
        output.retain_grad()

    hooks = [layer.register_forward_hook(keep)]
    last = list(module.modules())[-1]
    hooks.append(last.register_forward_hook(lambda _, given, output: scores.update(before=given[0], after=output)))
    image = torch.from_numpy(x[None]).requires_grad_()
    module(image)
    found = scores["before" if isinstance(last, torch.nn.Softmax) else "after"]
    found[(0, *place)].backward()
    for hook in hooks:
        hook.remove()
    weights = held["maps"].grad.mean(dim=(2, 3), keepdim=True)
    cam = (weights * held["maps"]).sum(dim=1)[0]
    assert image.grad is not None
    return cam.detach().numpy(), image.grad[0].abs().amax(dim=0).numpy()


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("lenet5", "maxpool2", "plain5"),
        ("lenet5", "conv2", "conv2"),
        ("digits", "relu3", "plain6"),
        ("tinyvgg", "max_pool_2", "plain9"),
        ("resnet20_cifar", "layer3.2.relu2", "layer3"),
    ],
)
def test_networks_by_hand(name: str, ours: str, theirs: str) -> None:
    from torch_networks import NETWORKS

    spec = load(name)
    module = NETWORKS[name]().double().eval()
    state = {key: value.numpy() for key, value in module.state_dict().items()}
    x = np.random.default_rng(1).normal(size=spec.graph.input)
    run = trace(spec.graph, {key: state[key] for key in spec.graph.tensors}, x)
    output = class_output(run)
    assert output is not None
    for index in (0, 7):
        layer, place = class_score(run, output, index)
        cam, gradient = hooked(module, getattr(module, theirs), x, place)
        np.testing.assert_allclose(attribution(run, layer, place, ours).signed, cam, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(attribution(run, layer, place, "input").signed, gradient, rtol=1e-9, atol=1e-12)
