"""Layers by their compiled kernels against their own `forward` in float64, over random sizes, for the vectors of
several processors: input and output lie in wider memory among NaN, so that what is written beside them is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from engine_cases import Array, doubled, graph, lively
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from not_finite import VALUES, agree

from cnnspec.engine.backends.numba.kernel_selection import has, select
from cnnspec.engine.backends.numba.lowering import LOWERINGS
from cnnspec.engine.halo import NONE
from cnnspec.engine.lowering import BoundMemory
from cnnspec.engine.memory_plan import Placement
from cnnspec.engine.program import Operation, program, with_arrays
from cnnspec.graph.shape import Shape, is_image
from cnnspec.kernels.compiled.vectors import AVX2, AVX512, NEON, Vectors
from cnnspec.kernels.strips import Scratch
from cnnspec.layers import find

EVERY = pytest.mark.parametrize("vectors", [AVX512, AVX2, NEON], ids=lambda v: v.name)
many = settings(max_examples=25, deadline=None)
CLOSE = 1e-5
"""Largest error, relative to the output's scale or 1."""
CHANNELS = st.sampled_from([1, 2, 3, 5, 8, 15, 16, 17, 33, 64, 70])
ENDS = st.sampled_from(["", "relu6", "silu"])


def placed(name: str, shape: Shape, values: Array | None, n: int) -> tuple[Placement, Array]:
    """A place two values inside of its memory's cells, with a border that is wide enough for all layers here: zeros
    around an input, NaN around an output."""
    if not is_image(shape):
        memory = np.full((n, shape[0] + 3), np.nan, np.float32)
        place = Placement(name, shape, 1, shape[0] + 3, NONE)
    else:
        C, H, W = shape
        memory = np.full((n, H + 16, W + 16, C + 5), np.nan if values is None else 0, np.float32)
        place = Placement(name, shape, 2, C + 5, replace(NONE, top=8, bottom=8, left=8, right=8))
    if values is not None:
        memory[..., : place.first] = memory[..., place.first + shape[0] :] = np.nan
    return place, memory


def carried_out(operation: Operation, x: Array, vectors: Vectors) -> Array:
    """What the kernel makes of x (n, C, ...)."""
    n, shapes = len(x), {"input": operation.arriving[0], "y": operation.shape}
    found = {name: placed(name, shape, x if name == "input" else None, n) for name, shape in shapes.items()}
    memory = BoundMemory(
        {name: array for name, (_, array) in found.items()}, {k: place for k, (place, _) in found.items()}
    )
    memory.inner("input")[...] = np.moveaxis(x, 1, -1)
    lowering = LOWERINGS[operation.layer.kind](operation, vectors)
    for stage in lowering.stages(memory, Scratch()):
        for item in stage.items:
            for call in item:
                call()
    y = memory.inner("y")
    found_y: Array = np.moveaxis(y, -1, 1).copy()
    y[...] = 0
    own = memory.padded("y") if memory.clear_border("y") else y
    assert np.isnan(memory.buffers["y"]).sum() == memory.buffers["y"].size - own.size, "wrote beside its output"
    return found_y


def differs(
    line: str, shape: Shape, n: int, seed: int, vectors: Vectors, end: str = "", is_special: bool = False
) -> None:
    """Fails where a layer is not what it is defined to be; `end` is an activation behind it."""
    vector = "" if is_image(shape) else "  - flatten\n"
    needed = graph((*shape, 1, 1)[:3], f"{vector}  - {line}\n")
    tensors = lively(needed, seed)
    plain = program(needed)[-1]
    assert has(plain)
    activation = find(end)() if end else None
    operation = replace(with_arrays(select(plain, exact=True), tensors), name="y", inputs=("input",))
    operation = replace(operation, activation=activation)
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, *operation.arriving[0])).astype(np.float32)
    if is_special and x.size:
        x.flat[random.integers(0, x.size, 3)] = VALUES
    with np.errstate(all="ignore"):
        y = carried_out(operation, x, vectors)
        wide = with_arrays(plain, doubled(tensors)).arrays
        wanted = plain.layer.forward(x.astype(np.float64), **wide)
        wanted = activation.forward(wanted) if activation else wanted
    agree(y, wanted, CLOSE)


sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))
rest = st.tuples(st.integers(1, 3), st.integers(0, 99), ENDS, st.booleans())
"""Inputs, seed, activation behind, whether some values are not finite."""
Rest = tuple[int, int, str, bool]


@EVERY
@given(
    kind=st.sampled_from(["layernorm", "layernorm: {over: all}", "layernorm: {affine: false}", "rmsnorm",
                          "rmsnorm: {over: all, eps: 0.1}", "instancenorm"]),
    C=CHANNELS, size=sizes, is_vector=st.booleans(), rest=rest,
)  # fmt: skip
@many
def test_norms(vectors: Vectors, kind: str, C: int, size: tuple[int, int], is_vector: bool, rest: Rest) -> None:
    assume(not (is_vector and kind == "instancenorm"))
    assume(C * size[0] * size[1] > 1)
    n, seed, end, is_special = rest
    differs(kind, (C,) if is_vector else (C, *size), n, seed, vectors, end, is_special)


@EVERY
@given(G=st.integers(1, 6), depth=st.sampled_from([1, 2, 3, 8, 17, 70]), size=sizes, is_vector=st.booleans(), rest=rest)
@many
def test_group_norm(vectors: Vectors, G: int, depth: int, size: tuple[int, int], is_vector: bool, rest: Rest) -> None:
    n, seed, end, is_special = rest
    shape = (G * depth,) if is_vector else (G * depth, *size)
    differs(f"groupnorm: {{G: {G}}}", shape, n, seed, vectors, end, is_special)


@EVERY
def test_statistics_of_values_that_are_far_from_0(vectors: Vectors) -> None:
    """The mean is taken off before squares are summed up: those of 300 would leave few digits of a variance of 1."""
    for line in ("layernorm", "layernorm: {over: all}", "groupnorm: {G: 2}", "instancenorm"):
        needed = graph((34, 20, 20), f"  - {line}\n")
        [plain], tensors = program(needed), lively(needed)
        operation = replace(with_arrays(select(plain, exact=True), tensors), name="y")
        x = (300 + np.random.default_rng(0).normal(size=(1, 34, 20, 20))).astype(np.float32)
        wanted = plain.layer.forward(x.astype(np.float64), **with_arrays(plain, doubled(tensors)).arrays)
        assert np.abs(carried_out(operation, x, vectors) - wanted).max() < 3e-4


@EVERY
@given(
    size=st.integers(1, 9),
    alpha=st.sampled_from([0.0, 1e-4, 0.5, 30.0]),
    beta=st.sampled_from([0.75, 0.5, 2.0, -0.5]),
    k=st.sampled_from([0.5, 1.0, 2.0]),
    C=CHANNELS,
    image=sizes,
    rest=rest,
)
@many
def test_local_response(
    vectors: Vectors, size: int, alpha: float, beta: float, k: float, C: int, image: tuple[int, int], rest: Rest
) -> None:
    n, seed, end, is_special = rest
    line = f"lrn: {{size: {size}, alpha: {alpha}, beta: {beta}, k: {k}}}"
    differs(line, (C, *image), n, seed, vectors, end, is_special)


@EVERY
@pytest.mark.parametrize("scale", [1e-22, 1e-10, 1.0, 1e10, 1e18])
def test_local_response_of_any_size(vectors: Vectors, scale: float) -> None:
    """Powers of squares that are hardly numbers of float32 any more; of nothing there is no power to divide by."""
    needed = graph((20, 1, 2), "  - lrn: {size: 1, alpha: 1, beta: 0.5, k: 0}\n")
    [plain] = program(needed)
    operation = replace(select(plain, exact=True), name="y")
    x = (np.linspace(1, 2, 40).reshape(1, 20, 1, 2) * scale).astype(np.float32)
    y = carried_out(operation, x, vectors)
    np.testing.assert_allclose(y, np.ones_like(y), rtol=0.2 if scale < 1e-20 else 2e-5)
    with np.errstate(invalid="ignore"):
        assert np.isnan(carried_out(operation, np.zeros_like(x), vectors)).all()


MODES = ["nearest", "bilinear", "cubic", "bilinear, place: align-corners", "nearest, place: asymmetric, near: floor",
         "bilinear, antialias: true", "cubic, antialias: true, outside: none"]  # fmt: skip


@EVERY
@given(mode=st.sampled_from(MODES), to=sizes, C=CHANNELS, size=sizes, rest=rest)
@many
def test_resize(vectors: Vectors, mode: str, to: tuple[int, int], C: int, size: tuple[int, int], rest: Rest) -> None:
    n, seed, end, is_special = rest
    differs(f"resize: {{to: {[*to]}, mode: {mode}}}", (C, *size), n, seed, vectors, end, is_special)


@EVERY
@given(factor=st.tuples(st.integers(1, 4), st.integers(1, 4)), C=st.sampled_from([3, 8, 16, 33]), size=sizes, rest=rest)
@many
def test_upsample(vectors: Vectors, factor: tuple[int, int], C: int, size: tuple[int, int], rest: Rest) -> None:
    n, seed, end, is_special = rest
    differs(f"upsample: {{factor: {[*factor]}, mode: bilinear}}", (C, *size), n, seed, vectors, end, is_special)


KINDS = [
    "globalmaxpool", "globalavgpool", "globall2pool", "adaptivemaxpool: {out: [2, 3]}", "adaptivemaxpool: {out: 7}",
    "adaptiveavgpool: {out: [3, 2]}", "adaptiveavgpool: {out: 7}", "l2pool: {F: 2, S: 1, P: same-upper}", "prelu",
    "constant", "constant: {by: mul}", "logsoftmax", "mish", "softplus",
]  # fmt: skip


@EVERY
@given(kind=st.sampled_from(KINDS), C=CHANNELS, size=sizes, rest=rest)
@many
def test_pooling_and_values(vectors: Vectors, kind: str, C: int, size: tuple[int, int], rest: Rest) -> None:
    n, seed, end, is_special = rest
    differs(kind, (C, *size), n, seed, vectors, end, is_special)


@EVERY
@given(
    F=st.integers(1, 4), S=st.integers(1, 3), D=st.integers(1, 2), P=st.integers(0, 1),
    G=st.sampled_from([1, 1, 2, 3]), depth=st.sampled_from([(1, 1), (2, 3), (17, 5), (8, 16)]), size=sizes, rest=rest,
)  # fmt: skip
@many
def test_transposed(
    vectors: Vectors, F: int, S: int, D: int, P: int, G: int, depth: tuple[int, int], size: tuple[int, int], rest: Rest
) -> None:
    """From memory with a border of its own to another."""
    n, seed, end, is_special = rest
    C, K = (G * channels for channels in depth)
    assume(all((side - 1) * S - 2 * P + D * (F - 1) + 1 > 0 for side in size))
    line = f"deconv: {{F: {F}, K: {K}, S: {S}, D: {D}, P: {P}, G: {G}}}"
    differs(line, (C, *size), n, seed, vectors, end, is_special)


def test_what_hardly_fits_is_left_to_numpy() -> None:
    def first(line: str, shape: Shape = (4, 6, 6)) -> Any:
        return program(graph(shape, f"  - {line}\n"))[0]

    kept: Callable[[str], bool] = lambda line: has(first(line))  # noqa: E731
    assert kept("lrn: {size: 3}")
    assert not kept("lrn: {size: 3, k: -1}")
    assert not kept("lrn: {size: 3, alpha: -1}")
    assert not kept("lrn: {size: 3, beta: 0}")
    assert not kept("upsample: {factor: 2}")
    assert not has(first("upsample: {factor: 2, mode: bilinear}", (2, 6, 6)))
    assert not kept("softmax: {axis: W}")
