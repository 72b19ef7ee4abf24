"""docs/performance.md: the kernels' names are those that `summary --plan` shows."""

from __future__ import annotations

import pytest
from engine_cases import graph
from readme import rows, words

from cnnspec.engine.backends.numpy.convolution import KERNELS
from cnnspec.reports.memory.plan.plan import allocation

SHOWN = {
    "pointwise": ((8, 9, 9), "conv: {F: 1, K: 8}"),
    "im2col": ((3, 9, 9), "conv: {F: 5, K: 8}"),
    "winograd2": ((64, 16, 16), "conv: {F: 3, K: 64, P: 1}"),
    "winograd4": ((64, 64, 64), "conv: {F: 3, K: 64, P: 1}"),
    "grouped": ((8, 9, 9), "conv: {F: 3, K: 8, G: 2}"),
    "depthwise": ((8, 9, 9), "conv: {F: 3, K: 8, G: 8}"),
    "transposed": ((8, 9, 9), "deconv: {F: 2, K: 8, S: 2}"),
}


def test_every_kernel_is_named_once() -> None:
    named = [name for cell, _ in rows("performance", "kernel") for name in words(cell)]
    assert sorted(named) == sorted(KERNELS) == sorted(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_a_kernel_is_shown_by_its_name(name: str) -> None:
    shape, layer = SHOWN[name]
    assert allocation(graph(shape, f"  - {{{layer}}}")).tensors[-1].kernel == name
