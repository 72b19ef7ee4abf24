"""How long networks take side by side: measured in turn, so that what slows the machine slows all of them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from time import perf_counter

from .spec import Spec

SHARE = 0.3
"""Seconds that a network is measured for, at least in `ROUNDS` rounds."""
ROUNDS, MOST = 5, 200


def milliseconds(specs: Sequence[Spec]) -> list[float]:
    """The median time that each network takes for one input, with random weights, in milliseconds."""
    import numpy as np

    from ..weights.initialisation import initial

    works = []
    for spec in specs:
        model = spec.compile(initial(spec.graph.tensors, "he", 0))
        x = np.zeros((1, *spec.graph.input), np.float32)
        model(x)
        works.append((model, x))
    seconds: list[list[float]] = [[] for _ in works]
    while len(seconds[0]) < MOST and (len(seconds[0]) < ROUNDS or max(map(sum, seconds)) < SHARE):
        for taken, (model, x) in zip(seconds, works, strict=True):
            start = perf_counter()
            model(x)
            taken.append(perf_counter() - start)
    return [1e3 * median(taken) for taken in seconds]
