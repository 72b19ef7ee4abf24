"""What holds of every spec: said and done agree, two executions agree, nothing breaks the reader."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from math import prod
from typing import Any

import numpy as np
import random_specs
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cnnspec.engine.interpreter import execute
from cnnspec.engine.model import Model
from cnnspec.graph.graph import INPUT, Graph
from cnnspec.graph.layer import Layer
from cnnspec.graph.shape import FLOAT
from cnnspec.layers import find
from cnnspec.layers._filters import Filters
from cnnspec.layers._pointwise import Pointwise
from cnnspec.layers._pool import Pool
from cnnspec.spec import spec

Array = NDArray[Any]
SEEING_ALL = frozenset(
    {"groupnorm", "instancenorm", "layernorm", "rmsnorm", "softmax", "logsoftmax"}
    | {"globalavgpool", "globalmaxpool", "globall2pool", "adaptiveavgpool", "adaptivemaxpool"}
)
"""Kinds with statistics over the image, or gates: what their cells share is left out of a receptive field."""

FAMILIES: tuple[type[Layer], ...] = (Filters, Pool, Pointwise, *map(find, ("dense", "add", "concat", "mul")))
"""Sorts of layers, none of which may be rare in random specs."""

few = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@lru_cache(maxsize=64)
def graph_of(text: str) -> Graph:
    note(text)
    return random_specs.load(text).graph


def weights(graph: Graph) -> dict[str, Array]:
    """Random float64 values that keep a tensor's size; variances and scales positive."""
    random = np.random.default_rng(0)
    return {
        name: random.uniform(0.5, 1.5, tensor.shape)
        if tensor.fill == 1
        else random.normal(0, 1 / np.sqrt(tensor.fan[0] if tensor.fan else 4), tensor.shape)
        for name, tensor in graph.tensors.items()
    }


def inputs(graph: Graph, n: int = 2, seed: int = 1) -> Array:
    return np.random.default_rng(seed).normal(size=(n, *graph.input))


def run(graph: Graph, x: Array) -> dict[str, Array]:
    return dict(execute(graph, weights(graph), x))


def rounded(arrays: dict[str, Array]) -> dict[str, Array]:
    return {name: array.astype(np.float32) for name, array in arrays.items()}


# Said and done


@given(random_specs.texts())
@few
def test_inferred_is_executed(text: str) -> None:
    graph = graph_of(text)
    graph.verify()
    found = run(graph, inputs(graph))
    assert {name: y.shape for name, y in found.items()} == {s.name: (2, *s.shape) for s in graph.steps}
    assert all(y.dtype == np.float64 for y in found.values())


@given(random_specs.texts())
@few
def test_counts_are_those_of_the_arrays(text: str) -> None:
    graph, arrays = graph_of(text), weights(graph_of(text))
    fixed = tuple(f"{step.name}.weight" for step in graph.steps if step.kind == "constant")
    statistics = (".running_mean", ".running_var")
    buffers = sum(arrays[name].size for name in arrays if name.endswith(statistics) or name in fixed)
    assert graph.totals.buffers == buffers
    assert graph.totals.params == sum(array.size for array in arrays.values()) - buffers
    assert graph.totals.weight_bytes == sum(array.astype(np.float32).nbytes for array in arrays.values())
    found = {INPUT: inputs(graph, 1), **run(graph, inputs(graph, 1))}
    macs = 0
    for step in graph.steps:
        if step.kind in ("conv", "deconv", "dense"):
            # One value meets as many weights as stand behind the first axis of the weight's array.
            values = found[step.inputs[0]] if step.kind == "deconv" else found[step.name]
            macs += values.size * arrays[f"{step.name}.weight"][0].size
    assert graph.totals.macs == macs


@given(random_specs.texts())
@few
def test_same_text_gives_the_same_graph(text: str) -> None:
    first, second = random_specs.load(text), random_specs.load(text)
    assert first.graph == second.graph
    assert first.warnings == second.warnings


@given(random_specs.texts())
@few
def test_peak_is_that_of_a_slow_simulation(text: str) -> None:
    graph = graph_of(text)
    live = list(simulated(graph))
    assert graph.live_bytes == live
    live = live or [FLOAT * prod(graph.input)]
    assert graph.totals.peak_activation_bytes == max(live)
    for step in graph.steps:
        own = {graph.storage[name] for name in (*step.inputs, step.name)}
        assert max(live) >= sum(FLOAT * prod(graph.shape(name)) for name in own)


def simulated(graph: Graph) -> Iterator[int]:
    """Bytes while each step runs: for each piece of memory, whether it is there yet and is needed still."""
    memory = {INPUT: INPUT}
    for now, step in enumerate(graph.steps):
        shows = step.kind in ("identity", "dropout", "droppath", "flatten", "reshape")
        memory[step.name] = memory[step.inputs[0]] if shows else step.name
        rest = graph.steps[now:]
        needed = {*chain.from_iterable(later.inputs for later in rest), *graph.outputs, step.name}
        held = {memory[name] for name in needed if name in memory}
        yield sum(FLOAT * prod(graph.shape(name)) for name in held)


# Two executions


@given(random_specs.texts())
@few
def test_batch_is_single_runs(text: str) -> None:
    graph = graph_of(text)
    x = inputs(graph, 3)
    together = run(graph, x)
    alone = [run(graph, x[i : i + 1]) for i in range(3)]
    for name, y in together.items():
        np.testing.assert_allclose(y, np.concatenate([found[name] for found in alone]), rtol=1e-9, atol=1e-9)


@given(random_specs.texts(), st.integers(1, 3))
@few
def test_plan_is_plain_execution(text: str, n: int) -> None:
    """To 1e-4 of an output's scale, or where float32 itself is that far off, about as near as plain float32."""
    graph = graph_of(text)
    single, x = rounded(weights(graph)), inputs(graph, n).astype(np.float32)
    double = {name: array.astype(np.float64) for name, array in single.items()}
    model = Model(graph, single)
    exact = {INPUT: x, **dict(execute(graph, double, x.astype(np.float64)))}
    plain = {INPUT: x, **model.trace(x)}
    found = model.run(x)
    again = model.run(x)
    assert tuple(found) == graph.outputs
    for name, y in found.items():
        rounding = np.abs(plain[name] - exact[name]).max()
        scale = max(1.0, np.abs(exact[name]).max())
        assert y.dtype == np.float32
        np.testing.assert_allclose(y, exact[name], rtol=0, atol=1e-4 * scale + 10 * rounding)
        np.testing.assert_array_equal(again[name], y)


# Receptive fields


@given(random_specs.texts(SEEING_ALL), st.data())
@few
def test_nothing_outside_the_receptive_field_matters(text: str, data: st.DataObject) -> None:
    graph = graph_of(text)
    placed = [step for step in graph.steps if step.receptive_field]
    if not placed:
        return
    step = data.draw(st.sampled_from(placed), "step")
    cell = [data.draw(st.integers(0, size - 1), "cell") for size in step.shape[1:]]
    x = inputs(graph, 1)
    inside = np.ones(graph.input[1:], bool)
    for axis, receptive_field in enumerate(step.receptive_fields):
        assert receptive_field is not None
        seen = np.arange(graph.input[1 + axis])
        mask = (receptive_field.first(cell[axis]) <= seen) & (seen <= receptive_field.last(cell[axis]))
        inside &= mask[:, None] if axis == 0 else mask
        assert step.receptive_field is not None
        assert mask.sum() <= step.receptive_field[axis]
    other = np.where(inside, x, 100 * inputs(graph, 1, seed=2))
    part = graph.until(step.name)
    before, after = (run(part, image)[step.name][0, :, cell[0], cell[1]] for image in (x, other))
    np.testing.assert_allclose(before, after, rtol=1e-12, atol=1e-12)


# Mistakes

TOKEN = re.compile(r"[A-Za-z_0-9.]+|\s+|.")
PIECES = [
    "",
    " ",
    "\n",
    "\t",
    ":",
    "-",
    "[",
    "]",
    "{",
    "}",
    ",",
    "#",
    '"',
    "'",
    "|",
    "&a",
    "*a",
    "!!x",
    "<<",
    "?",
    "%",
    "\\",
]
PIECES += ["0", "-1", "1e9", "10**9", "3.5", "true", "null", "~", "C/0", "H", "K", "conv", "input", "from", "repeat"]
PIECES += ["\x00", "\x7f", "é", "\u202e", "\ufeff", "\u2028", "\x85", "\ud800", "𝛑", "9" * 30, "relu" * 60]


@st.composite
def spoilt(draw: random_specs.Draw) -> str:
    """A valid text in which a few tokens or characters are taken out, doubled, swapped or put in."""
    text = draw(random_specs.texts())
    for _ in range(draw(st.integers(1, 3))):
        parts = TOKEN.findall(text) if draw(st.booleans()) else list(text)
        at = draw(st.integers(0, len(parts) - 1)) if parts else 0
        new = draw(st.sampled_from(PIECES) | st.sampled_from(parts or [""]))
        parts[at : at + 1] = draw(st.sampled_from([[], parts[at : at + 1] * 2, [new], [new, *parts[at : at + 1]]]))
        text = "".join(parts)
    return str(text)


@given(spoilt())
@settings(few, max_examples=250)
def test_any_change_is_read_or_refused(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    checked = spec.check(io.BytesIO(data))
    lines = checked.source.text.split("\n")
    for found in checked.diagnostics:
        assert re.fullmatch("[EW][0-9]{3}", found.code)
        assert found.message
        assert found.span is not None
        for span in (found.span, *(shown.span for shown in found.notes)):
            start, end = (span.line, span.column), (span.end_line, span.end_column)
            assert (1, 1) <= start <= end
            assert end[0] <= len(lines)
            assert start[1] <= len(lines[start[0] - 1]) + 1
            assert end[1] <= len(lines[end[0] - 1]) + 1
    if checked.spec is None:
        assert any(found.severity == "error" for found in checked.diagnostics)
    else:
        checked.spec.graph.verify()


def test_the_specs_are_of_all_sorts() -> None:
    """The strategy itself: without variety the tests above would hold little."""
    seen: Counter[str] = Counter()

    @given(random_specs.texts())
    @settings(few, max_examples=200, derandomize=True, database=None)
    def gather(text: str) -> None:
        graph = random_specs.load(text).graph
        kinds.update(step.kind for step in graph.steps)
        for family in FAMILIES:
            seen[family.__name__] += any(isinstance(step.layer, family) for step in graph.steps)
        seen["several outputs"] += len(graph.outputs) > 1

    kinds: set[str] = set()
    gather()
    assert len(kinds) > len(random_specs.SINGLE) / 2, "another kind of layer changes what is drawn"
    assert len(seen) == len(FAMILIES) + 1
    assert min(seen.values()) > 5
