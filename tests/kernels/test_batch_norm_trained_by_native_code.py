"""Batch norm trained by native code against its own `vjp_training` in float64, which `tests/layers/test_gradients.py`
holds to finite differences: any channels, any order in memory, any number of threads, for two processors' vectors."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from engine_cases import Array
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnspec.engine.backends.numba.training import NativeTraining, batch_norm, calls
from cnnspec.kernels.compiled.vectors import AVX2, AVX512, Vectors
from cnnspec.layers.batchnorm import BatchNorm

ERROR = 5e-6
"""Largest error, relative to the largest of what is added up, or to 1; measured 1e-6."""
EVERY = pytest.mark.parametrize("vectors", [AVX512, AVX2], ids=lambda v: v.name)
many = settings(max_examples=40, deadline=None)
orders = st.sampled_from([(0, 2, 3, 1), (1, 2, 3, 0), (0, 1, 2, 3)])
images = st.tuples(st.integers(1, 4), st.integers(1, 40), st.integers(1, 9), st.integers(1, 9))
shapes = st.one_of(images, st.tuples(st.integers(1, 70), st.integers(1, 40)))
layers = st.builds(BatchNorm, eps=st.sampled_from([1e-5, 1e-2]), momentum=st.floats(0, 1), affine=st.booleans())


def random(seed: int, *shape: int) -> Array:
    return np.random.default_rng([11, seed]).standard_normal(shape).astype(np.float32)


def tensors(layer: BatchNorm, C: int) -> dict[str, Array]:
    names = layer.tensors((C, 1, 1))
    return {name: np.abs(random(2 + i, C)) + np.float32(0.1) for i, name in enumerate(names)}


def lain(x: Array, order: tuple[int, ...]) -> Array:
    """x, if it is images, in memory of an order."""
    return np.ascontiguousarray(x.transpose(order)).transpose(np.argsort(order)) if x.ndim == 4 else x.copy()


def trained(way: Any, x: Array, dy: Array, own: dict[str, Array]) -> dict[str, Array]:
    """The output, all gradients and the new running statistics. The gradient by the output is spoilt."""
    buffers: dict[str, Array] = {}
    context: Any = SimpleNamespace(all_reduce=lambda part: part, update_buffers=buffers.update, needs_input_grad=True)
    y, back = way(context, x, **own)
    (dx,), gradients = back(dy)
    found: dict[str, Array] = {"y": y, "dx": dx} | gradients | buffers
    return found


def by_native_code(layer: BatchNorm, x: Array, dy: Array, vectors: Vectors, threads: int = 1) -> dict[str, Array]:
    own = tensors(layer, x.shape[1])
    return trained(NativeTraining(vectors, threads).vjp(layer), x, dy.copy("K"), own)


def exactly(layer: BatchNorm, x: Array, dy: Array) -> dict[str, Array]:
    own = {name: tensor.astype(float) for name, tensor in tensors(layer, x.shape[1]).items()}
    return trained(layer.vjp_training, x.astype(float), dy.astype(float), own)


def assert_near(found: dict[str, Array], exact: dict[str, Array], scale: float = 1) -> None:
    """`scale` is how large the numbers are of which the output and the gradient by x are the difference."""
    assert list(found) == list(exact)
    for name, wanted in exact.items():
        assert found[name].dtype == np.float32
        assert found[name].shape == wanted.shape
        largest = max(1, np.abs(wanted).max(), scale if name in ("y", "dx") else 0)
        np.testing.assert_allclose(found[name], wanted, rtol=0, atol=ERROR * largest, err_msg=name)


@EVERY
@many
@given(layer=layers, shape=shapes, orders=st.tuples(orders, orders), shift=st.sampled_from([0, 5]))
def test_as_in_float64(
    layer: BatchNorm, shape: tuple[int, ...], orders: tuple[Any, Any], shift: int, vectors: Vectors
) -> None:
    x, dy = random(0, *shape) + np.float32(shift), random(1, *shape)
    axes = (0, 2, 3)[: len(shape) - 1]
    scale = 10 * (5 + shift) / np.sqrt(x.var(axis=axes) + layer.eps).min()
    found = by_native_code(layer, lain(x, orders[0]), lain(dy, orders[1]), vectors)
    assert_near(found, exactly(layer, x, dy), scale)


@EVERY
def test_parts_that_are_added_up(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of sizes that no block or part divides."""
    x, dy = random(0, 3, 19, 23, 29), random(1, 3, 19, 23, 29)
    whole = by_native_code(BatchNorm(), x, dy, vectors)
    assert_near(whole, exactly(BatchNorm(), x, dy))
    monkeypatch.setattr(batch_norm, "PART", 1000)
    assert_near(by_native_code(BatchNorm(), x, dy, vectors), exactly(BatchNorm(), x, dy))


@EVERY
@settings(max_examples=10, deadline=None)
@given(layer=layers, shape=shapes)
def test_threads_change_no_byte(layer: BatchNorm, shape: tuple[int, ...], vectors: Vectors) -> None:
    x, dy = random(0, *shape), random(1, *shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "WORTH", 1e-9)
        patch.setattr(batch_norm, "PART", 1)
        alone, *others = (by_native_code(layer, x, dy, vectors, threads) for threads in (1, 2, 3))
    for other in others:
        for name, found in alone.items():
            np.testing.assert_array_equal(other[name], found, err_msg=name)


@EVERY
@pytest.mark.parametrize("first", [1.0, 1e4, -3e3])
def test_no_digits_of_the_variance_are_lost(first: float, vectors: Vectors) -> None:
    """Far from 0, and with a first value, about which sums are taken, far from all others."""
    layer, C = BatchNorm(momentum=1), 5
    x = 1e4 + random(0, 2, C, 40, 40)
    x[0, :, 0, 0] += first
    found = by_native_code(layer, x, random(1, *x.shape), vectors)
    cells = x.astype(float).transpose(1, 0, 2, 3).reshape(C, -1)
    np.testing.assert_allclose(found["running_mean"], cells.mean(axis=1), rtol=1e-7)
    np.testing.assert_allclose(found["running_var"], cells.var(axis=1, ddof=1), rtol=2e-6)
    shifted = exactly(layer, x, random(1, *x.shape))
    np.testing.assert_allclose(found["weight"], shifted["weight"], atol=ERROR * np.abs(shifted["weight"]).max())


@EVERY
def test_values_that_are_all_the_same_have_no_variance(vectors: Vectors) -> None:
    layer = BatchNorm(momentum=1)
    for shape in ((1, 3), (1, 3, 1, 1), (2, 3, 17, 5)):
        x = np.full(shape, 0.1, np.float32)
        found = by_native_code(layer, x, random(1, *shape), vectors)
        np.testing.assert_array_equal(found["running_var"], 0)
        np.testing.assert_array_equal(found["running_mean"], np.float32(0.1))
        assert_near(found, exactly(layer, x, random(1, *shape)), scale=300)


@EVERY
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [(0, 2, 0, 0), (1, 2, 3, 1)])
def test_what_is_no_number_stays_in_its_channel(odd: float, place: tuple[int, ...], vectors: Vectors) -> None:
    x, dy = random(0, 2, 5, 6, 4), random(1, 2, 5, 6, 4)
    clean = by_native_code(BatchNorm(), x, dy, vectors)
    x[place] = odd
    found = by_native_code(BatchNorm(), x, dy, vectors)
    others = [0, 1, 3, 4]
    for name, whole in clean.items():
        axis = 1 if whole.ndim == 4 else 0
        np.testing.assert_array_equal(found[name].take(others, axis), whole.take(others, axis), err_msg=name)
        assert name == "bias" or not np.isfinite(found[name].take(2, axis)).any(), name


def test_what_is_not_float32_is_numpys() -> None:
    x, dy = random(0, 2, 3, 4, 5).astype(float), random(1, 2, 3, 4, 5).astype(float)
    found, exact = (
        by_native_code(BatchNorm(), x, dy, AVX2),
        trained(BatchNorm().vjp_training, x, dy, tensors(BatchNorm(), 3)),
    )
    for name, wanted in exact.items():
        np.testing.assert_array_equal(found[name], wanted)
