"""Calls that overwrite what they read. NumPy's loops over values that lie apart are written by hand for each kind of
processor, and some of them are wrong where they work in place; so the engine does that with values side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import pytest
from calling import inputs
from engine_cases import defined, error, executor, graph, lively

from cnnspec.diagnostics import SpecError
from cnnspec.engine.backends import chain
from cnnspec.engine.compiled import BoundPlan, CompiledGraph
from cnnspec.engine.model import Model
from cnnspec.graph.graph import Graph
from cnnspec.graph.layer import Example
from cnnspec.graph.shape import Shape
from cnnspec.kernels.strips import Call, Scratch, lies_apart, side_by_side
from cnnspec.layers import find, kinds
from cnnspec.layers._activation import Activation

LAYER = 1e-5
"""Largest error of a layer and an activation, relative to the output's scale."""
TRUSTED = {np.add, np.maximum}
"""What may work in place on values that lie apart: the sums and maxima of windows. A test below holds them on each
machine that runs it."""
ACTIVATIONS = [kind for kind in kinds() if issubclass(find(kind), Activation)]
CHANNELS = range(1, 6)
MORE = {
    "conv": ["conv: {F: 3, K: 1, P: 1}", "conv: {F: 3, K: C, S: 2, G: C}", "conv: {F: 1, K: 1, S: 2}"],
    "deconv": ["deconv: {F: 2, K: 1, S: 2}", "deconv: {F: 3, K: 1, S: 2, P: 1}", "deconv: {F: 3, K: C, G: C, S: 3}"],
}
"""Beside a kind's examples."""


def behind(kind: str, channels: int) -> Iterator[Graph]:
    """Every activation behind a layer of a kind of its own, for those of its examples that can have so many channels:
    as outputs, and inside of a concatenation that has a border."""
    for yaml, arriving in shown(kind):
        layer = re.sub(r"\bK: \d+", f"K: {channels}", yaml)
        itself = [*([] if len(arriving) == 3 else ["flatten"]), Example(layer, arriving, arriving).item]
        ways = [[*itself, f"{{{end}: {{}}, name: {end}}}"] for end in ACTIVATIONS]
        alone = "  - from: input\n".join("".join(f"  - {line}\n" for line in way) for way in ways)
        branches = ", ".join(f"[{line}]" for line in map(", ".join, [*ways, itself]))
        joined = f"  - concat: [{branches}]\n"
        for lines, outputs in ((alone, ", ".join(ACTIVATIONS)), (joined + "  - {conv: {F: 3, K: 1, P: 1}}\n", "")):
            with suppress(SpecError):
                yield graph((channels, *arriving[1:], 1, 1)[:3], lines, outputs)


def shown(kind: str) -> Iterator[tuple[str, Shape]]:
    good = [example for example in find(kind).examples if isinstance(example.produces, tuple)]
    yield from ((example.yaml, example.arriving) for example in good)
    yield from ((yaml, (3, 5, 16)) for yaml in MORE.get(kind, []))


@pytest.mark.parametrize("kind", kinds())
def test_every_activation_behind_every_kind(kind: str) -> None:
    """The plan computes what its layers define, and nothing is overwritten whose values lie apart."""
    found = [network for channels in CHANNELS for network in behind(kind, channels)]
    assert found
    for network in found:
        tensors, x = lively(network), inputs(2, network.input)
        wanted = defined(network, tensors, x)
        for name, y in Model(network, tensors, threads=1, exact=True).run(x).items():
            assert error(y, wanted[name]) <= LAYER
        bound = BoundPlan(CompiledGraph(network, tensors, chain(), exact=True), 2, 1)
        assert [call for call in executor(bound).calls if is_daring(call)] == []


def is_daring(call: Call) -> bool:
    """Whether a call overwrites what it reads, with values that lie apart, and is not trusted with that."""
    if not isinstance(call, partial) or call.func in TRUSTED or "out" not in call.keywords:
        return False
    out = call.keywords["out"]
    reads = [x for x in (*call.args, getattr(call.func, "__self__", None)) if isinstance(x, np.ndarray)]
    return lies_apart(out) and any(np.shares_memory(x, out) for x in reads)


def test_what_is_daring_is_seen() -> None:
    x = np.zeros((4, 8), np.float32)
    apart, whole = x[:, ::4], x[:2]
    assert is_daring(partial(np.negative, apart, out=apart))
    assert is_daring(partial(apart.clip, 0, 1, out=apart))
    assert not is_daring(partial(np.negative, whole, out=whole))
    assert not is_daring(partial(np.negative, x[:, 1::4], out=apart))
    assert not is_daring(partial(np.add, apart, 1, out=apart))


@pytest.mark.parametrize("function", TRUSTED, ids=lambda function: function.__name__)
@pytest.mark.parametrize("step", range(2, 9))
def test_what_is_trusted_is_right_here(function: np.ufunc, step: int) -> None:
    random = np.random.default_rng(step)
    for n in (*range(1, 20), 33, 100, 1000):
        x, y = random.standard_normal((2, n * step)).astype(np.float32)
        wanted = function(x[::step].copy(), y[::step].copy())
        function(x[::step], y[::step], out=x[::step])
        np.testing.assert_array_equal(x[::step], wanted)


@pytest.mark.parametrize(
    ("shape", "cells", "apart"),
    [
        ((4, 6), np.s_[:], False),
        ((4, 6), np.s_[:, :3], False),
        ((4, 6), np.s_[:, ::2], True),
        ((4, 6), np.s_[:, 1:2], True),
        ((4, 6), np.s_[1:2, 1:2], False),
        ((2, 4, 6), np.s_[:, 1, :3], False),
        ((2, 4, 6), np.s_[:, :, 0], True),
    ],
)
def test_values_lie_apart(shape: Shape, cells: Any, apart: bool) -> None:
    out = np.zeros(shape, np.float32)[cells]
    assert lies_apart(out) == apart
    y, calls = side_by_side(out, Scratch())
    assert (y is out) != apart
    y += 1
    for call in calls:
        call()
    assert out.min() == 1
