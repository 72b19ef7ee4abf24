"""`cnnspec summary --plan`: where the engine keeps each tensor; what is said is what is taken."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
import random_specs
from calling import call
from engine_cases import lively
from hypothesis import given, note, settings
from processes import code_of, modules_after

from cnnspec.engine.backends import chain
from cnnspec.engine.compiled import BoundPlan, CompiledGraph
from cnnspec.graph.shape import times
from cnnspec.reports.memory.plan.plan import allocation
from cnnspec.spec import bundled, load

Write = Callable[[str, str], str]


def planned(*arguments: str) -> Any:
    code, out, _ = call("summary", *arguments, "--plan", "--format", "json")
    assert code == 0
    return json.loads(out)


def test_lenet() -> None:
    found = planned("lenet5")
    assert found["name"] == "LeNet-5"
    assert [(t["name"], t["does"], t["kernel"], t["offset"], t["nbytes"]) for t in found["tensors"][:4]] == [
        ("input", [], "", 23_552, 4 * 32 * 32),
        ("relu1", ["conv", "relu"], "im2col", 0, 4 * 6 * 28 * 28),
        ("maxpool1", ["maxpool"], "", 18_816, 4 * 6 * 14 * 14),
        ("relu2", ["conv", "relu"], "im2col", 0, 4 * 16 * 10 * 10),
    ]
    assert found["tensors"][0]["border"] == [2, 2, 2, 2]
    assert found["tensors"][1]["until"] == "maxpool1"
    assert found["totals"] == {
        "layers": 13,
        "operations": 9,
        "arena_bytes": 27_648,
        "at_once_bytes": 23_520,
        "apart_bytes": 38_112,
    }


def test_the_compiled_plan_names_its_kernels() -> None:
    found = planned("mobilenet_v2", "--backend", "numba")
    assert {t["kernel"] for t in found["tensors"]} >= {"direct", "depthwise, direct", "total", "dense"}
    [last] = [t for t in found["tensors"] if t["does"] == ["globalavgpool"]]
    assert last["kernel"] == "total"
    assert call("summary", "lenet5", "--backend", "numba").code == 2


def test_numpy_is_not_needed_to_plan_for_numba() -> None:
    code = code_of("summary", "lenet5", "--plan", "--backend", "numba")
    assert not modules_after(code) & {"numpy", "numba", "llvmlite"}


@pytest.mark.parametrize("name", ["lenet5", "resnet18", "densenet121", "unet", "mobilenet_v3_small", "squeezenet1_1"])
def test_what_is_said_is_taken(name: str) -> None:
    found = load(name, (1, 28, 28) if name == "lenet5" else (3, 48, 64)).graph
    said = allocation(found)
    bound = BoundPlan(CompiledGraph(found, lively(found), chain()), 1, 1)
    assert said.arena == bound.arena.nbytes
    begin = bound.arena.ctypes.data
    for tensor in said.tensors:
        inner = bound.memory.inner(tensor.name)
        top, _, left, _ = tensor.border
        at = inner.ctypes.data - begin - tensor.offset
        cell = inner.strides[2] if inner.ndim == 4 else 0
        row = inner.strides[1] if inner.ndim == 4 else 0
        assert at == 4 * tensor.first + top * row + left * cell, tensor.name
        assert tensor.offset + tensor.nbytes <= said.arena


def test_squeezenets_branches_lie_inside_their_concatenation() -> None:
    tensors = {t.name: t for t in allocation(load("squeezenet1_1").graph).tensors}
    join = next(t for t in tensors.values() if t.does == ("concat",))
    inside = [t for t in tensors.values() if t.owner == join.name != t.name]
    assert [(t.first, t.shape[0]) for t in inside] == [(0, 64), (64, 64)]
    assert {(t.offset, t.nbytes, t.border) for t in inside} == {(join.offset, join.nbytes, join.border)}


@given(random_specs.texts())
@settings(max_examples=50, deadline=None)
def test_bounds(text: str) -> None:
    note(text)
    found = allocation(random_specs.load(text).graph)
    assert found.at_once <= found.arena <= found.apart + 64 * len(found.tensors)
    assert found.operations <= found.layers


@pytest.mark.parametrize("name", bundled.names())
def test_a_plan_takes_no_more_than_the_network_as_written(name: str) -> None:
    """Fused, and in the same memory again and again; borders make it a little more where nothing is fused away."""
    graph = load(name).graph
    small = 600_000  # kept borders, where a network is deep and its images are small
    assert allocation(graph).arena <= max(small, 1.02 * graph.totals.peak_activation_bytes)


def test_text_for_people() -> None:
    code, out, err = call("summary", "squeezenet1_1", "--plan")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "SqueezeNet 1.1"
    found = allocation(load("squeezenet1_1").graph)
    shown = [line for line in lines if line.startswith(found.tensors[1].name)]
    assert shown[0].split()[:5] == [found.tensors[1].name, "conv", "+", "relu", found.tensors[1].kernel]
    assert f"arena       {found.arena:,} bytes" in out
    assert any(" from 64" in line for line in lines)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_text_fits(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.cli.commands.summary.width", lambda: width)
    out = call("summary", "squeezenet1_1", "--plan").out
    assert max(map(len, out.splitlines())) <= width


def test_markdown_and_csv_say_the_same() -> None:
    tensors = allocation(load("lenet5").graph).tensors
    rows = list(csv.DictReader(StringIO(call("summary", "lenet5", "--plan", "--format", "csv").out)))
    assert [(r["tensor"], int(r["at byte"]), int(r["bytes"])) for r in rows] == [
        (t.name, t.offset, t.nbytes) for t in tensors
    ]
    assert [r["output"] for r in rows] == [times(t.shape) for t in tensors]
    shown = call("summary", "lenet5", "--plan", "--format", "markdown").out
    for tensor in tensors:
        assert f"| `{tensor.name}` |" in shown
    assert "**arena** 27,648 bytes" in shown


def test_another_input() -> None:
    small, large = (planned("resnet18", "--input", size)["totals"] for size in ("3,64,64", "3,128,128"))
    assert small["operations"] == large["operations"]
    assert 1.5 * small["arena_bytes"] < large["arena_bytes"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--tensors"], "exclude each other"),
        (["--diff", "lenet5"], "exclude each other"),
        (["--depth", "1"], "never nested"),
        (["--batch", "2"], "for one input"),
    ],
)
def test_options_without_effect_are_refused(more: list[str], message: str) -> None:
    code, out, err = call("summary", "lenet5", "--plan", *more)
    assert (code, out) == (2, "")
    assert message in err


def test_a_mistake_leaves_no_plan(write: Write) -> None:
    name = write("net.yaml", "input: {C: 1, H: 4, W: 4}\nlayers:\n  - conv: {F: 9, K: 1}\n")
    code, out, err = call("summary", name, "--plan")
    assert (code, out) == (1, "")
    assert "error[E203]" in err


def test_planning_loads_nothing_heavy() -> None:
    loaded = modules_after(code_of("summary", "resnet18", "--plan"))
    assert "cnnspec.engine.memory_plan" in loaded
    assert not loaded & {"numpy", "rich", "PIL", "safetensors", "threadpoolctl"}
