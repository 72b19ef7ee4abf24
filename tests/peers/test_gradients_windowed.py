"""The ways back through layers with windows, weights or statistics, against PyTorch's in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import Pair, often, pairs, sides, sizes
from windowed_cases import Array, fits, layer, outside, tensors, values

from cnnspec.graph.layer import Layer

if TYPE_CHECKING:
    from cnnspec.graph.layer import Pullback

pytestmark = pytest.mark.peers

BOUND = 1e-8
"""Largest difference, relative to the largest value."""
groups = {"G": st.integers(1, 3), "depth": st.integers(1, 3), "maps": st.integers(1, 3)}


class Alone:
    """A training context of one worker, that writes down the buffers' new values."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(0)
        self.needs_input_grad = True
        self.updated: dict[str, Array] = {}

    def all_reduce(self, part: Array) -> Array:
        return part

    def update_buffers(self, **buffers: Array) -> None:
        self.updated |= buffers


def close(ours: Array, theirs: Any) -> None:
    expected = theirs.detach().numpy()
    assert ours.shape == expected.shape
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(ours, expected, rtol=0, atol=BOUND * scale)


def channels_last(x: Array) -> Array:
    """The same batch with the values of a cell side by side in memory."""
    return np.ascontiguousarray(np.moveaxis(x, 1, -1)).transpose(0, x.ndim - 1, *range(1, x.ndim - 1))


def agree(layer: Layer, function: Callable[..., Any], x: Array, **held: Array) -> None:
    """Output and gradients are those of a PyTorch function of the image and the learned tensors, however the image lies
    in memory."""
    for image in (x, channels_last(x)):
        compare(layer.vjp(image, **held), function, image, **held)


def compare(found: tuple[Array, Pullback], function: Callable[..., Any], x: Array, **held: Array) -> None:
    import torch

    y, pull = found
    image = torch.tensor(x, requires_grad=True)
    learned = {name: torch.tensor(array, requires_grad=True) for name, array in held.items() if "running" not in name}
    expected = function(image, **learned)
    close(y, expected)
    dy = values(*y.shape, seed=7)
    (dx,), gradients = pull(dy.copy())
    expected.backward(torch.tensor(dy))
    close(dx, image.grad)
    assert gradients.keys() == learned.keys()
    for name, tensor in learned.items():
        close(gradients[name], tensor.grad)


# Filters


@often
@given(size=sizes, F=pairs(1, 4), S=pairs(1, 3), D=pairs(1, 3), P=pairs(0, 4) | sides, bias=st.booleans(), **groups)
def test_conv(size: Pair, F: Pair, S: Pair, D: Pair, P: Any, G: int, depth: int, maps: int, bias: bool) -> None:
    from torch.nn import functional

    conv = layer("conv", F=F, S=S, D=D, P=P, G=G, K=G * maps, bias=bias)
    x = values(2, G * depth, *size)
    assume(fits(conv, x.shape[1:]))

    def theirs(image: Any, weight: Any, bias: Any = None) -> Any:
        return functional.conv2d(functional.pad(image, outside(P)), weight, bias, S, 0, D, G)

    agree(conv, theirs, x, **tensors(conv, x.shape[1:]))


@often
@given(size=sizes, F=pairs(1, 4), S=pairs(1, 3), D=pairs(1, 2), P=pairs(0, 4), C=st.integers(2, 9))
def test_depthwise(size: Pair, F: Pair, S: Pair, D: Pair, P: Pair, C: int) -> None:
    from torch.nn import functional

    conv = layer("conv", F=F, S=S, D=D, P=P, G=C, K=C, bias=False)
    x = values(2, C, *size)
    assume(fits(conv, x.shape[1:]))
    agree(
        conv, lambda image, weight: functional.conv2d(image, weight, None, S, P, D, C), x, **tensors(conv, x.shape[1:])
    )


@pytest.mark.parametrize(("size", "C", "K"), [(40, 3, 20), (33, 40, 24), (5, 100, 130), (28, 1, 6)])
@pytest.mark.parametrize("S", [1, 2])
def test_conv_in_strips(size: int, C: int, K: int, S: int) -> None:
    """Images that are larger than a strip, and filters that are."""
    from torch.nn import functional

    conv = layer("conv", F=(3, 3), S=(S, S), P="same", K=K)
    x = values(3, C, size, size)
    agree(
        conv,
        lambda image, weight, bias: functional.conv2d(image, weight, bias, S, 1),
        x,
        **tensors(conv, x.shape[1:]),
    )


@pytest.mark.parametrize("G", [1, 2])
def test_conv_behind_which_nothing_learns(G: int) -> None:
    """The gradients by its filters are the same."""
    conv, x, context = layer("conv", F=(3, 3), K=4, G=G), values(2, 4, 5, 6), Alone()
    context.needs_input_grad = False
    held = tensors(conv, x.shape[1:])
    (y, pull), (expected, whole_pull) = conv.vjp_training(context, x, **held), conv.vjp(x, **held)
    np.testing.assert_array_equal(y, expected)
    (dx,), gradients = pull(np.ones_like(y))
    assert dx.shape == x.shape
    for name, gradient in whole_pull(np.ones_like(y))[1].items():
        np.testing.assert_allclose(gradients[name], gradient, rtol=1e-12)


@often
@given(
    size=pairs(1, 5),
    F=pairs(1, 4),
    S=pairs(1, 4),
    D=pairs(1, 3),
    P=pairs(0, 3),
    extra=pairs(0, 3),
    bias=st.booleans(),
    **groups,
)
def test_deconv(
    size: Pair, F: Pair, S: Pair, D: Pair, P: Pair, extra: Pair, G: int, depth: int, maps: int, bias: bool
) -> None:
    from torch.nn import functional

    assume(all(e < max(s, d) for e, s, d in zip(extra, S, D, strict=True)))
    deconv = layer("deconv", F=F, S=S, D=D, P=P, G=G, K=G * maps, extra=extra, bias=bias)
    x = values(2, G * depth, *size)
    assume(fits(deconv, x.shape[1:]))

    def theirs(image: Any, weight: Any, bias: Any = None) -> Any:
        return functional.conv_transpose2d(image, weight, bias, S, P, extra, G, D)

    agree(deconv, theirs, x, **tensors(deconv, x.shape[1:]))


@pytest.mark.parametrize("bias", [True, False])
def test_dense(bias: bool) -> None:
    from torch.nn import functional

    dense = layer("dense", K=5, bias=bias)
    agree(dense, functional.linear, values(3, 7), **tensors(dense, (7,)))


# Pools


@often
@given(size=sizes, F=pairs(1, 4), S=st.none() | pairs(1, 4), P=pairs(0, 2), ceil=st.booleans())
@pytest.mark.parametrize("kind", ["maxpool", "avgpool", "sumpool"])
@pytest.mark.parametrize("counted", [True, False])
def test_pools(kind: str, counted: bool, size: Pair, F: Pair, S: Pair | None, P: Pair, ceil: bool) -> None:
    from torch.nn import functional

    assume(all(2 * p <= f for p, f in zip(P, F, strict=True)))
    fields = {"count_padding": counted} if kind == "avgpool" else {}
    pool = layer(kind, F=F, S=S, P=P, rounding="ceil" if ceil else None, **fields)
    x = values(2, 3, *size)
    assume(fits(pool, x.shape[1:]))
    theirs = {
        "maxpool": lambda image: functional.max_pool2d(image, F, S, P, ceil_mode=ceil),
        "avgpool": lambda image: functional.avg_pool2d(image, F, S, P, ceil, counted),
        "sumpool": lambda image: functional.avg_pool2d(image, F, S, P, ceil, divisor_override=1),
    }
    agree(pool, theirs[kind], x)


@pytest.mark.parametrize(("F", "S"), [(2, 2), (3, 2), (3, 1), (2, 3)])
def test_maxpool_gives_to_the_first_of_equals(F: int, S: int) -> None:
    """As PyTorch does; equals are common behind a ReLU."""
    from torch.nn import functional

    x = np.random.default_rng(0).integers(0, 3, (2, 3, 9, 9)).astype(float)
    agree(layer("maxpool", F=(F, F), S=(S, S)), lambda image: functional.max_pool2d(image, F, S), x)
    agree(layer("globalmaxpool"), lambda image: functional.max_pool2d(image, 9), x)


@often
@given(size=pairs(1, 12), out=pairs(1, 9))
def test_adaptiveavgpool(size: Pair, out: Pair) -> None:
    from torch.nn import functional

    pool = layer("adaptiveavgpool", out=out)
    agree(pool, lambda image: functional.adaptive_avg_pool2d(image, out), values(2, 3, *size))


@pytest.mark.parametrize("kind", ["globalavgpool", "globalmaxpool"])
def test_global_pools(kind: str) -> None:
    import torch

    pick: Any = {"globalavgpool": torch.mean, "globalmaxpool": torch.amax}[kind]
    agree(layer(kind), lambda image: pick(image, dim=(2, 3), keepdim=True), values(2, 3, 4, 5))


# Norms


@pytest.mark.parametrize("shape", [(4, 3, 5, 6), (7, 6), (2, 40, 33, 50), (1, 2, 1, 2)])
@pytest.mark.parametrize("momentum", [0.1, 0.0, 1.0, 0.01])
def test_batchnorm(shape: tuple[int, ...], momentum: float) -> None:
    """By the running statistics, and in training by the batch's, which the running ones follow."""
    import torch
    from torch.nn import functional

    norm = layer("batchnorm", eps=1e-3, momentum=momentum)
    x = 3 * values(*shape) + 5
    held = tensors(norm, shape[1:])
    held["running_var"] = abs(held["running_var"]) + 0.5
    mean, var = (torch.tensor(held[name]) for name in ("running_mean", "running_var"))

    def by_running(image: Any, weight: Any, bias: Any) -> Any:
        return functional.batch_norm(image, mean, var, weight, bias, eps=1e-3)

    def by_batch(image: Any, weight: Any, bias: Any) -> Any:
        return functional.batch_norm(image, mean, var, weight, bias, True, momentum, 1e-3)

    agree(norm, by_running, x, **held)
    context = Alone()
    compare(norm.vjp_training(context, channels_last(x), **held), by_batch, x, **held)
    close(context.updated["running_mean"], mean)
    close(context.updated["running_var"], var)


@pytest.mark.parametrize("shape", [(4, 3, 5, 6), (7, 6)])
def test_batchnorm_without_weights(shape: tuple[int, ...]) -> None:
    import torch
    from torch.nn import functional

    norm, x = layer("batchnorm", affine=False), 3 * values(*shape) + 5
    held = {name: np.full(shape[1], 0.5) for name in norm.tensors(shape[1:])}
    mean, var = (torch.tensor(held[name]) for name in ("running_mean", "running_var"))
    agree(norm, lambda image: functional.batch_norm(image, mean, var), x, **held)
    context = Alone()
    followed = norm.vjp_training(context, channels_last(x), **held)
    compare(followed, lambda image: functional.batch_norm(image, mean, var, training=True), x, **held)
    close(context.updated["running_mean"], mean)
    close(context.updated["running_var"], var)


@pytest.mark.parametrize("shape", [(2, 4, 3, 5), (3, 8)])
def test_other_norms(shape: tuple[int, ...]) -> None:
    from torch.nn import functional

    def over_depth(image: Any, weight: Any, bias: Any) -> Any:
        return functional.layer_norm(image.movedim(1, -1), shape[1:2], weight, bias, 1e-5).movedim(-1, 1)

    def over_all(image: Any, weight: Any, bias: Any) -> Any:
        return functional.layer_norm(image, shape[1:], weight, bias, 1e-5)

    def in_groups(image: Any, weight: Any, bias: Any) -> Any:
        return functional.group_norm(image, 2, weight, bias, 1e-5)

    def by_map(image: Any, weight: Any, bias: Any) -> Any:
        return functional.instance_norm(image, None, None, weight, bias, eps=1e-5)

    x = values(*shape)
    norms: list[tuple[Layer, Callable[..., Any]]] = [
        (layer("layernorm"), over_depth),
        (layer("layernorm", over="all"), over_all),
        (layer("groupnorm", G=2), in_groups),
    ]
    if len(shape) == 4:
        norms.append((layer("instancenorm"), by_map))
    for norm, theirs in norms:
        agree(norm, theirs, x, **tensors(norm, shape[1:]))


@pytest.mark.parametrize("size", [1, 2, 4, 5, 11])
def test_lrn(size: int) -> None:
    from torch.nn import functional

    lrn = layer("lrn", size=size, alpha=0.5, beta=0.6, k=2.0)
    agree(lrn, lambda image: functional.local_response_norm(image, size, 0.5, 0.6, 2.0), values(2, 7, 3, 4))
