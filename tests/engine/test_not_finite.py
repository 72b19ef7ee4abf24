"""Infinite values and what is no number: they reach what hangs on them, by the definition of a layer, and nothing else;
in the plan and on the way to gradients as in plain execution."""

from __future__ import annotations

import numpy as np
import pytest
from engine_cases import both_backends, graph, lively
from layer_cases import Array, case, every_example
from not_finite import agree, poisoned

from cnnspec.engine.model import Model
from cnnspec.graph.layer import Example

CLOSE = 1e-5


def model(yaml: str, shape: tuple[int, ...], backend: str = "numpy") -> Model:
    first = "" if len(shape) == 3 else "  - flatten\n"
    found = graph((*shape, 1, 1)[:3], f"{first}  - {yaml}\n")
    return Model(found, lively(found), 1, exact=True, backend=backend)


@both_backends
@every_example
def test_the_plan_computes_what_is_defined(kind: str, example: Example, backend: str) -> None:
    made = model(example.yaml, example.arriving, backend)
    for x in poisoned(made.graph.input, "float32"):
        wanted = made.trace(x)
        for name, y in made.run(x).items():
            agree(y, wanted[name], CLOSE)


MORE = [
    ("conv: {F: 5, K: 8, P: same}", (8, 16, 16)),
    ("conv: {F: 3, K: 16, P: same}", (16, 12, 12)),
    ("conv: {F: 3, K: 24, P: same, G: C}", (24, 12, 12)),
    ("conv: {F: 3, K: 8, S: 2, P: same, G: 2}", (8, 16, 16)),
    ("deconv: {F: 4, K: 4, S: 2, P: 1}", (4, 16, 16)),
    ("upsample: {factor: 2, mode: bilinear}", (4, 16, 16)),
    ("upsample: {factor: [3, 1], mode: bilinear}", (40, 30, 50)),
    ("adaptiveavgpool: {out: 7}", (4, 32, 32)),
    ("adaptiveavgpool: {out: [5, 20]}", (4, 9, 11)),
    ("avgpool: {F: 5, S: 1, P: 2}", (4, 32, 32)),
    ("maxpool: {F: 5, S: 1, P: 2}", (4, 32, 32)),
]


@both_backends
@pytest.mark.parametrize(("layer", "shape"), MORE, ids=lambda v: v if isinstance(v, str) else "")
def test_larger_ones(layer: str, shape: tuple[int, ...], backend: str) -> None:
    made = model(layer, shape, backend)
    for x in poisoned(shape, "float32"):
        [(name, y)] = made.run(x).items()
        agree(y, made.trace(x)[name], CLOSE)


@pytest.mark.parametrize(
    ("layer", "cells"),
    [("upsample: {factor: 2, mode: bilinear}", 16), ("adaptiveavgpool: {out: 4}", 1), ("conv: {F: 3, K: 2, P: 1}", 9)],
)
def test_one_cell_reaches_few(layer: str, cells: int) -> None:
    made = model(layer, (4, 16, 16))
    x = np.ones((1, 4, 16, 16), np.float32)
    x[0, 0, 9, 9] = np.nan
    for y in (made.run(x), {name: made.trace(x)[name] for name in made.graph.outputs}):
        [found] = y.values()
        assert np.isnan(found[0]).any(axis=0).sum() == cells


@every_example
def test_the_way_to_gradients_makes_the_same(kind: str, example: Example) -> None:
    """What comes out of it is what the layer defines, and a gradient of finite values where all is finite."""
    found = case(kind, example, batch=2)

    def poison(x: Array) -> Array:
        y = x.copy()
        y.flat[[0, y.size // 2]] = np.nan, np.inf
        return y

    inputs = tuple(poison(x) for x in found.inputs)
    with np.errstate(all="ignore"):
        wanted = found.layer.forward(*inputs, **found.tensors)
        y, _ = found.layer.vjp(*(x.copy() for x in inputs), **found.tensors)
    agree(y, wanted, 1e-10)
