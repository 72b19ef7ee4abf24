"""The compiled kernels against the plain `convolve` in float64, over random shapes, for the vectors of several
processors: LLVM carries each of them out on any.

Image and output lie in wider arrays whose other values are NaN: a kernel that reads or writes past what it was given is
seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from engine_cases import Array, error, graph
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnspec.engine.backends.numba import block_winograd, by_channel, dense, direct, transposed, winograd
from cnnspec.engine.backends.numba.costs import OF_TILES
from cnnspec.engine.backends.numba.kernel import CompiledKernel
from cnnspec.engine.backends.numba.limits import NO_LIMITS, Limits
from cnnspec.engine.backends.numba.lowering import CONVOLUTIONS
from cnnspec.engine.backends.numba.phases import phases, reached
from cnnspec.engine.backends.numpy.kernel_selection import border, whole_tiles
from cnnspec.engine.halo import NONE, Halo
from cnnspec.engine.lowering import BoundMemory
from cnnspec.engine.memory_plan import Placement
from cnnspec.engine.program import Operation
from cnnspec.graph.window import SlidingWindow, SlidingWindows, transposed_size
from cnnspec.kernels.compiled.layout import STEP
from cnnspec.kernels.compiled.vectors import AVX2, AVX512, NEON, SSE, Vectors, of_processor
from cnnspec.kernels.reference.convolution import convolve
from cnnspec.kernels.reference.transposed_convolution import deconvolve
from cnnspec.kernels.strips import FilterBank, Scratch
from cnnspec.layers import find

DIRECT = 6e-6
"""Largest error of a direct sum, relative to the output's scale or 1; measured 2.4e-6 on the shapes below."""
TILES = 3e-5
"""The same for F(4x4, 3x3); measured 8e-6."""
EVERY = pytest.mark.parametrize("vectors", [AVX512, AVX2, NEON], ids=lambda v: v.name)
many = settings(max_examples=80, deadline=None)


@st.composite
def window(draw: Callable[..., Any]) -> SlidingWindow:
    found = SlidingWindow(
        size=draw(st.integers(1, 13)),
        F=draw(st.integers(1, 7)),
        S=draw(st.integers(1, 3)),
        D=draw(st.integers(1, 3)),
        before=draw(st.integers(0, 3)),
        after=draw(st.integers(0, 3)),
    )
    assume(found.travel >= 0)
    return found


def apart(x: Array, seed: int) -> Array:
    """An array of this shape (n, H, W, C) whose cells lie among others, which are NaN, at no round address."""
    n, H, W, C = x.shape
    lain = np.full(n * (H + 2) * (W + 2) * (C + 5) + 3, np.nan, np.float32)[seed % 3 :]
    lain = lain[: n * (H + 2) * (W + 2) * (C + 5)].reshape(n, H + 2, W + 2, C + 5)
    inner: Array = lain[:, 1:-1, 1:-1, 2 : 2 + C]
    inner[...] = x
    return inner


def padded(x: Array, windows: SlidingWindows, name: str) -> Array:
    """x (n, C, H, W) with the border that a kernel wants, as (n, rows, columns, C)."""
    halo = whole_tiles(STEP, windows) if name in OF_TILES else border(windows)
    return np.pad(x.transpose(0, 2, 3, 1), ((0, 0), (halo.top, halo.bottom), (halo.left, halo.right), (0, 0)))


def computed(
    name: str, filters: FilterBank, x: Array, vectors: Vectors, limits: Limits = NO_LIMITS, plus: Array | None = None,
    seed: int = 0,
) -> Array:  # fmt: skip
    """What a kernel makes of x (n, C, H, W), as (n, K, rows, columns)."""
    kernel = CONVOLUTIONS[name](filters, limits, vectors)
    lain = padded(x, filters.windows, name)
    lain = apart(lain, seed) if seed % 2 else np.ascontiguousarray(lain)
    rows, columns = (s.outputs for s in filters.windows)
    return carried_out(kernel, lain, (rows, columns, len(filters.weight)), plus, seed)


def carried_out(
    kernel: CompiledKernel, x: Array, shape: tuple[int, int, int], plus: Array | None, seed: int
) -> Array:  # fmt: skip
    """What a kernel makes of x (n, H, W, C), which has its border, as (n, K, rows, columns)."""
    rows, columns, _ = shape
    out = apart(np.full((len(x), *shape), np.nan, np.float32), seed)
    more = None if plus is None else apart(plus.transpose(0, 2, 3, 1), seed + 1)
    scratch = Scratch()
    bound = [
        kernel.bind(x, strip.of(out), None if more is None else strip.of(more), strip, scratch.fresh())
        for strip in kernel.strips(len(x), rows, columns)
    ]
    for call in (call for item in bound for call in item):
        call()
    around = out.base
    assert around is not None
    assert np.isnan(around).sum() == around.size - np.count_nonzero(~np.isnan(out)), "wrote beside its output"
    return out.transpose(0, 3, 1, 2)


def normal(seed: int, *shape: int) -> Array:
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


def wanted(filters: FilterBank, x: Array, limits: Limits = NO_LIMITS, plus: Array | None = None) -> Array:
    y = convolve(x.astype(np.float64), filters.weight.astype(np.float64), filters.windows, filters.G)
    y = y if filters.bias is None else y + filters.bias[:, None, None]
    return np.clip(y if plus is None else y + plus, *limits)


depths = st.tuples(st.integers(1, 20), st.sampled_from([1, 2, 3, 5, 8, 15, 16, 17, 33, 64, 70, 130]))


@EVERY
@given(
    windows=st.tuples(window(), window()),
    depth=depths,
    G=st.sampled_from([1, 1, 1, 2, 3]),
    n=st.integers(0, 3),
    finish=st.tuples(st.booleans(), st.booleans(), st.sampled_from([NO_LIMITS, (0.0, np.inf), (-0.5, 0.25)])),
    blocks=st.sampled_from([direct.PANEL_BYTES, 4096, 512]),
    seed=st.integers(0, 999),
)
@many
def test_direct(
    vectors: Vectors, windows: SlidingWindows, depth: tuple[int, int], G: int, n: int,
    finish: tuple[bool, bool, Limits], blocks: int, seed: int,
) -> None:  # fmt: skip
    C, K = depth
    has_bias, has_plus, limits = finish
    weight = normal(seed, G * K, C, windows[0].F, windows[1].F)
    weight /= np.float32(np.sqrt(weight[0].size))
    filters = FilterBank(weight, windows, normal(seed, G * K) if has_bias else None, G)
    x = normal(seed, n, G * C, *(s.size for s in windows))
    plus = normal(seed, n, G * K, *(s.outputs for s in windows)) if has_plus else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(direct, "PANEL_BYTES", blocks)
        patch.setattr(direct, "FEW_CELLS", 20)
        y = computed("direct", filters, x, vectors, limits, plus, seed)
    assert y.shape == (n, G * K, *(s.outputs for s in windows))
    assert n == 0 or error(y, wanted(filters, x, limits, plus)) <= DIRECT


@EVERY
@given(
    windows=st.tuples(window(), window()),
    C=st.sampled_from([1, 2, 5, 8, 15, 16, 17, 40, 64, 70]),
    n=st.integers(0, 3),
    finish=st.tuples(st.booleans(), st.booleans(), st.sampled_from([NO_LIMITS, (0.0, np.inf), (-0.5, 0.25)])),
    seed=st.integers(0, 999),
)
@many
def test_depthwise(
    vectors: Vectors, windows: SlidingWindows, C: int, n: int, finish: tuple[bool, bool, Limits], seed: int
) -> None:
    has_bias, has_plus, limits = finish
    weight = normal(seed, C, 1, windows[0].F, windows[1].F)
    weight /= np.float32(np.sqrt(weight[0].size))
    filters = FilterBank(weight, windows, normal(seed, C) if has_bias else None, C)
    x = normal(seed, n, C, *(s.size for s in windows))
    plus = normal(seed, n, C, *(s.outputs for s in windows)) if has_plus else None
    y = computed("depthwise", filters, x, vectors, limits, plus, seed)
    assert y.shape == (n, C, *(s.outputs for s in windows))
    assert n == 0 or error(y, wanted(filters, x, limits, plus)) <= DIRECT


@pytest.mark.parametrize("vectors", [AVX512, AVX2], ids=lambda v: v.name)
@given(
    taps=st.sampled_from(sorted(by_channel.BESIDE)),
    rows=window(),
    size=st.integers(5, 30),
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
    C=st.sampled_from([1, 5, 16, 17, 40, 64, 70]),
    has_plus=st.booleans(),
    seed=st.integers(0, 999),
)
@many
def test_depthwise_whose_taps_are_known(
    vectors: Vectors, taps: tuple[int, int, int], rows: SlidingWindow, size: int, padding: tuple[int, int], C: int,
    has_plus: bool, seed: int,
) -> None:  # fmt: skip
    """Cells share what they load."""
    columns = SlidingWindow(size, *taps, *padding)
    weight = normal(seed, C, 1, rows.F, columns.F)
    weight /= np.float32(np.sqrt(weight[0].size))
    filters = FilterBank(weight, (rows, columns), normal(seed, C), C)
    x = normal(seed, 2, C, rows.size, size)
    plus = normal(seed, 2, C, rows.outputs, columns.outputs) if has_plus else None
    y = computed("depthwise", filters, x, vectors, (0.0, 6.0), plus, seed)
    assert error(y, wanted(filters, x, (0.0, 6.0), plus)) <= DIRECT


@st.composite
def painted(draw: Callable[..., Any]) -> tuple[int, SlidingWindow]:
    """Cells of an axis, and the windows that they paint."""
    size, F, S, D = (draw(st.integers(1, most)) for most in (9, 7, 4, 3))
    before, after, extra = draw(st.integers(0, 3)), draw(st.integers(0, 3)), draw(st.integers(0, max(S, D) - 1))
    found = transposed_size(size, F, S, D, before, after, extra)
    assume(found > 0)
    return size, SlidingWindow(found, F, S, D, before, after)


@EVERY
@given(
    axes=st.tuples(painted(), painted()),
    depth=depths,
    G=st.sampled_from([1, 1, 1, 2, 3, "C"]),
    n=st.integers(0, 3),
    finish=st.tuples(st.booleans(), st.booleans(), st.sampled_from([NO_LIMITS, (0.0, np.inf), (-0.5, 0.25)])),
    room=st.sampled_from([direct.STRIP, 100]),
    seed=st.integers(0, 999),
)
@many
def test_transposed(
    vectors: Vectors, axes: tuple[tuple[int, SlidingWindow], ...], depth: tuple[int, int], G: int | str, n: int,
    finish: tuple[bool, bool, Limits], room: int, seed: int,
) -> None:  # fmt: skip
    (has_bias, has_plus, limits), (C, K) = finish, depth
    G, C, K = (K, 1, 1) if isinstance(G, str) else (G, C, K)
    (H, rows), (W, columns) = axes
    weight = normal(seed, G * C, K, rows.F, columns.F)
    weight /= np.float32(np.sqrt(C * rows.F * columns.F))
    filters = FilterBank(weight, (rows, columns), normal(seed, G * K) if has_bias else None, G)
    x = normal(seed, n, G * C, H, W)
    plus = normal(seed, n, G * K, rows.size, columns.size) if has_plus else None
    (top, bottom), (left, right) = (
        reached(axis, size) for axis, size in zip(phases((rows, columns)), (H, W), strict=True)
    )
    lain = apart(np.pad(x.transpose(0, 2, 3, 1), ((0, 0), (top, bottom), (left, right), (0, 0))), seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(direct, "STRIP", room)
        kernel = transposed.Transposed(filters, Halo(top, bottom, left, right), limits, vectors)
        y = carried_out(kernel, lain, (rows.size, columns.size, G * K), plus, seed)
    right_one = deconvolve(x.astype(np.float64), weight.astype(np.float64), (rows, columns), G)
    right_one = right_one if filters.bias is None else right_one + filters.bias[:, None, None]
    right_one = np.clip(right_one if plus is None else right_one + plus, *limits)
    assert y.shape == right_one.shape
    assert n == 0 or error(y, right_one) <= DIRECT


def pointlike(size: int) -> SlidingWindow:
    return SlidingWindow(size=size, F=1, S=1, D=1, before=0, after=0)


def same(size: int) -> SlidingWindow:
    return SlidingWindow(size=size, F=3, S=1, D=1, before=1, after=1)


@EVERY
@given(
    sizes=st.tuples(st.integers(1, 22), st.integers(1, 22)),
    padding=st.tuples(*[st.integers(0, 2)] * 4),
    depth=depths,
    n=st.integers(0, 3),
    finish=st.tuples(st.booleans(), st.booleans(), st.sampled_from([NO_LIMITS, (0.0, np.inf), (-0.5, 0.25)])),
    room=st.sampled_from([winograd.ROOM, 5000]),
    seed=st.integers(0, 999),
)
@many
@pytest.mark.parametrize("name", OF_TILES)
def test_tiles(
    name: str, vectors: Vectors, sizes: tuple[int, int], padding: tuple[int, ...], depth: tuple[int, int], n: int,
    finish: tuple[bool, bool, Limits], room: int, seed: int,
) -> None:  # fmt: skip
    rows, columns = (
        SlidingWindow(size=size, F=3, before=before, after=after)
        for size, before, after in zip(sizes, padding[:2], padding[2:], strict=True)
    )
    assume(rows.travel >= 0 and columns.travel >= 0)
    (C, K), (has_bias, has_plus, limits) = depth, finish
    weight = normal(seed, K, C, 3, 3) / np.float32(np.sqrt(9 * C))
    filters = FilterBank(weight, (rows, columns), normal(seed, K) if has_bias else None)
    x = normal(seed, n, C, *sizes)
    plus = normal(seed, n, K, rows.outputs, columns.outputs) if has_plus else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(winograd, "ROOM", room)
        patch.setattr(block_winograd, "BLOCK", room)
        patch.setattr(block_winograd, "TOGETHER", room // 1000)
        y = computed(name, filters, x, vectors, limits, plus, seed)
    assert y.shape == (n, K, rows.outputs, columns.outputs)
    assert n == 0 or error(y, wanted(filters, x, limits, plus)) <= TILES


@EVERY
@given(
    C=st.integers(1, 70),
    K=st.integers(1, 20),
    n=st.integers(0, dense.FEW),
    byte=st.integers(0, 3),
    finish=st.tuples(st.booleans(), st.booleans(), st.sampled_from(["", "relu", "tanh"])),
    seed=st.integers(0, 999),
)
@many
def test_dense(vectors: Vectors, C: int, K: int, n: int, byte: int, finish: tuple[bool, bool, str], seed: int) -> None:
    """Weights at any byte, as in a mapped file; inputs and outputs among values that are NaN."""
    has_bias, has_plus, end = finish
    step = graph((C, 1, 1), f"  - flatten\n  - dense: {{K: {K}}}\n").steps[-1]
    weight = np.frombuffer(b"." * byte + normal(seed, K, C).tobytes(), np.float32, offset=byte).reshape(K, C)
    arrays = {"weight": weight} | ({"bias": normal(seed + 1, K)} if has_bias else {})
    activation = find(end)() if end else None
    operation = Operation("y", step, ("x",), (), "p" if has_plus else None, activation, arrays=arrays)
    lain = {name: np.full((n, size + 3), np.nan, np.float32) for name, size in (("x", C), ("y", K), ("p", K))}
    places = {name: Placement(name, (size,), 1, size, NONE) for name, size in (("x", C), ("y", K), ("p", K))}
    memory = BoundMemory(lain, places)
    x, plus = normal(seed, n, C), normal(seed + 2, n, K)
    memory.inner("x")[...], memory.inner("p")[...] = x, plus
    for stage in dense.Dense(operation, vectors).stages(memory, Scratch()):
        for call in (call for item in stage.items for call in item):
            call()
    y = x.astype(np.float64) @ weight.T.astype(np.float64) + arrays.get("bias", 0) + (plus if has_plus else 0)
    right = activation.forward(y) if activation else y
    assert np.isnan(lain["y"]).sum() == 3 * n
    assert n == 0 or error(memory.inner("y"), right) <= DIRECT


@EVERY
@pytest.mark.parametrize("limits", [NO_LIMITS, (0.0, np.inf)])
def test_what_is_not_finite_reaches_what_hangs_on_it(vectors: Vectors, limits: Limits) -> None:
    windows = same(7), same(6)
    filters = FilterBank(np.ones((5, 4, 3, 3), np.float32), windows)
    for value in (np.nan, np.inf, -np.inf):
        x = np.zeros((1, 4, 7, 6), np.float32)
        x[0, 1, 3, 2] = value
        y = computed("direct", filters, x, vectors, limits)
        right = np.zeros((1, 5, 7, 6), np.float32)
        right[:, :, 2:5, 1:4] = np.clip(value, *limits)
        np.testing.assert_array_equal(y, right)


@EVERY
def test_the_smallest_numbers_are_kept(vectors: Vectors) -> None:
    x = np.full((1, 3, 2, 2), 1e-42, np.float32)
    filters = FilterBank(np.ones((2, 3, 1, 1), np.float32), (pointlike(2), pointlike(2)))
    np.testing.assert_array_equal(computed("direct", filters, x, vectors), x.sum(1, keepdims=True).repeat(2, 1))


@EVERY
def test_every_size_of_tile(vectors: Vectors) -> None:
    """One row of cells and any number of channels up to two panels: all tiles that there are, and all masks."""
    for cells in range(1, 2 * vectors.rows(1) + 2):
        for K in range(1, 2 * vectors.panel, 5):
            filters = FilterBank(normal(K, K, 3, 1, 1), (pointlike(1), pointlike(cells)), normal(K, K))
            x = normal(cells, 1, 3, 1, cells)
            assert error(computed("direct", filters, x, vectors), wanted(filters, x)) <= DIRECT


def test_the_vectors_of_processors() -> None:
    assert of_processor("x86_64", frozenset({"avx512f", "avx2", "fma"})) is AVX512
    assert of_processor("x86_64", frozenset({"avx2", "fma"})) is AVX2
    assert of_processor("x86_64", frozenset({"avx2"})) is SSE
    assert of_processor("arm64", frozenset()) is NEON
    for vectors in (AVX512, AVX2, NEON, SSE):
        for columns in range(1, vectors.columns + 1):
            assert vectors.rows(columns) * columns + columns + 1 <= vectors.registers
