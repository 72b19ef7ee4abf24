"""Infinite values and what is no number, in the image and in the arriving gradient: layers and their ways back beside
PyTorch's, in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from elementwise_cases import CASES, Case, drawn
from not_finite import agree, poisoned
from windowed_cases import layer, tensors, values

from cnnspec.graph.layer import Layer
from cnnspec.graph.shape import Shape

pytestmark = pytest.mark.peers

CLOSE = 1e-7
"""PyTorch multiplies the gradient of its hard sigmoid by a sixth in single precision."""
Peer = Callable[[Any, Any, dict[str, Any]], Any]


class Windowed(NamedTuple):
    """A layer's kind and fields, its input's shape, and PyTorch's function: (functional, x, tensors) -> y."""

    kind: str
    fields: dict[str, Any]
    shape: Shape
    peer: Peer

    @property
    def layer(self) -> Layer:
        return layer(self.kind, **self.fields)


def conv(shape: Shape, F: int, K: int, S: int = 1, P: int = 0, D: int = 1, G: int = 1) -> Windowed:
    fields = {"F": F, "K": K, "S": S, "P": P, "D": D, "G": G}
    return Windowed("conv", fields, shape, lambda f, x, t: f.conv2d(x, t["weight"], t["bias"], S, P, D, G))


def deconv(shape: Shape, F: int, K: int, S: int, P: int = 0, G: int = 1) -> Windowed:
    fields = {"F": F, "K": K, "S": S, "P": P, "G": G}
    return Windowed("deconv", fields, shape, lambda f, x, t: f.conv_transpose2d(x, t["weight"], t["bias"], S, P, 0, G))


def pools(F: int, S: int, P: int) -> list[Windowed]:
    fields, shape = {"F": F, "S": S, "P": P, "rounding": "floor"}, (3, 9, 8)
    return [
        Windowed("maxpool", fields, shape, lambda f, x, t: f.max_pool2d(x, F, S, P)),
        Windowed("avgpool", fields, shape, lambda f, x, t: f.avg_pool2d(x, F, S, P)),
        Windowed("sumpool", fields, shape, lambda f, x, t: f.avg_pool2d(x, F, S, P, divisor_override=1)),
    ]


def enlarged(factor: int, mode: str) -> Windowed:
    fields, centres = {"factor": factor, "mode": mode}, {"align_corners": False} if mode == "bilinear" else {}
    return Windowed(
        "upsample", fields, (3, 5, 6), lambda f, x, t: f.interpolate(x, scale_factor=factor, mode=mode, **centres)
    )


WINDOWED = [
    conv((4, 9, 10), 3, 8, P=1),
    conv((4, 9, 10), 3, 8, S=2, P=1),
    conv((4, 9, 10), 1, 8),
    conv((4, 9, 10), 3, 4, P=1, G=4),
    conv((4, 9, 10), 3, 8, P=1, G=2),
    conv((1, 24, 24), 5, 6),
    conv((3, 24, 24), 5, 6, D=2),
    deconv((4, 5, 6), 2, 3, 2),
    deconv((4, 5, 6), 3, 3, 2, P=1),
    deconv((4, 5, 6), 3, 4, 2, G=4),
    Windowed("dense", {"K": 5}, (7,), lambda f, x, t: f.linear(x, t["weight"], t["bias"])),
    *pools(3, 1, 1),
    *pools(2, 2, 0),
    *pools(3, 2, 0),
    Windowed("globalavgpool", {}, (3, 9, 8), lambda f, x, t: x.mean((2, 3), keepdim=True)),
    Windowed("globalmaxpool", {}, (3, 9, 8), lambda f, x, t: f.max_pool2d(x, (9, 8))),
    Windowed("adaptiveavgpool", {"out": 3}, (3, 9, 8), lambda f, x, t: f.adaptive_avg_pool2d(x, 3)),
    Windowed("adaptiveavgpool", {"out": (2, 11)}, (3, 9, 8), lambda f, x, t: f.adaptive_avg_pool2d(x, (2, 11))),
    *(enlarged(factor, mode) for factor in (2, 3) for mode in ("nearest", "bilinear")),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_values(case: Case) -> None:
    for shape in case.shapes:
        compare(case.layer, case.peer, shape, drawn(case.layer, shape))


@pytest.mark.parametrize("case", WINDOWED, ids=lambda case: f"{case.kind} {case.fields}")
def test_windows(case: Windowed) -> None:
    compare(case.layer, case.peer, case.shape, tensors(case.layer, case.shape))


def compare(layer: Layer, peer: Peer, shape: Shape, held: dict[str, np.ndarray[Any, Any]]) -> None:
    """Output and gradients, for images and gradients of which few values are not finite."""
    import torch
    from torch.nn import functional

    for x in poisoned(shape):
        image = torch.tensor(x, requires_grad=True)
        learned = {name: torch.tensor(array, requires_grad="running" not in name) for name, array in held.items()}
        expected = peer(functional, image, learned)
        for dy in (values(*expected.shape, seed=7), next(poisoned(tuple(expected.shape[1:])))):
            with np.errstate(all="ignore"):
                y, pull = layer.vjp(x.copy(), **held)
                (dx,), gradients = pull(dy.copy())
            agree(y, expected.detach().numpy(), CLOSE)
            wanted = [image, *(learned[name] for name in gradients)]
            found = [dx, *gradients.values()]
            theirs = torch.autograd.grad(expected, wanted, torch.tensor(dy), retain_graph=True)
            for ours, gradient in zip(found, theirs, strict=True):
                agree(ours, gradient.numpy(), CLOSE)
