"""Dense layers, and biases of cells, that native code trains against float64: any sizes, any number of threads, for two
processors' vectors."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from engine_cases import Array
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnspec.engine.backends.numba.training import NativeTraining, bias, calls, dense
from cnnspec.engine.backends.numba.training.calls import Native
from cnnspec.kernels.compiled.vectors import AVX2, AVX512, Vectors
from cnnspec.layers.dense import Dense

EVERY = pytest.mark.parametrize("vectors", [AVX512, AVX2], ids=lambda v: v.name)
many = settings(max_examples=40, deadline=None)
few = settings(max_examples=15, deadline=None)
sizes = st.tuples(st.integers(0, 40), st.integers(1, 90), st.integers(1, 150))
"""Vectors, their values, and neurons."""
cells = st.tuples(st.integers(0, 5), st.integers(1, 9), st.integers(1, 9), st.integers(1, 70))
ERROR = 2e-6
"""Largest error, relative to the largest value or 1; measured 5e-7."""


def random(seed: int, *shape: int) -> Array:
    return np.random.default_rng([17, seed]).standard_normal(shape).astype(np.float32)


def assert_near(found: Array, exact: Array) -> None:
    assert found.dtype == np.float32
    assert found.shape == exact.shape
    assert np.abs(found - exact).max(initial=0) <= ERROR * max(1, np.abs(exact).max(initial=0))


def trained(way: Any, x: Array, dy: Array, tensors: dict[str, Array], needs_input_grad: bool = True) -> list[Array]:
    """The output and all gradients."""
    y, back = way(SimpleNamespace(needs_input_grad=needs_input_grad), x, **tensors)
    (dx,), gradients = back(dy)
    assert list(gradients) == list(tensors)
    return [y, dx, *gradients.values()]


def own(K: int, C: int, has_bias: bool) -> dict[str, Array]:
    return {"weight": random(2, K, C)} | ({"bias": random(3, K)} if has_bias else {})


@EVERY
@many
@given(sizes=sizes, has_bias=st.booleans(), is_turned=st.booleans())
def test_dense(sizes: tuple[int, int, int], has_bias: bool, is_turned: bool, vectors: Vectors) -> None:
    N, C, K = sizes
    layer, tensors, x, dy = Dense(K=K, bias=has_bias), own(K, C, has_bias), random(0, N, C), random(1, N, K)
    exact_tensors = {name: tensor.astype(float) for name, tensor in tensors.items()}
    exact = trained(lambda context, *given, **own: layer.vjp(*given, **own), x.astype(float), dy, exact_tensors)
    if is_turned:
        x, dy = (np.asfortranarray(each) for each in (x, dy))
    for found, wanted in zip(trained(NativeTraining(vectors).vjp(layer), x, dy, tensors), exact, strict=True):
        assert_near(found, wanted)


@EVERY
@few
@given(sizes=st.one_of(sizes, st.tuples(st.just(300), st.integers(1, 20), st.integers(1, 70))))
def test_threads_change_no_byte(sizes: tuple[int, int, int], vectors: Vectors) -> None:
    N, C, K = sizes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "WORTH", 1e-9)
        patch.setattr(bias, "PART", 1)
        alone, *others = (
            trained(NativeTraining(vectors, threads).vjp(Dense(K=K)), random(0, N, C), random(1, N, K), own(K, C, True))
            for threads in (1, 2, 3)
        )
    for other in others:
        for one, same in zip(alone, other, strict=True):
            np.testing.assert_array_equal(one, same)


def test_no_gradient_is_made_for_what_nothing_learns_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(dense, "adjoint")
    _, dx, *_ = trained(NativeTraining(AVX2).vjp(Dense(K=3)), random(0, 2, 5), random(1, 2, 3), own(3, 5, True), False)
    np.testing.assert_array_equal(dx, np.zeros((2, 5)))


@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_is_no_number_stays_where_it_is() -> None:
    """Each input and each neuron by itself."""
    tensors, x, dy = own(20, 33, True), random(0, 3, 33), random(1, 3, 20)
    for name, odd in ((None, np.nan), ("weight", np.inf), ("bias", np.nan)):
        whole = tensors | ({name: tensors[name].copy()} if name else {})
        seen = x.copy()
        (whole[name] if name else seen)[1, ...] = odd
        found, exact = (
            trained(way, seen, dy, whole)
            for way in (NativeTraining(AVX2).vjp(Dense(K=20)), lambda context, *xs, **own: Dense(K=20).vjp(*xs, **own))
        )
        for one, other in zip(found, exact, strict=True):
            np.testing.assert_array_equal(np.isfinite(one), np.isfinite(other))


def test_what_is_not_float32_is_numpys() -> None:
    x, dy, tensors = random(0, 2, 5).astype(float), random(1, 2, 3), own(3, 5, True)
    found = trained(NativeTraining(AVX2).vjp(Dense(K=3)), x, dy, tensors)
    exact = trained(Dense(K=3).vjp_training, x, dy, tensors)
    for one, other in zip(found, exact, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@EVERY
@many
@given(shape=cells, part=st.sampled_from([1, 50, 1 << 14]))
def test_a_bias_of_cells(shape: tuple[int, ...], part: int, vectors: Vectors) -> None:
    y, offset = random(0, *shape), random(1, shape[-1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "WORTH", 1e-9)
        patch.setattr(bias, "PART", part)
        found = []
        for threads in (1, 2, 3):
            native, sums = Native(vectors, threads), y.copy()
            bias.add_bias(sums, offset, native)
            np.testing.assert_array_equal(sums, y + offset)
            found.append(bias.bias_gradient(y, native))
    assert_near(found[0], y.astype(float).sum((0, 1, 2)))
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)
