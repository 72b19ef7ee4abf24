"""Layers that native code trains against their own `vjp` in float64: however images lie in memory, among values that
are no numbers, for two processors' vectors. Convolutions and batch norm have files of their own."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from engine_cases import Array
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnspec.engine.backends.numba.training import NativeTraining, activation, calls
from cnnspec.engine.backends.numba.training.calls import Native
from cnnspec.engine.backends.numba.training.memory_order import (
    CHANNELS_LAST,
    channels_last,
    lies_side_by_side,
)
from cnnspec.engine.backends.numba.training.moves import clear, put
from cnnspec.graph.layer import Layer
from cnnspec.kernels.compiled.vectors import AVX2, AVX512, Vectors
from cnnspec.layers import find
from cnnspec.layers.maxpool import MaxPool

EVERY = pytest.mark.parametrize("vectors", [AVX512, AVX2], ids=lambda v: v.name)
many = settings(max_examples=40, deadline=None)
ORDERS = [CHANNELS_LAST, (1, 2, 3, 0), (0, 1, 2, 3)]
orders = st.sampled_from(ORDERS)
shapes = st.tuples(st.integers(1, 37), st.integers(1, 19), st.integers(1, 7), st.integers(1, 7))
ROUNDING = 2e-6
"""Largest error, relative to the value or to 1; measured 3e-7."""


def lain(x: Array, order: tuple[int, ...]) -> Array:
    """x in memory of an order."""
    return np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order))


def random(seed: int, *shape: int) -> Array:
    """Whole numbers among others: some are equal."""
    generator = np.random.default_rng([7, seed])
    return np.where(
        generator.random(shape) < 0.5, generator.integers(-2, 8, shape), generator.normal(size=shape)
    ).astype(np.float32)


def trained(layer: Layer, x: Array, dy: Array, vectors: Vectors, threads: int = 1) -> tuple[Array, Array]:
    """The output, and the gradient by x. The gradient by the output is spoilt."""
    context: Any = SimpleNamespace(needs_input_grad=True)
    y, back = NativeTraining(vectors, threads).vjp(layer)(context, x)
    (dx,), tensors = back(dy)
    assert tensors == {}
    return y, dx


def assert_near(found: Array, exact: Array) -> None:
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, exact, rtol=ROUNDING, atol=ROUNDING)


@EVERY
@many
@given(shape=shapes, order=orders)
def test_channels_become_last(shape: tuple[int, ...], order: tuple[int, ...], vectors: Vectors) -> None:
    x = random(0, *shape)
    found = channels_last(lain(x, order), Native(vectors))
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, x.transpose(CHANNELS_LAST))


@EVERY
@many
@given(shape=st.tuples(st.integers(0, 5), st.integers(1, 4), st.integers(1, 4), st.integers(1, 70)), order=orders)
def test_copies_and_zeros_change_nothing_beside_them(
    shape: tuple[int, ...], order: tuple[int, ...], vectors: Vectors
) -> None:
    n, *others = shape
    total, x, native = lain(random(0, n + 2, *others), order), random(1, *shape), Native(vectors)
    wanted = total.copy()
    wanted[1:-1] = x
    put(x, total[1:-1], native)
    np.testing.assert_array_equal(total, wanted)
    wanted[1:-1, :, 1:] = 0
    clear(total[1:-1, :, 1:], native)
    np.testing.assert_array_equal(total, wanted)
    clear(total[1:-1], native)
    np.testing.assert_array_equal(total[1:-1], np.zeros(shape))
    np.testing.assert_array_equal(total[[0, -1]], wanted[[0, -1]])


def test_values_side_by_side() -> None:
    x = random(0, 2, 3, 4, 5)
    for order in ORDERS:
        assert lies_side_by_side(lain(x, order))
    for gaps in (x[:, :, ::2], x[:, :2], x[:, :, :, ::-1], np.broadcast_to(x[:, :1], x.shape)):
        assert not lies_side_by_side(gaps)
    assert lies_side_by_side(x[1:])
    assert lies_side_by_side(x[:1, 1:3])
    assert lies_side_by_side(x[:, :1, :1, :1][:1])


@EVERY
@pytest.mark.parametrize("kind", sorted(activation.SLOPE_OF))
@many
@given(shape=st.one_of(shapes, st.tuples(st.integers(1, 70), st.integers(1, 40))), orders=st.tuples(orders, orders))
def test_activations(kind: str, shape: tuple[int, ...], orders: tuple[Any, Any], vectors: Vectors) -> None:
    layer, x, dy = find(kind)(), random(0, *shape), random(1, *shape)
    x.flat[:: max(1, x.size // 3)] = (np.nan, np.inf, -np.inf)[x.size % 3]
    dy.flat[1::7] = np.nan
    with np.errstate(invalid="ignore"):
        exact, back = layer.vjp(x.astype(float))
        ((wanted,), _) = back(dy.astype(float))
    if len(shape) == 4:
        x, dy = lain(x, orders[0]), lain(dy, orders[1])
    y, dx = trained(layer, x, dy, vectors)
    assert_near(y, exact)
    assert_near(dx, wanted)


@st.composite
def pooling(draw: Callable[..., Any]) -> tuple[MaxPool, tuple[int, int]]:
    """A layer, and an image's rows and columns that it takes."""
    F, S, D, before, after = (
        tuple(draw(st.integers(least, most)) for _ in range(2))
        for least, most in ((1, 4), (1, 4), (1, 2), (0, 2), (0, 2))
    )
    P = {"top": before[0], "left": before[1], "bottom": after[0], "right": after[1]}
    layer = MaxPool(F=F, S=S, D=D, P=P, rounding=draw(st.sampled_from(["floor", "ceil"])))
    size = tuple(draw(st.integers(1, 11)) for _ in range(2))
    windows = layer.windows((1, *size))
    assume(all(s.travel >= 0 and all(s.inside(i).length for i in range(s.outputs)) for s in windows))
    return layer, size


def assert_trained_as_by_numpy(layer: Layer, x: Array, orders: tuple[Any, Any], vectors: Vectors) -> None:
    """For a layer whose values are some of those that arrive: to the last digit, and gradients but for rounding."""
    exact, back = layer.vjp(x.astype(float))
    dy = random(1, *exact.shape)
    ((wanted,), _) = back(dy.astype(float))
    y, dx = trained(layer, lain(x, orders[0]), lain(dy, orders[1]), vectors)
    np.testing.assert_array_equal(y, exact)
    assert_near(dx, wanted)


@EVERY
@many
@given(
    pooling=pooling(), n=st.integers(1, 37), C=st.integers(1, 19), orders=st.tuples(orders, orders), odd=st.booleans()
)
def test_max_pooling(
    pooling: tuple[MaxPool, tuple[int, int]], n: int, C: int, orders: tuple[Any, Any], odd: bool, vectors: Vectors
) -> None:
    layer, size = pooling
    x = random(0, n, C, *size)
    if odd:
        x.flat[:: max(1, x.size // 5)] = np.nan
    assert_trained_as_by_numpy(layer, x, orders, vectors)


@EVERY
@many
@given(shape=shapes, orders=st.tuples(orders, orders))
def test_global_average_pooling(shape: tuple[int, ...], orders: tuple[Any, Any], vectors: Vectors) -> None:
    layer, x, dy = find("globalavgpool")(), random(0, *shape), random(1, *shape[:2], 1, 1)
    exact, back = layer.vjp(x.astype(float))
    y, dx = trained(layer, lain(x, orders[0]), lain(dy, orders[1]), vectors)
    assert_near(y, exact)
    assert_near(dx, back(dy.astype(float))[0][0])


@EVERY
@many
@given(shape=shapes, orders=st.tuples(orders, orders))
def test_values_read_as_another_shape(shape: tuple[int, ...], orders: tuple[Any, Any], vectors: Vectors) -> None:
    N, C, H, W = shape
    x, image, vector = random(0, *shape), random(1, N, W, H, C), random(2, N, C * H * W)
    for layer, given_x, wanted, dy in (
        (find("flatten")(), lain(x, orders[0]), x.reshape(N, -1), np.asfortranarray(vector)),
        (find("flatten")(), vector.copy(), vector, vector.copy()),
        (find("reshape")(C=W, H=H, W=C), lain(x, orders[0]), x.reshape(image.shape), lain(image, orders[1])),
    ):
        gradient = dy.reshape(given_x.shape)
        y, dx = trained(layer, given_x, dy, vectors)
        np.testing.assert_array_equal(y, wanted)
        np.testing.assert_array_equal(dx, gradient)


MOVING: dict[str, dict[str, Any]] = {
    "channelshuffle": {"G": 2},
    "crop": {"top": 1, "right": 2},
    "pad": {"axis": "C", "before": 3, "after": 1},
    "permute": {"order": ("W", "C", "H")},
    "pixelshuffle": {"factor": 2},
    "pixelunshuffle": {"factor": 3},
    "slice": {"axis": "H", "from": 1, "step": 2},
    "upsample": {"factor": (2, 3)},
}
VECTORS: dict[str, dict[str, Any]] = {"pad": {"axis": "C", "after": 3}, "slice": {"from": 2}}


@EVERY
@pytest.mark.parametrize("kind", MOVING)
@settings(max_examples=10, deadline=None)
@given(n=st.integers(1, 5), C=st.integers(1, 5), orders=st.tuples(orders, orders))
def test_layers_that_move_values(kind: str, n: int, C: int, orders: tuple[Any, Any], vectors: Vectors) -> None:
    layer, x = find(kind)(**MOVING[kind]), random(0, n, 4 * C, 6, 9)
    assert_trained_as_by_numpy(layer, x, orders, vectors)


@EVERY
@pytest.mark.parametrize("kind", VECTORS)
def test_values_of_vectors_that_are_moved(kind: str, vectors: Vectors) -> None:
    layer, x = find(kind)(**VECTORS[kind]), random(0, 5, 37)
    exact, back = layer.vjp(x)
    dy = random(1, *exact.shape)
    y, dx = trained(layer, x, dy, vectors)
    np.testing.assert_array_equal(y, exact)
    np.testing.assert_array_equal(dx, back(dy)[0][0])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("tanh", {}),
        ("maxpool", {"F": 3, "S": 2}),
        ("maxpool", {"F": 2}),
        ("flatten", {}),
        ("globalavgpool", {}),
        ("upsample", {"factor": 2}),
        ("pad", {"axis": "C", "after": 3}),
    ],
)
def test_threads_change_no_byte(
    kind: str, fields: dict[str, Any], order: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "WORTH", 1e-9)
    layer, x = find(kind)(**fields), lain(random(0, 21, 7, 5, 9), order)
    dy = random(1, *layer.forward(x).shape)
    alone, together = (trained(layer, x, dy.copy(), AVX2, threads) for threads in (1, 3))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_native_code_is_not_for_is_left_to_the_layer() -> None:
    x, wide = random(0, 2, 3, 4, 5).astype(float), random(0, 1, 1, 20, 20)
    none = random(0, 0, 3, 4, 5)
    for layer, arriving in (
        *((find(kind)(), each) for kind in ("relu", "flatten", "globalavgpool") for each in (x, none)),
        (MaxPool(F=2), x),
        (MaxPool(F=17, S=1), wide),
        *((find(kind)(**MOVING[kind]), x) for kind in ("pad", "permute", "upsample")),
        (find("pad")(top=1, value=2), wide),
        (find("pad")(top=1, mode="edge"), wide),
        (find("upsample")(factor=2, mode="bilinear"), wide),
    ):
        exact, back = layer.vjp(arriving)
        dy = np.ones(exact.shape, exact.dtype)
        y, dx = trained(layer, arriving, dy.copy(), AVX2)
        np.testing.assert_array_equal(y, exact)
        np.testing.assert_array_equal(dx, back(dy)[0][0])
