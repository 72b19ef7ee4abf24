"""How an input comes into a plan's memory: by NumPy's calls and by native ones, for several processors."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest
from calling import inputs
from engine_cases import Array, both_backends, graph, lively

from cnnspec.engine import arrival
from cnnspec.engine.arrival import Arrival
from cnnspec.engine.backends.numba.movement import native
from cnnspec.engine.backends.numba.native import NativeCall
from cnnspec.engine.model import Model
from cnnspec.kernels.compiled.vectors import AVX2, AVX512, NEON, Vectors


@pytest.fixture(autouse=True)
def all_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "LARGE", 1)


def place(n: int, H: int, W: int, C: int, beside: int) -> Array:
    """Memory for images with a border, and with other channels beside theirs; NaN everywhere."""
    return np.full((n, H + 3, W + 2, C + beside), np.nan, np.float32)[:, 1 : 1 + H, 2 : 2 + W, :C]


def calls(arriving: Arrival) -> Iterator[partial[None]]:
    for stage in arriving.stages():
        for [call] in stage.items:
            assert isinstance(call, partial)
            yield call


@pytest.mark.parametrize("vectors", [None, AVX512, AVX2, NEON], ids=["NumPy", "AVX-512", "AVX2", "NEON"])
@pytest.mark.parametrize("beside", [0, 2])
@pytest.mark.parametrize("C", [1, 2, 3, 4, 5, 17])
def test_every_value_comes_to_its_place_and_none_beside(vectors: Vectors | None, C: int, beside: int) -> None:
    for n, H, W in ((1, 1, 1), (1, 9, 16), (2, 5, 17), (3, 4, 3), (1, 7, 50)):
        x, found = inputs(n, (C, H, W)), place(n, H, W, C, beside)
        arriving = Arrival(found)
        arriving.announce(x)
        for call in calls(arriving):
            bound = call if vectors is None else native(call, vectors)
            assert vectors is None or isinstance(bound, NativeCall)
            bound()
        np.testing.assert_array_equal(found, x.transpose(0, 2, 3, 1))
        assert found.base is not None
        assert np.isnan(found.base).sum() == found.base.size - found.size


def test_the_next_input_is_taken_from_where_that_is() -> None:
    arriving = Arrival(place(1, 9, 20, 3, 0))
    bound = [native(call, AVX512) for call in calls(arriving)]
    for seed in range(3):
        x = inputs(1, (3, 9, 20), seed)
        arriving.announce(x)
        for call in bound:
            call()
        np.testing.assert_array_equal(arriving.place, x.transpose(0, 2, 3, 1))


@both_backends
@pytest.mark.parametrize("threads", [1, 3])
def test_a_model_takes_inputs_of_any_order_and_keeps_none(
    backend: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnspec.engine.compiled.WORTH", 0)
    found = graph((3, 21, 18), "  - {conv: {F: 3, K: 8, P: 1}}\n  - {conv: {F: 3, S: 2, K: 4}}\n")
    model = Model(found, lively(found), threads, backend=backend)
    x = inputs(2, found.input)
    wanted = model(x)
    turned = np.asfortranarray(x)
    assert not turned.flags.c_contiguous
    np.testing.assert_array_equal(model(turned), wanted)
    np.testing.assert_array_equal(model(x.astype(np.float64)), wanted)
    for bound in model.plan._free:
        assert not bound.arrival.x.size
