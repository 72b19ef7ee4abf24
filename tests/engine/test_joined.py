"""Operations that are carried out together, a few rows at a time: the same bytes as one by one."""

from __future__ import annotations

import numpy as np
import pytest
import random_specs
from calling import inputs
from engine_cases import Array, graph, lively
from hypothesis import HealthCheck, assume, given, note, settings
from hypothesis import strategies as st

from cnnspec.diagnostics.diagnostic import SpecError
from cnnspec.engine.backends import chain
from cnnspec.engine.backends.numba import NumbaBackend, joining
from cnnspec.engine.memory_plan import plan_memory
from cnnspec.engine.model import Model
from cnnspec.engine.passes import Wanted, optimise
from cnnspec.engine.program import Program, program, verify
from cnnspec.graph.graph import Graph
from cnnspec.spec import load

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BLOCK = """\
  - {conv: {F: 1, K: 24, bias: false}, name: wide}
  - relu6
  - {conv: {F: 3, K: C, G: C, P: 1, S: 2}}
  - relu6
  - {conv: {F: 1, K: 8}}
"""


def made(found: Graph, joined: bool, threads: int = 1, n: int = 2, room: int = joining.ROOM) -> dict[str, Array]:
    """The outputs, with all joined that can be, or nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NumbaBackend, "joins", lambda self, *both: joined and joining.can_join(*both))
        patch.setattr(joining, "ROOM", room)
        patch.setattr("cnnspec.engine.compiled.WORTH", 0)
        model = Model(found, lively(found), threads, backend="numba")
        return model.run(inputs(n, found.input))


def same(found: Graph, room: int, threads: int = 1, n: int = 2) -> None:
    wanted, given = made(found, False, n=n), made(found, True, threads, n, room)
    for name, y in wanted.items():
        np.testing.assert_array_equal(given[name], y)


def operations(found: Graph) -> Program:
    made = optimise(program(found), Wanted(found.outputs, chain("numba")))
    verify(made, found, found.outputs)
    return made


CHAINS = [
    BLOCK,
    BLOCK.replace("S: 2", "D: 2"),
    "  - {add: [[" + ", ".join(line.strip(" -\n") for line in BLOCK.replace(", S: 2", "").splitlines()) + "], []]}\n",
    (
        "  - {conv: {F: [3, 5], K: 20, P: {top: 2, bottom: 0, left: 3, right: 1}}}\n"
        "  - {maxpool: {F: 3, S: 2, P: 1}}\n  - {conv: {F: 2, K: 5, S: 3}}\n"
    ),
    "  - batchnorm\n  - relu\n  - {conv: {F: 1, K: 5}}\n  - {avgpool: {F: 2, S: 5, rounding: ceil}}\n",
    "  - {maxpool: {F: 5, S: 1, P: 2}}\n  - {conv: {F: 3, K: 7, P: 1}}\n  - {conv: {F: 3, K: C, G: C, P: 1}}\n",
]


@pytest.mark.parametrize("layers", CHAINS)
@pytest.mark.parametrize("room", [1, 3000, joining.ROOM])
@pytest.mark.parametrize("threads", [1, 3])
def test_the_same_bytes(layers: str, room: int, threads: int) -> None:
    found = graph((8, 19, 13), layers)
    for n in (1, 5):
        same(found, room, threads, n)


@given(text=random_specs.texts(), room=st.sampled_from([1, 500, joining.ROOM]), threads=st.sampled_from([1, 2]))
@quick
def test_random_networks(text: str, room: int, threads: int) -> None:
    note(text)
    same(random_specs.load(text).graph, room, threads)


@given(
    rows=st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 2), st.integers(0, 3)),
    more=st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(0, 2)),
    H=st.integers(7, 24),
    room=st.sampled_from([1, 800, 4000]),
)
@quick
def test_any_windows(rows: tuple[int, ...], more: tuple[int, ...], H: int, room: int) -> None:
    F, S, D, P = rows
    layers = f"  - {{conv: {{F: {F}, S: {S}, D: {D}, P: {P}, K: 6}}}}\n  - {{conv: {{F: 3, K: C, G: C, P: 1}}}}\n"
    layers += f"  - {{maxpool: {{F: {more[0]}, S: {more[1]}, P: {min(more[2], more[0] // 2)}}}}}\n"
    try:
        found = graph((3, H, 9), layers)
    except SpecError:
        assume(False)  # the windows do not fit
    same(found, room, n=1)


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_lite0"])
def test_what_is_wide_between_is_joined(name: str) -> None:
    found = load(name).graph
    joined = [[part.kernel for part in operation.parts] for operation in operations(found) if operation.parts]
    assert ["direct", "depthwise"] in [kernels[:2] for kernels in joined]
    assert all(operation.layer.kind != "dense" for operation in operations(found) if operation.parts)


def test_memory_that_lies_between_is_not_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    found = graph((8, 64, 64), BLOCK)
    taken = []
    for join in (False, True):
        monkeypatch.setattr(NumbaBackend, "joins", lambda self, *both, join=join: join and joining.can_join(*both))
        made = operations(found)
        taken.append(plan_memory(made, found.input, found.outputs).values)
        assert len(made) == (1 if join else 3)
    assert taken[1] < taken[0] / 2


@pytest.mark.parametrize("outputs", ["wide, conv2", "relu61, conv2"])
def test_what_is_wanted_is_made_whole(outputs: str) -> None:
    """`--save` makes inner layers outputs."""
    found = graph((8, 19, 13), BLOCK, outputs)
    same(found, 3000)
    assert list(made(found, True)) == outputs.split(", ")


def test_what_two_read_is_not_joined() -> None:
    layers = "  - {conv: {F: 1, K: 40}}\n  - {add: [[{conv: {F: 3, K: C, G: C, P: 1}}], []]}\n"
    found = graph((4, 64, 64), layers)
    same(found, 3000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NumbaBackend, "joins", lambda self, *both: joining.can_join(*both))
        assert len(operations(found)) == 2


def test_numpy_joins_nothing() -> None:
    found = load("mobilenet_v2").graph
    assert not any(operation.parts for operation in optimise(program(found), Wanted(found.outputs, chain())))
