"""How evenly the items of a layer are shared by two threads: by what each makes, the upper part and the lower one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from engine_cases import graph, lively

from cnnspec.engine.backends import chain
from cnnspec.engine.backends.numba import joining
from cnnspec.engine.backends.numba.direct import Direct
from cnnspec.engine.backends.numba.kernel_selection import ITEMS
from cnnspec.engine.backends.numba.limits import NO_LIMITS
from cnnspec.engine.compiled import BoundPlan, CompiledGraph
from cnnspec.engine.passes import Wanted, optimise
from cnnspec.engine.program import Operation, program
from cnnspec.engine.schedule import ranks
from cnnspec.kernels.compiled.vectors import AVX2, AVX512, Vectors
from cnnspec.kernels.strips import FilterBank, Scratch, Strip
from cnnspec.spec import load

NETWORKS = ["efficientnet_lite0", "mobilenet_v1", "mobilenet_v2", "squeezenet1_1"]


def unevenness(strips: Sequence[Strip]) -> float:
    """What the busier of two threads does, each with the strips of its part, beside half of all."""
    busy = [0, 0]
    for rank, strip in zip(ranks(strips), strips, strict=True):
        busy[2 * rank // len(strips)] += work(strip)
    return 2 * max(busy) / sum(busy)


def work(strip: Strip) -> int:
    return (strip.r1 - strip.r0) * (strip.k1 - strip.k0)


def operations(name: str) -> list[Operation]:
    found = load(name).graph
    return list(optimise(program(found), Wanted(found.outputs, chain("numba"))))


def cut(operation: Operation, vectors: Vectors) -> list[Strip]:
    layer: Any = operation.layer
    (C, *_), (K, H, W) = operation.arriving[0], operation.shape
    windows = layer.windows(operation.arriving[0])
    weight = np.zeros((K, C // layer.G, windows[0].F, windows[1].F), np.float32)
    kernel = Direct(FilterBank(weight, windows, None, layer.G), NO_LIMITS, vectors)
    return list(kernel.strips(1, H, W))


@pytest.mark.parametrize("vectors", [AVX512, AVX2], ids=lambda vectors: vectors.name)
@pytest.mark.parametrize("name", NETWORKS)
def test_two_threads_have_even_shares_of_a_convolution(name: str, vectors: Vectors) -> None:
    """Three pieces of 64 channels, or 64 and 16, once kept one of them waiting for a quarter of the time or more."""
    alone = [each for each in operations(name) if each.kernel == "direct" and not each.parts]
    by_channels = 0
    for operation in alone:
        K, H, _ = operation.shape
        strips = cut(operation, vectors)
        assert sum(map(work, strips)) == K * H
        # Where rows are cut, the next operation begins before the last of them: shares need not be even.
        if any(strip.k1 - strip.k0 < K for strip in strips):
            by_channels += 1
            assert unevenness(strips) <= 1.09, f"{operation.name} {operation.shape}: {strips}"
    assert by_channels


@pytest.mark.parametrize("name", NETWORKS)
def test_joined_layers_are_cut_into_pairs_of_bands(name: str) -> None:
    """The last one of three kept one of two threads waiting."""
    counts = [joining.bands(operation.parts) for operation in operations(name) if operation.parts]
    assert set(counts) <= {2, 4}
    assert 4 in counts


def test_a_large_dense_layer_is_shared() -> None:
    """That of MobileNet has somewhat fewer than 2^20 weights, and was one thread's."""
    found = graph((1024, 1, 1), "  - flatten\n  - {dense: {K: 1000}}\n")
    compiled = CompiledGraph(found, lively(found), chain("numba"))
    (stage,) = compiled.lowerings[-1].stages(BoundPlan(compiled, 1, 1).memory, Scratch())
    assert len(stage.items) == ITEMS
