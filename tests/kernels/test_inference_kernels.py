"""Every convolution kernel of the engine against the plain `convolve` in float64, over random shapes, tiles and cuts.

The image lies in a wider array whose other values are NaN: a kernel that reads past the border it asked for, or
leaves a cell of its output out, is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from engine_cases import Array, error
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from cnnspec.engine.backends.numpy.kernel_selection import border, whole_tiles
from cnnspec.engine.halo import NONE, Halo
from cnnspec.graph.window import SlidingWindow, SlidingWindows
from cnnspec.kernels import strips
from cnnspec.kernels.inference import pointwise, winograd
from cnnspec.kernels.inference.depthwise import Depthwise
from cnnspec.kernels.inference.grouped import Grouped
from cnnspec.kernels.inference.im2col import Im2col
from cnnspec.kernels.inference.pointwise import Pointwise
from cnnspec.kernels.inference.transposed import Transposed
from cnnspec.kernels.inference.winograd import FILTERINGS, Winograd
from cnnspec.kernels.reference.convolution import convolve
from cnnspec.kernels.reference.transposed_convolution import deconvolve
from cnnspec.kernels.strips import FilterBank, Kernel, KernelMaker, Scratch

DIRECT = 2e-6
"""Largest error of a direct sum, relative to the output's scale; measured 5e-7 on the shapes below."""
WINOGRAD = {2: 4e-6, 4: 2e-5}
"""The same for F(2x2, 3x3) and F(4x4, 3x3); measured 5e-7 and 8e-6."""

many = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
seeds = st.integers(0, 999)


@st.composite
def window(draw: Callable[..., Any], F: int | None = None, S: int = 3, D: int = 3, P: int = 3) -> SlidingWindow:
    """A window that fits; `F` fixes its size, `S`, `D` and `P` are the most that is drawn."""
    found = SlidingWindow(
        size=draw(st.integers(1, 13)),
        F=F or draw(st.integers(1, 5)),
        S=draw(st.integers(1, S)),
        D=draw(st.integers(1, D)),
        before=draw(st.integers(0, P)),
        after=draw(st.integers(0, P)),
    )
    assume(found.travel >= 0)
    return found


@contextmanager
def cut(cache: int) -> Iterator[None]:
    """Work in strips of so many values, with every threshold out of the way."""
    with ExitStack() as stack:
        for module, name, value in (
            (strips, "CACHE", cache),
            (strips, "WIDEST", 64),
            (pointwise, "FEW_CELLS", 8),
            (winograd, "LEAST", 0),
            (winograd, "MOST", 36 * cache),
            (winograd, "ENOUGH", 2),
            (winograd, "WIDE", 2),
        ):
            stack.enter_context(patch.object(module, name, value))
        yield


caches = st.sampled_from([20, 100, 1000, strips.CACHE])


def computed(kernel: Kernel, halo: Halo, x: Array, shape: tuple[int, ...], dtype: type = np.float32) -> Array:
    """What a kernel makes of x (n, C, H, W), as (n, K, rows, columns)."""
    n, C, H, W = x.shape
    lain = np.full((n, H + halo.top + halo.bottom + 2, W + halo.left + halo.right + 2, C + 5), np.nan, dtype)
    around = lain[:, 1:-1, 1:-1, 2 : 2 + C]
    around[:] = 0
    around[:, halo.top : halo.top + H, halo.left : halo.left + W] = x.transpose(0, 2, 3, 1)
    _, K, rows, columns = shape
    out: Array = np.full((n, rows, columns, K + 3), np.nan, dtype)[..., 1 : 1 + K]
    scratch = Scratch()
    # All are bound before the first one runs, as in a plan: they share their scratch.
    bound = [(strip, kernel.bind(around, strip, scratch.fresh())) for strip in kernel.strips(n, rows, columns)]
    for strip, made in bound:
        for call in made.calls:
            call()
        for piece, index in made.pieces:
            part = strip.of(out)[index]
            assert np.isnan(part).all(), "made twice"
            part[...] = piece.reshape(part.shape)
    return out.transpose(0, 3, 1, 2)


def normal(seed: int, *shape: int) -> Array:
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


def agrees(
    make: KernelMaker,
    halo: Halo,
    windows: SlidingWindows,
    depths: tuple[int, int, int],
    n: int,
    biased: bool,
    seed: int,
) -> float:
    """The error of a kernel on unit-scale values, C -> K in G groups."""
    C, K, G = depths
    FH, FW = (s.F for s in windows)
    x = normal(seed, n, C, *(s.size for s in windows))
    weight = normal(seed, K, C // G, FH, FW) / np.float32(np.sqrt(C // G * FH * FW))
    bias = normal(seed, K) if biased else None
    wanted = convolve(x.astype(np.float64), weight.astype(np.float64), windows, G)
    wanted = wanted if bias is None else wanted + bias[:, None, None]
    return error(computed(make(FilterBank(weight, windows, bias, G)), halo, x, wanted.shape), wanted)


sizes = st.tuples(st.integers(1, 9), st.sampled_from([1, 2, 5, 8, 130]))


@given(window(), window(), sizes, st.integers(1, 3), st.booleans(), caches, seeds)
@many
def test_im2col(
    rows: SlidingWindow, columns: SlidingWindow, size: tuple[int, int], n: int, bias: bool, cache: int, seed: int
) -> None:
    with cut(cache):
        found = agrees(Im2col, border((rows, columns)), (rows, columns), (*size, 1), n, bias, seed)
    assert found <= DIRECT


@given(window(), window(), st.integers(2, 4), sizes, st.integers(1, 2), st.booleans(), caches, seeds)
@many
def test_grouped(
    rows: SlidingWindow,
    columns: SlidingWindow,
    G: int,
    size: tuple[int, int],
    n: int,
    bias: bool,
    cache: int,
    seed: int,
) -> None:
    C, K = (G * min(part, 5) for part in size)
    with cut(cache):
        assert agrees(Grouped, border((rows, columns)), (rows, columns), (C, K, G), n, bias, seed) <= DIRECT


@given(window(), window(), st.integers(2, 40), st.integers(1, 3), st.booleans(), caches, seeds)
@many
def test_depthwise(
    rows: SlidingWindow, columns: SlidingWindow, C: int, n: int, bias: bool, cache: int, seed: int
) -> None:
    with cut(cache):
        assert agrees(Depthwise, border((rows, columns)), (rows, columns), (C, C, C), n, bias, seed) <= DIRECT


@given(window(F=1, P=0), window(F=1, P=0), sizes, st.integers(1, 3), st.booleans(), caches, seeds)
@many
def test_pointwise(
    rows: SlidingWindow, columns: SlidingWindow, size: tuple[int, int], n: int, bias: bool, cache: int, seed: int
) -> None:
    with cut(cache):
        assert agrees(Pointwise, NONE, (rows, columns), (*size, 1), n, bias, seed) <= DIRECT


tile = window(F=3, S=1, D=1)


@given(
    st.sampled_from([2, 4]),
    tile,
    tile,
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(1, 3),
    st.booleans(),
    caches,
    seeds,
)
@many
def test_winograd(
    step: int, rows: SlidingWindow, columns: SlidingWindow, C: int, K: int, n: int, bias: bool, cache: int, seed: int
) -> None:
    windows = rows, columns
    with cut(cache):
        found = agrees(partial(Winograd, step), whole_tiles(step, windows), windows, (C, K, 1), n, bias, seed)
    assert found <= WINOGRAD[step]


@pytest.mark.parametrize("step", WINOGRAD)
@pytest.mark.parametrize("depth", [64, 256, 512])
def test_winograds_error_does_not_grow_with_depth(depth: int, step: int) -> None:
    windows = (SlidingWindow(14, 3, before=1, after=1),) * 2
    make = partial(Winograd, step)
    worst = max(agrees(make, whole_tiles(step, windows), windows, (depth, 32, 1), 1, True, seed) for seed in range(3))
    assert worst <= WINOGRAD[step]


@pytest.mark.parametrize("step", WINOGRAD)
def test_winograds_matrices_filter(step: int) -> None:
    """A'((Gg) * (B'd)) is the sum over taps, to float64's last digits: Lavin, Gray, equation 8."""
    input, filter, output = FILTERINGS[step]
    d, g = np.random.default_rng(step).normal(size=(2, step + 2))
    g = g[:3]
    wanted = [d[i : i + 3] @ g for i in range(step)]
    np.testing.assert_allclose(output @ ((filter @ g) * (input @ d)), wanted, rtol=1e-12, atol=1e-12)


@st.composite
def painting(draw: Callable[..., Any]) -> SlidingWindow:
    """The windows over the output of a transposed convolution, which overlap, leave gaps, or do neither."""
    count, F, S, D = (draw(st.integers(1, most)) for most in (6, 4, 4, 2))
    before, after, extra = (draw(st.integers(0, most)) for most in (2, 2, max(S, D) - 1))
    size = (count - 1) * S + D * (F - 1) + 1 + extra - before - after
    assume(size >= 1)
    return SlidingWindow(size, F, S, D, before, after)


mosaics = st.builds(lambda count, F: SlidingWindow(count * F, F, F), st.integers(1, 6), st.integers(1, 3))


@given(
    st.tuples(painting(), painting()) | st.tuples(mosaics, mosaics),
    sizes,
    st.integers(1, 3),
    st.integers(1, 3),
    st.booleans(),
    caches,
    seeds,
)
@example(
    (SlidingWindow(1, 1), SlidingWindow(2, 2, 2, before=1)), (1, 1), 1, 1, False, 20, 0
)  # as large as a mosaic, but moved
@many
def test_transposed(
    windows: SlidingWindows, size: tuple[int, int], G: int, n: int, bias: bool, cache: int, seed: int
) -> None:
    C, K = G * size[0], G * size[1]
    x = normal(seed, n, C, *(s.outputs for s in windows))
    weight = normal(seed, C, size[1], *(s.F for s in windows)) / np.float32(np.sqrt(C))
    shift = normal(seed, K) if bias else None
    wanted = deconvolve(x.astype(np.float64), weight.astype(np.float64), windows, G)
    wanted = wanted if shift is None else wanted + shift[:, None, None]
    with cut(cache):
        assert (
            error(computed(Transposed(FilterBank(weight, windows, shift, G)), NONE, x, wanted.shape), wanted) <= DIRECT
        )


def test_scratch_branches_share_what_is_left() -> None:
    scratch = Scratch()
    held = scratch.take(7)
    one, other = (scratch.branch().take(1, 9) for _ in range(2))
    assert one.__array_interface__ == other.__array_interface__
    assert not np.may_share_memory(one, held)
    large = [scratch.branch().take(strips.CACHE * 5) for _ in range(2)]
    assert large[0].__array_interface__ == large[1].__array_interface__
    assert scratch.nbytes < 4 * 10 * strips.CACHE
