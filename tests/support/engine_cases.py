"""Small networks for the tests of the engine, weights that leave nothing unseen, and what a program computes by
definition, in float64."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnspec import weights
from cnnspec.engine.compiled import BoundPlan
from cnnspec.engine.executor import CallExecutor
from cnnspec.engine.interpreter import execute
from cnnspec.engine.program import Operation, with_arrays
from cnnspec.graph.graph import INPUT, Graph
from cnnspec.graph.shape import Shape
from cnnspec.spec import load

Array = NDArray[Any]
both_backends = pytest.mark.parametrize("backend", ["numpy", "numba"])


def graph(input: Shape, layers: str, outputs: str = "") -> Graph:
    """The graph of a spec with these lines under `layers:`."""
    C, H, W = input
    head = f"input: {{C: {C}, H: {H}, W: {W}}}\nrounding: floor\n" + (f"outputs: [{outputs}]\n" if outputs else "")
    return load(io.StringIO(f"{head}layers:\n{layers}")).graph


def lively(needed: Graph, seed: int = 0) -> dict[str, Array]:
    """Random weights; statistics and biases that are not all 0 and 1."""
    random = np.random.default_rng(seed)
    tensors = dict(weights.initial(needed.tensors, "he", seed))
    for name, tensor in needed.tensors.items():
        if tensor.fan is None:
            tensors[name] = random.uniform(0.5, 1.5, tensor.shape).astype(np.float32)
    return tensors


def doubled(tensors: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array.astype(np.float64) for name, array in tensors.items()}


def defined(graph: Graph, tensors: Mapping[str, Array], x: Array) -> dict[str, Array]:
    """Every tensor by plain execution in float64, the input's own among them."""
    wide = x.astype(np.float64)
    return {INPUT: wide, **dict(execute(graph, doubled(tensors), wide))}


def interpreted(operations: Iterable[Operation], tensors: Mapping[str, Array], x: Array) -> dict[str, Array]:
    """Every tensor that a program makes, by its layers' own `forward`, in float64."""
    wide = doubled(tensors)
    found: dict[str, Array] = {INPUT: x.astype(np.float64)}
    for operation in operations:
        for part in with_arrays(operation, wide).each:
            y = part.layer.forward(*(found[name] for name in part.inputs), **part.arrays)
            if part.plus is not None:
                y = y + found[part.plus]
            if part.activation is not None:
                y = part.activation.forward(y)
            found[part.name] = y
    return found


def executor(bound: BoundPlan) -> CallExecutor:
    """What NumPy's backend carries a plan out with: its items and what they need."""
    assert isinstance(bound.executor, CallExecutor)
    return bound.executor


def error(found: Array, wanted: Array) -> float:
    """The largest difference, relative to the largest value wanted (or to 1 where all are small). What is no number
    must be none in both."""
    assert found.shape == wanted.shape
    is_none = np.isnan(wanted)
    np.testing.assert_array_equal(np.isnan(found), is_none)
    found, wanted = found[~is_none], wanted[~is_none]
    if not found.size:
        return 0.0
    return float(np.abs(found - wanted).max() / max(1.0, float(np.abs(wanted).max())))
