"""The graph's counts, lifetimes and receptive fields, by hand on small networks."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from cnnspec.graph.graph import Graph, Step, Totals
from cnnspec.spec import spec

BRANCHES = """
  - {conv: {F: 1, K: 4}, name: a}
  - {relu: {}, name: r}
  - {add: {main: [{conv: {F: 1, K: 4, bias: false}, name: b}, {dropout: {}, name: d}], shortcut: []}, name: sum}
  - {flatten: {}, name: flat}
  - {dense: {K: 3}, name: out}
"""
INPUT, IMAGE = 4 * 2 * 4 * 4, 4 * 4 * 4 * 4
"""Bytes of the arriving 2x4x4 and of the 4x4x4 behind it."""


def graph_of(layers: str, C: int = 2, H: int = 4, W: int = 4, head: str = "") -> Graph:
    text = f"cnnspec: 1\ninput: {{C: {C}, H: {H}, W: {W}}}\n{head}layers:\n{layers}"
    return spec.load(io.StringIO(text)).graph


@pytest.fixture
def branches() -> Graph:
    return graph_of(BRANCHES)


def field(layers: str, name: str | None = None, size: int = 64) -> tuple[int, int] | None:
    graph = graph_of(layers, 2, size, size, "rounding: floor\n")
    return (graph.by_name[name] if name else graph.steps[-1]).receptive_field


# Counts


def test_totals(branches: Graph) -> None:
    params = (2 * 4 + 4) + 4 * 4 + (64 * 3 + 3)
    macs = 16 * 2 * 4 + 16 * 4 * 4 + 64 * 3
    assert branches.totals == Totals(params, 0, macs, 4 * params, 3 * IMAGE)
    assert [step.kind for step in branches.steps] == ["conv", "relu", "conv", "dropout", "add", "flatten", "dense"]
    assert [(step.params, step.macs) for step in branches.steps[:3]] == [(12, 128), (0, 0), (16, 256)]


def test_running_statistics_are_buffers() -> None:
    totals = graph_of("  - batchnorm\n").totals
    assert (totals.params, totals.buffers, totals.weight_bytes) == (4, 4, 32)


def test_tensors_by_full_name(branches: Graph) -> None:
    assert {name: tensor.shape for name, tensor in branches.tensors.items()} == {
        "a.weight": (4, 2, 1, 1),
        "a.bias": (4,),
        "b.weight": (4, 4, 1, 1),
        "out.weight": (3, 64),
        "out.bias": (3,),
    }


def test_shapes(branches: Graph) -> None:
    assert [branches.shape(name) for name in ("input", "sum", "flat", "out")] == [(2, 4, 4), (4, 4, 4), (64,), (3,)]


# Lifetimes


def test_views_lie_in_the_memory_of_what_they_show(branches: Graph) -> None:
    own = {name: name for name in ("input", "a", "r", "b", "sum", "out")}
    assert branches.storage == own | {"d": "b", "flat": "sum"}


def test_views_of_views() -> None:
    graph = graph_of("  - {identity: {}, name: x}\n  - {flatten: {}, name: y}\n  - {relu: {}, name: z}\n")
    assert graph.storage == {"input": "input", "x": "input", "y": "input", "z": "z"}
    assert graph.live_bytes == [INPUT, INPUT, 2 * INPUT]


def test_last_use(branches: Graph) -> None:
    assert branches.last_use == {"input": 0, "a": 1, "r": 4, "b": 4, "sum": 6, "out": len(branches.steps)}


def test_live_bytes(branches: Graph) -> None:
    assert branches.live_bytes == [
        INPUT + IMAGE,  # a
        2 * IMAGE,  # a, r
        2 * IMAGE,  # r, b
        2 * IMAGE,  # the same, d shows b
        3 * IMAGE,  # r, b, sum
        IMAGE,  # flat shows sum
        IMAGE + 4 * 3,
    ]


def test_outputs_stay_and_what_nobody_reads_goes() -> None:
    layers = "  - {relu: {}, name: a}\n  - {tanh: {}, name: b}\n  - {from: a}\n  - {sigmoid: {}, name: c}\n  - relu\n"
    kept = graph_of(layers, head="outputs: [b, relu1]\n")
    assert kept.live_bytes == [2 * INPUT, 2 * INPUT, 3 * INPUT, 3 * INPUT]
    unread = graph_of(layers, head="outputs: [relu1]\n")
    assert unread.live_bytes == [2 * INPUT] * 4


def test_lenet_holds_its_first_map_before_and_after_relu() -> None:
    assert spec.load("lenet5").graph.totals.peak_activation_bytes == 37_632 == 2 * 4 * 6 * 28 * 28


def test_network_without_steps_holds_its_input(branches: Graph) -> None:
    assert branches.until("input") == Graph((2, 4, 4), (), ("input",))
    assert branches.until("input").totals == Totals(0, 0, 0, 0, INPUT)


# Parts


def test_reached(branches: Graph) -> None:
    assert branches.reached(["d"]) == {"a", "r", "b", "d"}
    assert branches.reached(["input"]) == set()


def test_until(branches: Graph) -> None:
    part = branches.until("r", "d")
    assert [step.name for step in part.steps] == ["a", "r", "b", "d"]
    assert part.outputs == ("r", "d")
    part.verify()


# Receptive fields (those of the whole networks stand in test_specs.py)


def test_windows_one_behind_another() -> None:
    """3, then 2 more for each 3x3 behind it, twice as far apart behind a stride of 2."""
    layers = "  - conv: {F: 3, K: 2}\n  - conv: {F: 3, S: 2, K: 2}\n  - conv: {F: [3, 1], K: 2}\n"
    assert field(layers) == (9, 5)
    assert field("  - conv: {F: 3, D: 4, K: 2}\n") == (9, 9)


def test_longest_path_counts() -> None:
    wide = "[{conv: {F: 7, K: 2, P: same}}]"
    assert field(f"  - add: [[{{conv: {{F: 3, K: 2, P: same}}}}], {wide}, []]\n") == (7, 7)
    assert field(f"  - concat: [[], {wide}]\n  - conv: {{F: 3, K: 1}}\n") == (9, 9)


def test_paths_that_lie_apart_count_from_end_to_end() -> None:
    sides = "[[{crop: {left: 5}}], [{crop: {right: 5}}], [{slice: {axis: W, from: 2, to: W-3}}]]"
    assert field(f"  - concat: {sides}\n") == (1, 6)


def test_gate_widens_nothing() -> None:
    gate = "[globalavgpool, {conv: {F: 1, K: C}}, sigmoid]"
    assert field(f"  - conv: {{F: 3, K: 2}}\n  - mul: [[], {gate}]\n") == (3, 3)
    assert field(f"  - mul: [{gate}, {gate}]\n") is None


@pytest.mark.parametrize("layer", ["globalavgpool", "globalmaxpool", "flatten", "adaptiveavgpool: {out: 1}"])
def test_cells_without_a_place(layer: str) -> None:
    assert field(f"  - {layer}\n  - relu\n") is None


def test_place_that_one_branch_has_lost() -> None:
    everywhere = "[globalavgpool, {upsample: {factor: 8}}]"
    assert field(f"  - concat: [[], {everywhere}]\n", size=8) is None


def test_unet_looks_farther_at_some_cells_than_at_others() -> None:
    """A cell of the bottom stands for 16: a window over them sees one more at some cells than at others."""
    steps = spec.load("unet").graph.by_name
    rows, _ = steps["mask"].receptive_fields
    assert rows is not None
    sizes = [rows.last(i) - rows.first(i) + 1 for i in range(16)]
    assert (rows.period, rows.effective_stride) == (16, 16)
    assert set(sizes) == {188, 204}
    assert steps["mask"].receptive_field == (204, 204)


# The graph's own check


def test_verify_accepts_every_network() -> None:
    for name in ("lenet5", "squeezenet1_1", "unet"):
        spec.load(name).graph.verify()


def changed(graph: Graph, index: int, **values: object) -> Graph:
    steps = list(graph.steps)
    steps[index] = steps[index]._replace(**values)  # type: ignore[arg-type]
    return replace(graph, steps=tuple(steps))


@pytest.mark.parametrize(
    ("index", "values", "blame"),
    [
        (1, {"name": "a"}, "two steps of one name"),
        (1, {"name": "input"}, "two steps of one name"),
        (1, {"inputs": ("out",)}, "runs before its input"),
        (1, {"arriving": ((4, 4, 5),)}, "arriving shapes"),
        (1, {"shape": (4, 4, 5)}, "output shape"),
        (0, {"tensors": {}}, "tensors"),
    ],
)
def test_verify_refuses(branches: Graph, index: int, values: dict[str, object], blame: str) -> None:
    with pytest.raises(AssertionError, match=blame):
        changed(branches, index, **values).verify()


def test_verify_refuses_an_output_that_is_no_step(branches: Graph) -> None:
    with pytest.raises(AssertionError, match="an output is no step"):
        replace(branches, outputs=("nowhere",)).verify()


def test_steps_know_their_place(branches: Graph) -> None:
    step: Step = branches.by_name["sum"]
    assert step.inputs == ("d", "r")
    assert step.arriving == ((4, 4, 4), (4, 4, 4))
    assert (step.span.line, step.calls) == (7, ())
