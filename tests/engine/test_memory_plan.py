"""Where tensors lie: nothing that lives at once overlaps, borders serve all readers, branches are made in place."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import random_specs
from engine_cases import graph, lively
from guide_examples import EXAMPLES
from hypothesis import given, note, settings
from hypothesis import strategies as st

from cnnspec.engine.backends import chain
from cnnspec.engine.compiled import BoundPlan, CompiledGraph
from cnnspec.engine.halo import NONE, Halo
from cnnspec.engine.memory_plan import LINE, Lifetime, MemoryPlan, allocate, plan_memory
from cnnspec.engine.passes import Wanted, optimise
from cnnspec.engine.program import program
from cnnspec.graph.graph import INPUT, Graph
from cnnspec.graph.shape import Shape
from cnnspec.spec import bundled, load


def laid(input: Shape, *lines: str, outputs: str = "") -> MemoryPlan:
    text = "".join(f"    {line}\n" if line.startswith("  ") else f"  - {line}\n" for line in lines)
    return placed(graph(input, text, outputs))


def placed(found: Graph) -> MemoryPlan:
    return plan_memory(optimise(program(found), Wanted(found.outputs, chain())), found.input, found.outputs)


def live(needed: Mapping[str, Lifetime]) -> int:
    """Values that must exist at once, at the most: no allocation can do with fewer."""
    times = {span.born for span in needed.values()}
    return max((sum(s.values for s in needed.values() if s.born <= t <= s.dies) for t in times), default=0)


def check(needed: Mapping[str, Lifetime], offsets: Mapping[str, int], values: int) -> None:
    assert offsets.keys() == needed.keys()
    ends = {name: offsets[name] + span.values for name, span in needed.items()}
    assert max(ends.values(), default=0) == values
    assert all(offset >= 0 and offset % LINE == 0 for offset in offsets.values())
    for name, span in needed.items():
        for other, rival in needed.items():
            apart = ends[name] <= offsets[other] or ends[other] <= offsets[name]
            assert name == other or span.dies < rival.born or rival.dies < span.born or apart
    assert live(needed) <= values


pieces = st.builds(
    lambda values, born, more: Lifetime(values, born, born + more), *map(st.integers, (1, 0, 0), (99, 12, 6))
)


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), pieces, max_size=20))
def test_nothing_that_lives_at_once_overlaps(needed: dict[str, Lifetime]) -> None:
    check(needed, *allocate(needed))


def test_what_is_dead_is_used_again() -> None:
    offsets, values = allocate(
        {"a": Lifetime(64, 0, 1), "b": Lifetime(32, 1, 2), "c": Lifetime(64, 2, 3), "d": Lifetime(16, 2, 2)}
    )
    assert offsets == {"a": 0, "c": 0, "b": 64, "d": 96}
    assert values == 112


@given(random_specs.texts())
@settings(max_examples=60, deadline=None)
def test_any_network_is_placed(text: str) -> None:
    note(text)
    found = placed(random_specs.load(text).graph)
    check(found.lifetimes, found.offsets, found.values)


@given(random_specs.texts())
@settings(max_examples=60, deadline=None)
def test_a_kept_border_is_never_written(text: str) -> None:
    """Whatever else lies there has its own border, and its cells, at the same places."""
    note(text)
    found = placed(random_specs.load(text).graph)
    for name in (name for name in found.lifetimes if found.placements[name].is_kept):
        first, end = found.offsets[name], found.offsets[name] + found.lifetimes[name].values
        for other, span in found.lifetimes.items():
            apart = found.offsets[other] + span.values <= first or end <= found.offsets[other]
            alike = found.placements[other].make == found.placements[name].make
            assert apart or (alike and found.offsets[other] == first)


def test_kept_borders_are_shared_by_memories_of_one_make() -> None:
    """Eight tensors of one make, of which two are needed at once."""
    found = laid((4, 6, 6), "tanh", *["{conv: {F: 3, K: 4, P: 1}}"] * 8)
    kept = [name for name in found.lifetimes if found.placements[name].is_kept]
    assert len(kept) == 8
    assert len({found.offsets[name] for name in kept}) == 2


@pytest.mark.parametrize("name", sorted(set(bundled.names()).difference(EXAMPLES)))
def test_bundled_networks_take_little_more_than_they_must(name: str) -> None:
    found = placed(load(name).graph)
    check(found.lifetimes, found.offsets, found.values)
    kept = {
        found.offsets[name]: found.lifetimes[name].values for name in found.lifetimes if found.placements[name].is_kept
    }
    assert found.values <= 1.1 * live(found.lifetimes) + sum(kept.values())


@pytest.mark.parametrize("name", ["lenet5", "resnet20_cifar", "mobilenet_v2", "googlenet", "unet"])
def test_what_was_planned_is_what_is_taken(name: str) -> None:
    found = load(name).graph if name == "lenet5" else load(name, (3, 32, 32)).graph
    compiled = CompiledGraph(found, lively(found), chain())
    for n in (1, 3):
        assert BoundPlan(compiled, n, 1).arena.nbytes == 4 * n * placed(found).values


# borders


def test_a_border_serves_all_its_readers() -> None:
    found = laid(
        (2, 12, 12),
        "{relu: {}, name: x}",
        "concat:",
        "  - [{conv: {F: 5, K: 2, P: same}}]",
        "  - [{conv: {F: 3, K: 2, P: {left: 4, top: 1, bottom: 1}}}, {crop: {left: 2}}]",
        "  - [{maxpool: {F: 3, S: 1, P: 1}}]",
        "  - [{conv: {F: 1, K: 2}}]",
    )
    assert found.placements["x"].halo == Halo(2, 2, 4, 2)


@pytest.mark.parametrize(
    ("reader", "halo"),
    [
        ("conv: {F: 3, K: 2, P: 1}", Halo(1, 1, 1, 1)),
        ("conv: {F: 3, K: 2, P: 1, S: 2}", Halo(1, 0, 1, 0)),  # the last window ends with the image
        ("conv: {F: [1, 5], K: 2, P: [0, 2]}", Halo(0, 0, 2, 2)),
        ("conv: {F: 3, K: 2, P: same-upper, S: 2}", Halo(0, 1, 0, 1)),
        ("conv: {F: 3, K: 2, P: 2, D: 2, G: 2}", Halo(2, 2, 2, 2)),
        ("conv: {F: 1, K: 2}", NONE),
        ("conv: {F: 1, K: 2, P: 1}", Halo(1, 1, 1, 1)),
        ("maxpool: {F: 3, P: 1}", NONE),
        ("deconv: {F: 3, K: 2, P: 1}", NONE),
    ],
)
def test_the_border_that_a_reader_asks_for(reader: str, halo: Halo) -> None:
    assert laid((2, 8, 8), "{relu: {}, name: x}", reader).placements["x"].halo == halo


def test_winograd_asks_for_whole_tiles() -> None:
    found = laid((64, 29, 31), "{relu: {}, name: x}", "conv: {F: 3, K: 64, P: 1}")
    assert found.placements["x"].halo == Halo(1, 4, 1, 2)
    found = laid((512, 13, 14), "{relu: {}, name: x}", "conv: {F: 3, K: 512, P: 1}")
    assert found.placements["x"].halo == Halo(1, 2, 1, 1)
    found = laid((64, 29, 31), "{relu: {}, name: x}", "conv: {F: 3, K: 3, P: 1}")
    assert found.placements["x"].halo == Halo(1, 1, 1, 1)


def test_a_small_memory_with_a_border_is_not_for_others() -> None:
    """So that its border stays zero; a large one is used again, and its border cleared in each run."""
    lines = ["{relu: {}, name: x}", "conv: {F: 3, K: 2, P: 1}", "{tanh: {}, name: y}", "{sigmoid: {}, name: z}"]
    small, large = (laid((2, H, H), *lines) for H in (4, 200))
    assert small.placements["x"].is_kept
    assert not large.placements["x"].is_kept
    assert {name for name in small.offsets if small.offsets[name] == small.offsets["x"]} == {"x"}
    assert {name for name in large.offsets if large.offsets[name] == large.offsets["x"]} == {"x", "z"}


# places inside concatenations


def slots(found: MemoryPlan, *names: str) -> list[tuple[str, int, int]]:
    return [(p.buffer, p.first, p.depth) for p in (found.placements[name] for name in names)]


def test_branches_are_made_in_place() -> None:
    lines = "{concat: [[{conv: {F: 1, K: 3}, name: a}], [], [{relu: {}, name: b}]], name: all}"
    found = laid((4, 5, 5), "{tanh: {}, name: x}", lines)
    assert slots(found, "a", "x", "b", "all") == [("all", 0, 11), ("all", 3, 11), ("all", 7, 11), ("all", 0, 11)]


def test_concatenations_inside_one_another() -> None:
    found = laid(
        (4, 5, 5),
        "{tanh: {}, name: x}",
        "{concat: [[], [{conv: {F: 1, K: 2}, name: a}]], name: one}",
        "{concat: [[], [{conv: {F: 1, K: 2}, name: b}]], name: two}",
        "{concat: [[{conv: {F: 1, K: 1}, name: c}], []], name: three}",
    )
    assert slots(found, "x", "a", "one", "b", "two", "c") == [
        ("three", first, 9) for first in (1, 5, 1, 7, 1, 0)
    ]  # fmt: skip
    assert set(found.lifetimes) == {INPUT, "three"}


def test_a_tensor_has_one_place_only() -> None:
    """In two concatenations, or twice in one, it is copied to the second; the input lies by itself."""
    twice = laid(
        (4, 5, 5), "{tanh: {}, name: x}", "{concat: [x, input, x], name: one}", "{concat: [x, one], name: two}"
    )
    assert slots(twice, "x", INPUT, "one") == [("two", 4, 16), (INPUT, 0, 4), ("two", 4, 16)]


def test_vectors_are_not_made_in_place() -> None:
    found = laid((4, 1, 1), "flatten", "{concat: [[{dense: {K: 2}, name: a}], []], name: all}")
    assert slots(found, "a", "all") == [("a", 0, 2), ("all", 0, 6)]


def test_a_border_inside_a_concatenation_is_the_whole_memorys() -> None:
    found = laid((4, 5, 5), "{concat: [[{tanh: {}, name: a}], [{relu: {}, name: b}]], name: all}", "from: a",
                 "{conv: {F: 3, K: 2, P: 1}, name: c}", outputs="c, all")  # fmt: skip
    assert {found.placements[name].halo for name in ("a", "b", "all")} == {Halo(1, 1, 1, 1)}
    assert found.placements[INPUT].halo == NONE


def test_planning_is_deterministic() -> None:
    found = load("googlenet").graph
    assert placed(found) == placed(found)


def test_a_chain_of_equals_takes_two_places() -> None:
    assert placed(graph((1, 2, 2), "  - tanh\n" * 1000)).values == LINE + 4
