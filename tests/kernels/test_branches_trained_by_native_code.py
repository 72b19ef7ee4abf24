"""Joins that native code trains against their own `vjp` in float64: however branches lie in memory, for two processors'
vectors, by any number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np
import pytest
from engine_cases import Array
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnspec.engine.backends.numba.training import NativeTraining, calls
from cnnspec.graph.layer import Layer
from cnnspec.kernels.compiled.vectors import AVX2, AVX512, Vectors
from cnnspec.layers.add import Add
from cnnspec.layers.concat import Concat

EVERY = pytest.mark.parametrize("vectors", [AVX512, AVX2], ids=lambda v: v.name)
many = settings(max_examples=40, deadline=None)
orders = st.sampled_from([(0, 2, 3, 1), (1, 2, 3, 0), (0, 1, 2, 3)])
images = st.tuples(st.integers(0, 7), st.integers(1, 19), st.integers(1, 7), st.integers(1, 7))
shapes = st.one_of(images, st.tuples(st.integers(0, 70), st.integers(1, 40)))
ROUNDING = 2e-6
"""Largest error, relative to the value or to 1; measured 5e-7."""


def random(seed: int, *shape: int) -> Array:
    return np.random.default_rng([13, seed]).standard_normal(shape).astype(np.float32)


def lain(x: Array, order: tuple[int, ...]) -> Array:
    """x, if it is images, in memory of an order."""
    return np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order)) if x.ndim == 4 else x


def trained(
    layer: Layer, inputs: Sequence[Array], dy: Array, vectors: Vectors, threads: int = 1
) -> tuple[Array, tuple[Array, ...]]:
    """The output, and the gradients by the inputs."""
    context: Any = SimpleNamespace(needs_input_grad=True)
    y, back = NativeTraining(vectors, threads).vjp(layer)(context, *inputs)
    gradients, tensors = back(dy)
    assert tensors == {}
    return y, gradients


@EVERY
@many
@given(shape=shapes, branches=st.integers(2, 4), orders=st.lists(orders, min_size=5, max_size=5))
def test_sums(shape: tuple[int, ...], branches: int, orders: list[Any], vectors: Vectors) -> None:
    inputs, dy = [random(i, *shape) for i in range(branches)], random(9, *shape)
    y, gradients = trained(Add(), [*map(lain, inputs, orders)], lain(dy, orders[-1]).copy("K"), vectors)
    np.testing.assert_allclose(y, Add().forward(*(x.astype(float) for x in inputs)), rtol=ROUNDING, atol=ROUNDING)
    assert len(gradients) == branches
    for i, gradient in enumerate(gradients):
        np.testing.assert_array_equal(gradient, dy)
        gradient[...] = i  # that of another branch must not change


@EVERY
@many
@given(
    shape=images, axis=st.sampled_from("CHW"), sizes=st.lists(st.integers(1, 20), min_size=2, max_size=3),
    orders=st.lists(orders, min_size=4, max_size=4),
)  # fmt: skip
def test_concatenations(
    shape: tuple[int, ...], axis: Literal["C", "H", "W"], sizes: list[int], orders: list[Any], vectors: Vectors
) -> None:
    layer = Concat(axis=axis)
    at = layer.index
    inputs = [random(i, *shape[:at], size, *shape[at + 1 :]) for i, size in enumerate(sizes)]
    exact, back = layer.vjp(*inputs)
    dy = random(9, *exact.shape)
    y, gradients = trained(layer, [*map(lain, inputs, orders)], lain(dy, orders[-1]).copy("K"), vectors)
    np.testing.assert_array_equal(y, exact)
    for i, (found, wanted) in enumerate(zip(gradients, back(dy)[0], strict=True)):
        np.testing.assert_array_equal(found, wanted)
        found[...] = i


@EVERY
@pytest.mark.parametrize("N", [0, 1, 5])
def test_concatenated_vectors(N: int, vectors: Vectors) -> None:
    inputs, dy = [random(i, N, size) for i, size in enumerate((3, 40, 1))], random(9, N, 44)
    y, gradients = trained(Concat(), inputs, dy, vectors)
    np.testing.assert_array_equal(y, np.concatenate(inputs, axis=1))
    for found, wanted in zip(gradients, np.split(dy, [3, 43], axis=1), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_branches_of_a_sum_stay_as_they_are() -> None:
    x, other = random(0, 3, 5, 2, 4), random(1, 3, 5, 2, 4)
    before = x.copy(), other.copy()
    trained(Add(), (x, other, x), random(2, 3, 5, 2, 4), AVX2)
    np.testing.assert_array_equal((x, other), before)


@EVERY
@settings(max_examples=10, deadline=None)
@given(shape=shapes, branches=st.integers(2, 3), kind=st.sampled_from([Add, Concat]))
def test_threads_change_no_byte(
    shape: tuple[int, ...], branches: int, kind: type[Add | Concat], vectors: Vectors
) -> None:
    inputs = [random(i, *shape) for i in range(branches)]
    dy = random(9, *kind().forward(*inputs).shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "WORTH", 1e-9)
        alone, *others = (trained(kind(), inputs, dy.copy(), vectors, threads) for threads in (1, 2, 3))
    for y, gradients in others:
        np.testing.assert_array_equal(y, alone[0])
        np.testing.assert_array_equal(gradients, alone[1])


def test_what_is_not_float32_is_left_to_the_layer() -> None:
    inputs = [random(i, 2, 3, 4, 5).astype(kind) for i, kind in enumerate((np.float32, np.float64))]
    dy = random(9, 2, 3, 4, 5).astype(float)
    y, gradients = trained(Add(), inputs, dy, AVX2)
    np.testing.assert_array_equal(y, Add().forward(*inputs))
    for gradient in gradients:
        assert gradient.dtype == float
