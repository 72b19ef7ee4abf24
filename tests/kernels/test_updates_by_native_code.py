"""Steps of weights by native code against their formulas in float64, written down again: every rule, sizes around those
of vectors and pieces, any number of threads, for several processors' vectors."""

from __future__ import annotations

from math import inf, nan, sqrt
from typing import Any

import numpy as np
import pytest
from engine_cases import Array

from cnnspec.engine.backends.numba.training import calls, updates
from cnnspec.engine.backends.numba.training.calls import Native
from cnnspec.kernels.compiled.vectors import AVX2, AVX512, NEON, Vectors
from cnnspec.kernels.training.updates import PIECE, SGD, Adam, AdamW, Update

EVERY = pytest.mark.parametrize("vectors", [AVX512, AVX2, NEON], ids=lambda v: v.name)
ERROR = 3e-7
"""Largest error of a step, relative to what a weight is made of; measured 1e-7."""
SIZES = (0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 64, 127, 1000, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 77)
RULES: list[tuple[Update, int]] = [
    (SGD(0.01), 0),
    (SGD(0.01, decay=0.1, shrink=0.25), 0),
    (SGD(0.01, nesterov=True), 0),
    (SGD(0.01, momentum=0.9), 1),
    (SGD(0.01, decay=0.3, shrink=0.5, momentum=0.8), 1),
    (SGD(0.01, momentum=0.9, nesterov=True), 1),
    (SGD(0.01, decay=0.3, shrink=0.5, momentum=0.8, nesterov=True), 1),
    (Adam(0.01), 2),
    (Adam(0.01, steps=100), 2),
    (Adam(0.01, decay=0.2, shrink=0.5, steps=3, betas=(0.8, 0.95), eps=1e-3), 2),
    (Adam(0.01, betas=(0.0, 0.6)), 2),
    (AdamW(0.01), 2),
    (AdamW(0.01, decay=0.4, shrink=0.5, steps=7, betas=(0.7, 0.99), eps=1e-4), 2),
]


def drawn(size: int, slots: int) -> list[Array]:
    """Weights, gradients, and what is remembered: a mean, and squares that are no less than its own."""
    random = np.random.default_rng([size, slots])
    found = [random.standard_normal(size).astype(np.float32) for _ in range(2 + slots)]
    return [*found[:3], *(array**2 + found[2] ** 2 for array in found[3:])]


def stepped(update: Any, w: Array, g: Array, *slots: Array) -> list[Array]:
    """The new weights and slots, in float64, of copies."""
    w, g, *old = (array.astype(np.float64) for array in (w, g, *slots))
    g = update.shrink * g
    if isinstance(update, AdamW):
        w = w - update.rate * update.decay * w
    else:
        g = g + update.decay * w
    if isinstance(update, SGD):
        if not old:
            return [w - update.rate * g]
        v = update.momentum * old[0] + g
        return [w - update.rate * (g + update.momentum * v if update.nesterov else v), v]
    one, two = update.betas
    m, v = one * old[0] + (1 - one) * g, two * old[1] + (1 - two) * g**2
    mean, square = m / (1 - one**update.steps), v / (1 - two**update.steps)
    return [w - update.rate * mean / (np.sqrt(square) + update.eps), m, v]


def moved(update: Update, arrays: list[Array], vectors: Vectors, threads: int = 1) -> list[Array]:
    """The same by native code, beside memory that stays as it is."""
    around = [np.full(array.size + 40, nan, np.float32) for array in arrays]
    own = [memory[20:-20] for memory in around]
    for mine, array in zip(own, arrays, strict=True):
        mine[...] = array
    w, g, *slots = own
    updates.move(Native(vectors, threads), update, w, g, *slots)
    np.testing.assert_array_equal(g, arrays[1])
    for memory in around:
        assert np.isnan(memory[:20]).all()
        assert np.isnan(memory[-20:]).all()
    return [w, *slots]


@EVERY
@pytest.mark.parametrize(("update", "slots"), RULES, ids=repr)
def test_rules(update: Update, slots: int, vectors: Vectors) -> None:
    for size in SIZES:
        arrays = drawn(size, slots)
        for found, wanted in zip(moved(update, arrays, vectors), stepped(update, *arrays), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=ERROR, atol=ERROR)


def test_all_rules_are_tested() -> None:
    assert {type(update) for update, _ in RULES} == set(updates.LOWERED)


@EVERY
@pytest.mark.parametrize(("update", "slots"), RULES, ids=repr)
def test_threads_change_no_byte(update: Update, slots: int, vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "WORTH", 1e-9)
    for size in (1, 100, 2 * PIECE + 77):
        arrays = drawn(size, slots)
        alone, *others = (moved(update, arrays, vectors, threads) for threads in (1, 2, 3))
        for other in others:
            for found, wanted in zip(other, alone, strict=True):
                assert found.tobytes() == wanted.tobytes()


@EVERY
@pytest.mark.parametrize(("update", "slots"), RULES, ids=repr)
def test_a_weight_without_end_stays_where_its_gradient_is_0(update: Update, slots: int, vectors: Vectors) -> None:
    """As the bias of a class that is never to be: -inf. Decay that there is not makes nothing else of it."""
    if update.decay:
        return
    size = 37
    w, g = np.full(size, -inf, np.float32), np.zeros(size, np.float32)
    rest = [np.zeros(size, np.float32) for _ in range(slots)]
    np.testing.assert_array_equal(moved(update, [w, g, *rest], vectors)[0], w)


@EVERY
def test_many_steps_of_a_mean_and_its_squares(vectors: Vectors) -> None:
    """Errors do not add up: 50 steps of Adam."""
    w, g, m, v = drawn(333, 2)
    m[...], v[...] = 0, 0
    exact: list[Array] = [w.astype(float), m.astype(float), v.astype(float)]
    ours = [w, m, v]
    for steps in range(1, 51):
        g = np.random.default_rng(steps).standard_normal(333).astype(np.float32)
        update = Adam(0.01 / steps, 0.1, 0.5, steps)
        exact = stepped(update, exact[0], g, *exact[1:])
        updates.move(Native(vectors), update, ours[0], g, *ours[1:])
    for found, wanted in zip(ours, exact, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-6, atol=2e-6)


@EVERY
@pytest.mark.parametrize("size", SIZES)
def test_squared_norm(size: int, vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "WORTH", 1e-9)
    memory = np.full(size + 40, nan, np.float32)
    g = memory[20 : 20 + size]
    g[...] = np.random.default_rng(size).standard_normal(size)
    alone, *others = (updates.squared_norm(Native(vectors, threads), g) for threads in (1, 2, 3))
    assert alone == pytest.approx(float((g.astype(np.float64) ** 2).sum()), rel=2e-6)
    assert others == [alone, alone]


@EVERY
@pytest.mark.parametrize("odd", [nan, inf, -inf, 1e30])
def test_the_norm_of_what_is_not_finite_is_not_finite(odd: float, vectors: Vectors) -> None:
    """Nor is that of numbers whose squares are not."""
    for size in (1, 7, 16, 70, PIECE + 5):
        for place in {0, size // 2, size - 1}:
            g = drawn(size, 0)[1]
            g[place] = odd
            assert not np.isfinite(sqrt(updates.squared_norm(Native(vectors), g)))


@EVERY
def test_what_is_not_float32_is_numpys(vectors: Vectors) -> None:
    for update, slots in RULES:
        ours, theirs = ([array.astype(np.float64) for array in drawn(PIECE + 9, slots)] for _ in range(2))
        norm = updates.squared_norm(Native(vectors), ours[1])
        assert norm == pytest.approx(float((ours[1] ** 2).sum()), rel=1e-13)  # BLAS adds up by its threads
        updates.move(Native(vectors), update, *ours)
        update.move(*theirs)
        for found, wanted in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(found, wanted)
