"""The compiled plan of a spec beside its plain execution, to the rounding of float32."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np
from engine_cases import defined, lively
from fuzz import spec_texts
from fuzz.target import Target
from fuzz.targets.yaml import checked

from cnnspec.diagnostics import SpecError
from cnnspec.engine.model import Model
from cnnspec.graph.graph import Graph

LARGEST = 5_000
"""Values of a tensor, and of all weights in tens: nothing here may take long to run."""
MOST = 1e30
"""A value that float32 holds with ease."""


def small_graph(data: bytes) -> Graph:
    """The graph of a spec that is in order and small; else a refusal."""
    found = checked(data)
    if found.spec is None:
        raise SpecError(found.diagnostics)
    graph = found.spec.graph
    sizes = [prod(graph.input), *(prod(step.shape) for step in graph.steps), graph.totals.params // 10]
    if max(sizes) > LARGEST or graph.totals.macs > 100 * LARGEST:
        raise SpecError(())
    return graph


def seeds() -> Iterator[bytes]:
    return (text.encode() for text in (spec_texts.SMALL, *spec_texts.layer_specs()))


def check(data: bytes) -> None:
    graph = small_graph(data)
    tensors = lively(graph)
    x = np.random.default_rng(len(data)).standard_normal((1 + len(data) % 2, *graph.input), np.float32)
    model = Model(graph, tensors, threads=1)
    with np.errstate(all="ignore"):
        exact, plain = defined(graph, tensors, x), {**model.trace(x)}
    if not all(float(np.abs(y).max()) < MOST for y in exact.values()):
        return  # a root of a negative number, say: there is nothing to be near to
    found = model.run(x)
    assert tuple(found) == graph.outputs
    for name, y in found.items():
        wanted = exact[name]
        off = np.abs(plain[name] - wanted).max() if name in plain else 0
        atol = 1e-4 * max(1.0, float(np.abs(wanted).max())) + 10 * float(off)
        np.testing.assert_allclose(y, wanted, rtol=0, atol=atol, err_msg=name)
    for name, y in model.run(x).items():
        np.testing.assert_array_equal(y, found[name], err_msg=name)


TARGET = Target(seeds, check, spec_texts.words(), is_text=True)
