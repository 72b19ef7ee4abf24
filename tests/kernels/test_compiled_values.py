"""The compiled functions of values against their layers' own `forward` in float64, for the vectors of several
processors: among them values that are no numbers, infinite, tiny; in memory of any steps, and in place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from engine_cases import Array
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cnnspec.engine.backends.numba import values
from cnnspec.engine.backends.numba.functions import FUNCTIONS_OF, function_of
from cnnspec.kernels.compiled.layout import JOINS
from cnnspec.kernels.compiled.vectors import AVX2, AVX512, NEON, Vectors
from cnnspec.layers import find
from cnnspec.layers._activation import Activation

EVERY = pytest.mark.parametrize("vectors", [AVX512, AVX2, NEON], ids=lambda v: v.name)
many = settings(max_examples=60, deadline=None)
ROUNDING = 4e-7
"""Largest error of a value, relative to it or to 1; measured 2.2e-7."""
SPECIAL = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-42, -1e-42, 1e38, -1e38, 88.7, -88.7, -103.0], np.float32)


def layer_of(kind: str) -> Activation:
    found = find(kind)(**({"alpha": 0.75} if kind in ("celu", "thresholdedrelu") else {}))
    assert isinstance(found, Activation)
    return found


def lain(shape: tuple[int, ...], seed: int) -> Array:
    """Memory of this shape whose cells lie among NaN."""
    around = np.full((*shape[:-1], shape[-1] + seed % 4), np.nan, np.float32)
    return around[..., : shape[-1]]


@EVERY
@pytest.mark.parametrize("kind", sorted(FUNCTIONS_OF))
def test_functions(kind: str, vectors: Vectors) -> None:
    layer = layer_of(kind)
    found = function_of(layer)
    assert found is not None
    x = np.concatenate([np.linspace(-30, 30, 4001), np.linspace(-1, 1, 997), SPECIAL]).astype(np.float32)
    y = np.empty_like(x)
    values.applied(*found, x, y, vectors)()
    with np.errstate(all="ignore"):
        wanted = layer.forward(x.astype(np.float64))
        plain = layer.forward(x)
    np.testing.assert_array_equal(np.isnan(y), np.isnan(plain))
    usual = np.isfinite(plain) & np.isfinite(y)
    np.testing.assert_array_equal(y[~usual & ~np.isnan(y)], plain[~usual & ~np.isnan(y)])
    error = np.abs(y[usual] - wanted[usual]) / np.maximum(1, np.abs(wanted[usual]))
    assert error.max() <= ROUNDING


@EVERY
@given(
    shape=st.tuples(st.integers(0, 2), st.integers(1, 4), st.integers(1, 5), st.integers(1, 40)),
    seed=st.integers(0, 99),
    in_place=st.booleans(),
)
@many
def test_any_memory(vectors: Vectors, shape: tuple[int, ...], seed: int, in_place: bool) -> None:
    given = np.random.default_rng(seed).normal(size=shape).astype(np.float32)
    x, out = lain(shape, seed), lain(shape, seed // 4)
    x[...] = given
    out = x if in_place else out
    values.applied("leakyrelu", (0.5,), x, out, vectors)()
    np.testing.assert_array_equal(out, np.where(given < 0, given * np.float32(0.5), given))
    base = out.base
    assert base is not None
    assert np.isnan(base).sum() == base.size - out.size, "wrote beside its output"


UFUNCS: dict[str, Callable[[Array, Array], Array]] = {
    "add": np.add,
    "bend": lambda x, slope: np.maximum(x, 0) + slope * np.minimum(x, 0),
    "divide": np.divide,
    "larger": np.maximum,
    "multiply": np.multiply,
    "smaller": np.minimum,
    "subtract": np.subtract,
}


@EVERY
@given(
    shape=st.tuples(st.integers(0, 2), st.integers(1, 4), st.integers(1, 5), st.integers(1, 40)),
    gate=st.sampled_from(["", "cells", "channels"]),
    name=st.sampled_from(sorted(UFUNCS)),
    special=st.booleans(),
    seed=st.integers(0, 99),
)
@example((2, 4, 5, 1), "channels", "multiply", False, 0)
@many
def test_joins(vectors: Vectors, shape: tuple[int, ...], gate: str, name: str, special: bool, seed: int) -> None:
    n, H, W, C = shape
    random = np.random.default_rng(seed)
    other = {"": shape, "cells": (n, H, W, 1), "channels": (n, 1, 1, C)}[gate]
    x, y, out = lain(shape, seed), lain(other, seed // 4), lain(shape, seed // 16)
    for array in (x, y):
        array[...] = random.choice(SPECIAL, array.shape) if special else random.normal(size=array.shape)
    with np.errstate(all="ignore"):
        wanted = UFUNCS[name](x, y)
    values.joined(name, x, y, out, vectors)()
    np.testing.assert_array_equal(out, wanted)


def test_all_joins_are_tested() -> None:
    assert tuple(UFUNCS) == JOINS


@EVERY
@given(
    shape=st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(1, 4), st.integers(1, 70)),
    scale=st.sampled_from([1e-3, 1.0, 30.0, 1e4]),
    seed=st.integers(0, 99),
)
@many
def test_softmax(vectors: Vectors, shape: tuple[int, ...], scale: float, seed: int) -> None:
    x, out = lain(shape, seed), lain(shape, seed // 4)
    x[...] = np.random.default_rng(seed).normal(size=shape) * scale
    values.shared_out(x, out, vectors)()
    e = np.exp(x.astype(np.float64) - x.max(-1, keepdims=True, initial=-np.inf))
    np.testing.assert_allclose(out, e / e.sum(-1, keepdims=True), rtol=1e-5, atol=1e-37)  # differences are rounded
    values.shared_out(x, out, vectors, is_logarithm=True)()
    apart = x.astype(np.float64) - x.max(-1, keepdims=True, initial=-np.inf)
    np.testing.assert_allclose(out, apart - np.log(e.sum(-1, keepdims=True)), rtol=1e-6, atol=1e-6)


@EVERY
@pytest.mark.parametrize("cells", [[np.nan, 1.0], [np.inf, 1.0], [-np.inf, 1.0], [-np.inf, -np.inf], [np.inf, np.nan]])
def test_softmax_of_what_is_not_finite(vectors: Vectors, cells: list[float]) -> None:
    x = np.tile(np.array(cells, np.float32), 9)[:17][None]
    out = np.empty_like(x)
    values.shared_out(x, out, vectors)()
    with np.errstate(all="ignore"):
        e = np.exp(x - x.max())
        np.testing.assert_allclose(out, e / e.sum(), rtol=1e-6)
        values.shared_out(x, out, vectors, is_logarithm=True)()
        np.testing.assert_allclose(out, x - x.max() - np.log(e.sum()), rtol=1e-6)
