"""The compiled kernels of training against NumPy's in float64, over random shapes, for two processors' vectors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_cases import Array
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnspec.engine.backends.numba.training import calls, correlation, filter_gradient, filters, tiles
from cnnspec.engine.backends.numba.training.addresses import address
from cnnspec.engine.backends.numba.training.calls import Native
from cnnspec.engine.backends.numba.training.convolution import NativeKernels
from cnnspec.graph.window import SlidingWindow, SlidingWindows
from cnnspec.kernels.compiled import packing
from cnnspec.kernels.compiled.vectors import AVX2, AVX512, Vectors
from cnnspec.kernels.training import convolution as by_numpy

ERROR = 2e-5
"""Largest error, relative to the largest value or 1; measured 2e-6."""
OF_TILES = 2e-4
"""The same of Winograd's F(4x4, 3x3); measured 3e-5."""
EVERY = pytest.mark.parametrize("vectors", [AVX512, AVX2], ids=lambda v: v.name)
many = settings(max_examples=30, deadline=None)


def test_addresses_are_those_that_numpy_tells(tmp_path: Path) -> None:
    whole = random(0, 3, 4, 5)
    fixed = whole.copy()
    fixed.flags.writeable = False
    mapped = np.memmap(tmp_path / "values", np.float32, "w+", 8, (6,))
    for x in (whole, whole[1:, ::-2, 3], whole.T, fixed, whole[:0], np.zeros(()), mapped, mapped[2:]):
        assert address(x) == x.ctypes.data


@st.composite
def window(draw: Callable[..., Any]) -> SlidingWindow:
    F, S, D = (draw(st.integers(1, most)) for most in (5, 3, 2))
    found = SlidingWindow(draw(st.integers(1, 12)), F, S, D, draw(st.integers(0, 4)), draw(st.integers(0, 4)))
    assume(found.travel >= 0)
    return found


windows = st.tuples(window(), window())
channels = st.tuples(st.integers(1, 3), st.integers(1, 19), st.integers(1, 35))
"""Groups, and for each the channels of the image and of the output."""


def random(seed: int, *shape: int) -> Array:
    return np.random.default_rng([3, seed]).standard_normal(shape).astype(np.float32)


def assert_near(found: Array, exact: Array, error: float = ERROR) -> None:
    assert found.shape == exact.shape
    assert np.abs(found - exact).max(initial=0) <= error * max(1, np.abs(exact).max(initial=0))


def both_ways(name: str, vectors: Vectors, x: Array, weight: Array, windows: SlidingWindows, G: int) -> None:
    y, back = getattr(NativeKernels(Native(vectors)), name)(x, weight, windows, G)
    exact, back_exactly = getattr(by_numpy, name)(x.astype(float), weight.astype(float), windows, G)
    assert y.dtype == np.float32
    assert_near(y, exact)
    dy = random(2, *y.shape)
    for found, wanted in zip(back(dy), back_exactly(dy.astype(float)), strict=True):
        assert_near(found, wanted)


@EVERY
@many
@given(windows=windows, channels=channels, n=st.integers(1, 4))
def test_convolution_and_its_adjoint(
    windows: SlidingWindows, channels: tuple[int, int, int], n: int, vectors: Vectors
) -> None:
    G, C, K = channels
    rows, columns = windows
    weight = random(1, K * G, C, rows.F, columns.F)
    both_ways("convolution", vectors, random(0, n, rows.size, columns.size, C * G), weight, windows, G)
    both_ways("transposed", vectors, random(0, n, rows.outputs, columns.outputs, K * G), weight, windows, G)


@st.composite
def window_of_three(draw: Callable[..., Any]) -> SlidingWindow:
    before, after = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    return SlidingWindow(draw(st.integers(max(1, 3 - before - after), 13)), 3, 1, 1, before, after)


def by_tiles(vectors: Vectors, x: Array, weight: Array, windows: SlidingWindows) -> list[Array]:
    """The output, and the gradients for a random one by it, which is given first."""
    y, back = NativeKernels(Native(vectors)).by_tiles(x, weight, windows, needs_input_grad=True)
    dy = random(2, *y.shape)
    return [dy, y, *back(dy)]


@EVERY
@many
@given(
    windows=st.tuples(window_of_three(), window_of_three()),
    C=st.integers(1, 40),
    K=st.integers(1, 70),
    n=st.integers(1, 4),
)
def test_convolution_by_tiles(windows: SlidingWindows, C: int, K: int, n: int, vectors: Vectors) -> None:
    rows, columns = windows
    x, weight = random(0, n, rows.size, columns.size, C), random(1, K, C, 3, 3)
    dy, y, *gradients = by_tiles(vectors, x, weight, windows)
    exact, back = by_numpy.convolution(x.astype(float), weight.astype(float), windows, 1)
    for found, wanted in zip([y, *gradients], [exact, *back(dy.astype(float))], strict=True):
        assert_near(found, wanted, OF_TILES)


@EVERY
def test_filters_that_are_taken_some_at_a_time(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = (SlidingWindow(9, 3, 1, 1, 1, 1), SlidingWindow(6, 3, 1, 1, 1, 1))
    x, weight = random(0, 3, 9, 6, 70), random(1, 2 * vectors.panel + 5, 70, 3, 3)
    whole = by_tiles(vectors, x, weight, windows)
    monkeypatch.setattr(tiles, "CHUNK", 1)
    for found, wanted in zip(by_tiles(vectors, x, weight, windows), whole, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_tiles_are_taken_where_they_pay() -> None:
    three = SlidingWindow(32, 3, 1, 1, 1, 1)
    assert tiles.pays((three, three), 64, 64, 8)
    assert not tiles.pays((three._replace(size=4), three._replace(size=4)), 512, 512, 1)  # their filters cost more
    assert not tiles.pays((three._replace(S=2), three), 64, 64, 8)
    assert not tiles.pays((three._replace(before=3), three), 64, 64, 8)


def phase(size: int) -> st.SearchStrategy[list[int]]:
    """Taps that are all as far apart, forward or back."""
    every = st.builds(lambda first, step: list(range(first, size, step)), st.integers(0, size - 1), st.integers(1, 3))
    return st.builds(lambda taps, way: taps[::way], every, st.sampled_from((1, -1)))


@EVERY
@many
@given(shape=st.tuples(st.integers(1, 70), st.integers(1, 40), st.integers(1, 3), st.integers(1, 3)), data=st.data())
def test_filters_in_the_order_of_kernels_and_back(
    shape: tuple[int, ...], data: st.DataObject, vectors: Vectors
) -> None:
    weight, native = random(0, *shape), Native(vectors)
    K, C, FH, FW = shape
    for wanted in (vectors, vectors.narrow):
        np.testing.assert_array_equal(filters.packed(weight, wanted, native), packing.packed(weight, wanted))
    turned = weight.swapaxes(0, 1)
    whole = packing.packed(turned[:, :, ::-1, ::-1], vectors)
    np.testing.assert_array_equal(filters.turned_and_packed(weight, vectors, native), whole)
    rows, columns = (data.draw(phase(size)) for size in (FH, FW))
    some = packing.packed(turned[:, :, rows][..., columns], vectors)
    pieces = filters.whole_panels(C, vectors)
    those = filters.turned_packing(weight, pieces, vectors, native, rows, columns)
    np.testing.assert_array_equal(filters.carried_out(those, native), some)
    by_tap = random(1, FH * FW, C, K + 3)
    found = np.empty(shape, np.float32)
    filters.unpacked(by_tap, found, native)
    np.testing.assert_array_equal(found, by_tap[..., :K].reshape(FH, FW, C, K).transpose(3, 2, 0, 1))
    apart = weight.reshape(K * C, 1, FH, FW)
    np.testing.assert_array_equal(filters.by_tap(apart, native), apart.reshape(K * C, FH * FW).T)


@EVERY
@settings(max_examples=10, deadline=None)
@given(windows=windows, channels=channels, three=st.tuples(window_of_three(), window_of_three()), n=st.integers(1, 4))
def test_threads_change_no_byte(
    windows: SlidingWindows, channels: tuple[int, int, int], three: SlidingWindows, n: int, vectors: Vectors
) -> None:
    G, C, K = channels

    def everything(threads: int) -> list[Array]:
        native = Native(vectors, threads)
        kernels, found = NativeKernels(native), []
        for (rows, columns), K_of, C_of, groups in ((windows, K * G, C, G), (windows, C, 1, C), (three, K, C, 1)):
            x, weight = random(0, n, rows.size, columns.size, C_of * groups), random(1, K_of, C_of, rows.F, columns.F)
            way = kernels.by_tiles if (rows, columns) == three else partial(kernels.convolution, G=groups)
            y, back = way(x, weight, windows=(rows, columns), needs_input_grad=True)
            dy = random(2, *y.shape)
            found += [y, *back(dy)]
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "WORTH", 1e-9)
        alone, together = everything(1), everything(3)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


@EVERY
@pytest.mark.parametrize("channels", [(2, 150, 130), (1, 33, 200), (1, 5, 17)])
@pytest.mark.parametrize("one", [SlidingWindow(2, 1), SlidingWindow(3, 3, 2, 1, 1, 1)], ids=["cells", "windows"])
def test_threads_share_filters_where_cells_are_few(
    one: SlidingWindow, channels: tuple[int, int, int], vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "WORTH", 1e-9)
    G, C, K = channels
    x, weight = random(0, 3, one.size, one.size, C * G), random(1, K * G, C, one.F, one.F)
    both_ways("convolution", vectors, x, weight, (one, one), G)

    def everything(threads: int) -> list[Array]:
        y, back = NativeKernels(Native(vectors, threads)).convolution(x, weight, (one, one), G)
        return [y, *back(random(2, *y.shape))]

    alone = everything(1)
    with monkeypatch.context() as patch:
        patch.setattr(correlation, "FEW_CELLS", 0)
        by_strips = everything(2)
    for others in (by_strips, everything(2), everything(3)):
        for one_of, other in zip(alone, others, strict=True):
            np.testing.assert_array_equal(one_of, other)


@EVERY
@pytest.mark.parametrize("F", [1, 2])
@pytest.mark.parametrize("S", [1, 2])
def test_strips_of_a_gradient_are_added_up(F: int, S: int, vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = (SlidingWindow(7, F, S), SlidingWindow(5, F, S))
    kernels = NativeKernels(Native(vectors))
    x, weight = random(0, 3, 7, 5, 37), random(1, 19, 37, F, F)
    y, back = kernels.convolution(x, weight, windows, 1)
    dy = random(2, *y.shape)
    whole = back(dy)[1]
    for cells in (1, 2, 7, 40):
        monkeypatch.setattr(filter_gradient, "CACHE", cells * (37 * S + 19))
        filter_gradient._sums.cache_clear()
        np.testing.assert_array_equal(back(dy)[1], whole)
    filter_gradient._sums.cache_clear()


@EVERY
@many
@given(windows=windows, C=st.integers(2, 40), n=st.integers(1, 4))
def test_depthwise_convolution(windows: SlidingWindows, C: int, n: int, vectors: Vectors) -> None:
    rows, columns = windows
    weight = random(1, C, 1, rows.F, columns.F)
    both_ways("convolution", vectors, random(0, n, rows.size, columns.size, C), weight, windows, C)


@EVERY
@pytest.mark.parametrize("S", [1, 2, 3])
def test_depthwise_convolution_of_several_strips(S: int, vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    windows = (SlidingWindow(41, 3, S, 2, 2, 1), SlidingWindow(40, 5, S, 1, 0, 3))
    x, weight = random(0, 2, 41, 40, 37), random(1, 37, 1, 3, 5)
    both_ways("convolution", vectors, x, weight, windows, 37)
    monkeypatch.setattr(calls, "WORTH", 1e-9)
    results = []
    for threads in (1, 2):
        y, back = NativeKernels(Native(vectors, threads)).convolution(x, weight, windows, 37)
        results.append([y, *back(random(2, *y.shape))])
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


@EVERY
@many
@given(windows=windows, C=st.integers(2, 20), odd=st.sampled_from([np.nan, np.inf]), data=st.data())
def test_no_channel_sees_what_lies_beside_its_windows(
    windows: SlidingWindows, C: int, odd: float, data: st.DataObject, vectors: Vectors
) -> None:
    def one_of(x: Array) -> tuple[int, ...]:
        return tuple(data.draw(st.integers(0, size - 1)) for size in x.shape)

    rows, columns = windows
    x, weight = random(0, 2, rows.size, columns.size, C), random(1, C, 1, rows.F, columns.F)
    kernels = NativeKernels(Native(vectors))
    dy = random(2, 2, rows.outputs, columns.outputs, C)
    # Ones where a value is odd: with filters of ones, whatever sees it is not zero.
    there, here, ones = np.zeros(x.shape), np.zeros(dy.shape), np.ones(weight.shape)
    there[one_of(x)] = here[one_of(dy)] = 1
    seen, back = by_numpy.convolution(there, ones, windows, C)
    x_by_filters = back(np.ones(dy.shape))[1]
    dx, by_filters = by_numpy.convolution(np.ones(x.shape), ones, windows, C)[1](here)
    y, back = kernels.convolution(np.where(there, np.float32(odd), x), weight, windows, C)
    for found, wanted in ((y, seen), (back(dy.copy())[1], x_by_filters)):
        np.testing.assert_array_equal(np.isfinite(found), wanted == 0)
    _, back = kernels.convolution(x, weight, windows, C)
    for found, wanted in zip(back(np.where(here, np.float32(odd), dy)), (dx, by_filters), strict=True):
        np.testing.assert_array_equal(np.isfinite(found), wanted == 0)


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("odd", [np.nan, np.inf])
@pytest.mark.parametrize("G", [1, 3])
def test_what_is_not_finite_stays_where_it_is(odd: float, G: int) -> None:
    windows = (SlidingWindow(6, 3, 1, 1, 1, 1), SlidingWindow(5, 3, 2, 1, 1, 1))
    x, weight = random(0, 2, 6, 5, 3), random(1, 3, 3 // G, 3, 3)
    x[1, 2, 3, 1] = odd
    for kernels in (NativeKernels(Native(AVX2)), NativeKernels(Native(AVX512))):
        y, back = kernels.convolution(x, weight, windows, G)
        exact, back_exactly = by_numpy.convolution(x, weight, windows, G)
        np.testing.assert_array_equal(np.isfinite(y), np.isfinite(exact))
        dy = random(2, *y.shape)
        for found, wanted in zip(back(dy.copy()), back_exactly(dy.copy()), strict=True):
            np.testing.assert_array_equal(np.isfinite(found), np.isfinite(wanted))
