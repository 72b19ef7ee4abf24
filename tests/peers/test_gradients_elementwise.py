"""Gradients against PyTorch's, float64: at ordinary values, at the bends of the functions, at extremes."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import pytest
from elementwise_cases import CASES, Case, drawn, inputs, scale
from layer_cases import Array, values

from cnnspec.graph.layer import Layer
from cnnspec.layers import find
from cnnspec.layers._norm import Norm

pytestmark = pytest.mark.peers

Peer = Callable[..., Any]


def agree(layer: Layer, peer: Peer, *arrays: Array, **tensors: Array) -> None:
    """The layer's gradients by all its inputs and learned tensors are those of `peer(*inputs, **tensors)`."""
    import torch

    y, pull = layer.vjp(*arrays, **tensors)
    dy = values(y.shape, 3)
    dinputs, dtensors = pull(dy.copy())
    theirs = [torch.from_numpy(x).requires_grad_() for x in arrays]
    held = {name: torch.from_numpy(tensor).requires_grad_(name in dtensors) for name, tensor in tensors.items()}
    peer(*theirs, **held).backward(torch.from_numpy(dy))
    pairs = [*zip(dinputs, theirs, strict=True), *((dtensors[name], held[name]) for name in dtensors)]
    for ours, tensor in pairs:
        assert tensor.grad is not None
        expected = tensor.grad.numpy()
        # PyTorch multiplies the gradient of its hard sigmoid by a sixth in single precision.
        close = 1e-7 if layer.kind == "hardsigmoid" else 1e-10
        np.testing.assert_allclose(ours, expected, rtol=close, atol=close * scale(expected))


@pytest.mark.parametrize("case", [c for c in CASES if not isinstance(c.layer, Norm) and c.kind != "lrn"], ids=str)
def test_values(case: Case) -> None:
    """Norms are left out: constant images, which are among these, have no scale."""
    from torch.nn import functional

    for shape in case.shapes:
        for x in inputs(shape):
            agree(case.layer, lambda x, **held: case.peer(functional, x, held), x, **drawn(case.layer, shape))


@pytest.mark.parametrize("factor", [1, 2, 3, (3, 2), (1, 4)])
@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("size", [(4, 5), (1, 1), (1, 3)])
def test_upsample(factor: int | tuple[int, int], mode: str, size: tuple[int, int]) -> None:
    from torch.nn import functional

    layer = find("upsample").model_validate({"factor": factor, "mode": mode})
    scale = (float(factor), float(factor)) if isinstance(factor, int) else tuple(map(float, factor))
    centres: dict[str, Any] = {"align_corners": False} if mode == "bilinear" else {}
    x = values((2, 3, *size))
    agree(layer, lambda x: functional.interpolate(x, scale_factor=scale, mode=mode, **centres), x)


def test_what_only_moves() -> None:
    from torch.nn import functional

    x = values((2, 12, 4, 5))
    peers: tuple[tuple[str, dict[str, Any], Peer], ...] = (
        ("identity", {}, lambda x: x),
        ("flatten", {}, lambda x: x.flatten(1)),
        ("reshape", {"C": 3, "H": 10, "W": 8}, lambda x: x.reshape(-1, 3, 10, 8)),
        ("permute", {"order": ("W", "C", "H")}, lambda x: x.permute(0, 3, 1, 2)),
        ("pixelshuffle", {"factor": 2}, lambda x: functional.pixel_shuffle(x, 2)),
        ("pixelunshuffle", {"factor": 1}, lambda x: functional.pixel_unshuffle(x, 1)),
        ("slice", {"axis": "C", "from": 1, "step": 4}, lambda x: x[:, 1::4]),
        ("channelshuffle", {"G": 3}, lambda x: functional.channel_shuffle(x, 3)),
        ("pad", {"top": 1, "left": 2, "right": 3}, lambda x: functional.pad(x, (2, 3, 1, 0))),
        ("pad", {"axis": "C", "before": 4, "after": 1}, lambda x: functional.pad(x, (0, 0, 0, 0, 4, 1))),
        ("pad", {"top": 1, "left": 2, "value": -1.5}, lambda x: functional.pad(x, (2, 0, 1, 0), value=-1.5)),
        (
            "pad",
            {"top": 3, "left": 2, "right": 4, "mode": "reflect"},
            lambda x: functional.pad(x, (2, 4, 3, 0), "reflect"),
        ),
        ("pad", {"top": 7, "right": 9, "mode": "edge"}, lambda x: functional.pad(x, (0, 9, 7, 0), "replicate")),
        ("pad", {"bottom": 4, "left": 5, "mode": "wrap"}, lambda x: functional.pad(x, (5, 0, 0, 4), "circular")),
        ("crop", {"top": 1, "right": 2}, lambda x: x[:, :, 1:, :-2]),
        ("slice", {"axis": "H", "from": 1, "to": 3}, lambda x: x[:, :, 1:3]),
    )
    for kind, fields, peer in peers:
        agree(find(kind).model_validate(fields), peer, x)


@pytest.mark.parametrize(
    "shapes",
    [
        [(3, 4, 5), (3, 4, 5)],
        [(3, 4, 5), (3, 1, 1)],
        [(3, 1, 1), (3, 4, 5), (3, 4, 5), (3, 1, 1)],
        [(3, 1, 1), (3, 1, 1)],
        [(7,), (7,), (7,)],
    ],
    ids=str,
)
def test_products(shapes: list[tuple[int, ...]]) -> None:
    arrays = tuple(values((2, *shape), seed) for seed, shape in enumerate(shapes))
    agree(find("mul")(), lambda *inputs: prod(inputs[1:], start=inputs[0]), *arrays)


def test_cells_as_channels() -> None:
    from torch.nn import functional

    layer = find("pixelunshuffle").model_validate({"factor": 2})
    agree(layer, lambda x: functional.pixel_unshuffle(x, 2), values((2, 3, 4, 6)))


@pytest.mark.parametrize("out", [(2, 5), (3, 2), (6, 7)])
def test_largest_values_of_bins(out: tuple[int, int]) -> None:
    from torch.nn import functional

    x = np.round(values((2, 3, 5, 7)), 1)
    agree(find("adaptivemaxpool")(out=out), lambda x: functional.adaptive_max_pool2d(x, out), x)


def test_lengths_of_channels() -> None:
    agree(find("globall2pool")(), lambda x: x.norm(dim=(2, 3), keepdim=True), values((2, 3, 4, 6)))
    agree(find("globall2pool")(), lambda x: x.norm(dim=(2, 3), keepdim=True), np.zeros((2, 3, 4, 6)))


def test_gates_of_a_value_for_each_place() -> None:
    image, places, channels = values((2, 3, 4, 5)), values((2, 1, 4, 5), 1), values((2, 3, 1, 1), 2)
    agree(find("mul")(), lambda x, y, z: x * y * z, places, image, channels)
    agree(find("div")(), lambda x, y, z: x / y / z, places, image, channels)


def test_the_largest_and_the_smallest_share_a_draw() -> None:
    import torch

    a, b = (np.round(values((2, 3, 4, 5), seed)) for seed in range(2))
    assert (a == b).any()
    agree(find("max")(), torch.maximum, a, b)
    agree(find("min")(), torch.minimum, a, b)


def test_differences_and_means() -> None:
    arrays = tuple(values((2, 3, 4, 5), seed) for seed in range(3))
    agree(find("sub")(), lambda x, y, z: x - y - z, *arrays)
    agree(find("mean")(), lambda x, y, z: (x + y + z) / 3, *arrays)


def test_sums_and_concatenations() -> None:
    import torch

    arrays = tuple(values((2, 3, 4, 5), seed) for seed in range(3))
    agree(find("add")(), lambda *inputs: sum(inputs[1:], inputs[0]), *arrays)
    agree(find("concat")(), lambda *inputs: torch.cat(inputs, 1), *arrays, values((2, 7, 4, 5)))
