"""A backend beside NumPy's: it is chosen by its name, does what it has kernels for, and NumPy does the rest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import random_specs
from calling import inputs
from engine_cases import lively
from hypothesis import HealthCheck, given, settings

from cnnspec.engine.backend import CostModel
from cnnspec.engine.backends import BACKENDS, chain
from cnnspec.engine.backends.numpy.fallback import Fallback
from cnnspec.engine.backends.numpy.kernel_selection import COSTS
from cnnspec.engine.executor import Bind, Executor
from cnnspec.engine.lowering import BoundMemory, Lowering
from cnnspec.engine.model import Model
from cnnspec.engine.passes import PASSES, Wanted, optimise
from cnnspec.engine.program import Operation, program, verify
from cnnspec.engine.schedule import Stage
from cnnspec.graph.array import Array
from cnnspec.graph.graph import Graph
from cnnspec.kernels.strips import Scratch
from cnnspec.layers._activation import Activation
from cnnspec.spec import bundled, load


class Counted:
    """The layer's own `forward`, and a note that it was asked for."""

    def __init__(self, operation: Operation, done: list[str]) -> None:
        self.plain = Fallback(operation)
        done.append(operation.layer.kind)

    def stages(self, memory: BoundMemory, scratch: Scratch) -> Iterator[Stage]:
        yield from self.plain.stages(memory, scratch)


class Backwards:
    """Carries out what may run side by side from its end to its beginning."""

    def __init__(self, bind: Bind, done: list[str]) -> None:
        self.schedule = bind(Scratch())
        self.done = done

    def run(self) -> None:
        self.done.append("run")
        items, needs = self.schedule.items, self.schedule.needs
        first = 0
        while first < len(items):
            end = first + 1
            while end < len(items) and needs[end] <= first:
                end += 1
            for item in reversed(items[first:end]):
                for call in item:
                    call()
            first = end


class Reference:
    """Kernels for some kinds: the definition, without epilogues and borders."""

    name = "reference"

    def __init__(self, *kinds: str) -> None:
        self.kinds = kinds
        self.done: list[str] = []

    @property
    def costs(self) -> CostModel:
        return COSTS

    def preparation(self) -> str:
        return ""

    def prepare(self) -> None:
        pass

    def has(self, operation: Operation) -> bool:
        return not self.kinds or operation.layer.kind in self.kinds

    def takes_activation(self, operation: Operation, activation: Activation) -> bool:
        return False

    def takes_sum(self, operation: Operation) -> bool:
        return False

    def select(self, operation: Operation, exact: bool) -> Operation:
        return operation

    def joins(self, before: Operation, after: Operation) -> bool:
        return False

    def nanoseconds(self, operation: Operation) -> float:
        return COSTS.operation(operation, is_depthwise=False)

    def lower(self, operation: Operation) -> Lowering:
        return Counted(operation, self.done)

    def executor(self, bind: Bind, threads: int) -> Executor:
        return Backwards(bind, self.done)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=random_specs.texts())
def test_random_networks_on_numba(text: str) -> None:
    agree(random_specs.load(text).graph, "numba")


def outputs(graph: Graph, backend: str = "numpy") -> dict[str, Array]:
    return Model(graph, lively(graph), threads=1, exact=True, backend=backend).run(inputs(2, graph.input))


def agree(graph: Graph, backend: str) -> None:
    for name, y in outputs(graph, backend).items():
        expected = outputs(graph)[name]
        np.testing.assert_allclose(y, expected, rtol=1e-4, atol=1e-4 * max(1e-3, float(np.abs(expected).max())))


def test_a_kind_that_a_backend_has_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Reference("conv", "softmax")
    monkeypatch.setitem(BACKENDS, "reference", lambda: backend)
    agree(load("lenet5").graph, "reference")
    assert backend.done == ["conv", "conv", "softmax", "run"]


def test_what_it_cannot_finish_is_not_fused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BACKENDS, "reference", lambda: Reference("conv"))
    graph = load("lenet5").graph
    kinds = [o.layer.kind for o in optimise(program(graph), Wanted(graph.outputs, chain("reference")))]
    assert kinds.count("relu") == 2  # behind the convolutions; NumPy's dense layers take theirs
    assert all(not o.kernel for o in optimise(program(graph), Wanted(graph.outputs, chain("reference"))))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=random_specs.texts())
def test_random_networks_on_a_reference_for_all_kinds(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(BACKENDS, "reference", lambda: Reference())
        agree(random_specs.load(text).graph, "reference")


@pytest.mark.parametrize("name", bundled.names())
def test_programs_hold_together_after_each_pass(name: str) -> None:
    graph = load(name).graph
    wanted = Wanted(graph.outputs, chain())
    operations = program(graph)
    verify(operations, graph, graph.outputs)
    for each in PASSES:
        operations = each(operations, wanted)
        verify(operations, graph, graph.outputs)


def test_a_program_that_does_not_hold_together_is_seen() -> None:
    graph = load("lenet5").graph
    with pytest.raises(AssertionError, match="runs before what it reads"):
        verify(program(graph)[1:], graph, graph.outputs)
    with pytest.raises(AssertionError, match="an output is not made"):
        verify(program(graph)[:-1], graph, graph.outputs)


def test_an_unknown_backend_is_told_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="no backend is called 'nunpy'; there is numba, numpy"):
        load("lenet5").compile(backend="nunpy")
