"""Branched networks on the engine: places inside concatenations, borders between branches, outputs of all sorts."""

from __future__ import annotations

import numpy as np
import pytest
from calling import inputs
from engine_cases import Array, defined, error, graph, lively

from cnnspec.engine.model import Model
from cnnspec.graph.graph import INPUT, Graph
from cnnspec.graph.shape import Shape

BOUND = 2e-5


def holds(found: Graph, n: int = 2) -> None:
    """The engine gives every output of a network as defined, twice, whatever the first run left in its memory."""
    tensors, x = lively(found), inputs(n, found.input)
    model, wanted = Model(found, tensors, threads=2), defined(found, tensors, x)
    model.run(np.full_like(x, 1e3))
    outputs = model.run(x)
    assert list(outputs) == list(found.outputs)
    for name, y in outputs.items():
        assert error(y, wanted[name]) <= BOUND, name
    for name, y in model.run(x).items():
        np.testing.assert_array_equal(y, outputs[name])


C3 = "{conv: {F: 3, K: 4, P: 1}}"
CASES: dict[str, tuple[Shape, list[str], str]] = {
    "a tensor in two concatenations": (
        (3, 6, 7),
        ["{tanh: {}, name: x}", "{concat: [x, [relu]], name: one}", "{concat: [one, x, [sigmoid]], name: two}", C3],
        "",
    ),
    "a tensor twice in one": ((3, 6, 7), ["{tanh: {}, name: x}", "{concat: [x, [relu], x]}", C3], ""),
    "an output inside a concatenation": (
        (3, 6, 7),
        ["{tanh: {}, name: x}", f"{{concat: [x, [{C3[:-1]}, name: y}}]], name: all}}", C3[:-1] + ", name: z}"],
        "x, y, all, z",
    ),
    "the input in a concatenation": ((3, 6, 7), ["concat: [[], [relu], []]", C3], ""),
    "the input alone in two": ((3, 6, 7), ["concat: [[], input]", "concat: [[], input]", C3], ""),
    "concatenations of concatenations": (
        (3, 6, 7),
        [C3, *[f"concat: [[], [{C3}, relu, {C3}]]"] * 4, "{conv: {F: 1, K: 2}}"],
        "",
    ),
    "nested at the end, and at the beginning": (
        (2, 5, 5),
        ["concat: [[tanh, concat: [[relu], [concat: [[], [sigmoid]]]]], [concat: [[concat: [[], [tanh]]], []]]]", C3],
        "",
    ),
    "a gap of borders": (  # what one reader wants wide, others read at all places
        (4, 9, 9),
        [
            "{tanh: {}, name: x}",
            "concat:",
            "  - [{conv: {F: 7, K: 2, P: same}}]",
            f"  - [{C3}]",
            "  - [{conv: {F: 1, K: 2}}]",
            "  - [{maxpool: {F: 3, S: 1, P: 1}}]",
            "  - [{avgpool: {F: 3, S: 1, P: 1}}]",
            "  - [{conv: {F: 3, K: 4, G: 4, P: 1}}]",
            "  - [add: [x, [sigmoid]]]",
            "  - [mul: [x, [globalavgpool]]]",
            "  - [softmax]",
            "  - [{deconv: {F: 3, K: 2, P: 1}}]",
            "  - [{batchnorm: {}}]",
        ],
        "",
    ),
    "large maps, whose borders are cleared": (
        (4, 100, 101),
        [C3, "relu", f"{{add: [[{C3}, relu, {C3}], []], name: a}}", "relu", "concat: [[], a]", C3, "{maxpool: {F: 2}}"],
        "",
    ),
    "winograd beside others": (
        (32, 30, 29),
        [
            "{relu: {}, name: x}",
            "{add: [[{conv: {F: 3, K: 32, P: 1}}, relu, {conv: {F: 3, K: 32, P: 1}}], []], name: a}",
            "relu",
            "concat: [[{conv: {F: 3, K: 40, P: 1}}], [{conv: {F: 5, K: 3, P: 2}}], x, [{maxpool: {F: 3, S: 1, P: 1}}]]",
            "{conv: {F: 3, K: 16, P: 2}}",
        ],
        "",
    ),
    "squeeze and excite": (
        (8, 6, 6),
        [C3, "mul: [[globalavgpool, {conv: {F: 1, K: 2}}, relu, {conv: {F: 1, K: C*2}}, hardsigmoid], []]", C3],
        "",
    ),
    "vectors join": (
        (3, 4, 5),
        ["flatten", "{dense: {K: 6}, name: f}", "concat: [[relu], [{dense: {K: 3}}], f]", "add: [[tanh], []]"],
        "",
    ),
    "a sum that waits": (
        (4, 6, 6),
        [f"add: [[{C3}], [tanh, {C3}, relu, {{maxpool: {{F: 3, S: 1, P: 1}}}}]]", "relu", C3],
        "",
    ),
    "a sum across a concatenation": (
        (4, 6, 6),
        [f"{{concat: [[tanh], [add: [[{C3}], []]], [{C3}]], name: all}}", "add: [[{conv: {F: 3, K: C, P: 1}}], all]"],
        "",
    ),
    "two heads": (
        (3, 8, 8),
        [C3, "{relu: {}, name: neck}", "globalavgpool", "flatten", "{dense: {K: 3}, name: a}", "from: neck", C3[:-1]
         + ", name: b}"],
        "b, a, neck",
    ),
    "the input is the output": ((3, 4, 5), ["relu", "from: input"], ""),
    "a view of the input is the output": ((3, 4, 5), ["identity"], ""),
    "all views": (
        (3, 4, 5),
        ["{dropout: {}, name: a}", "{flatten: {}, name: b}", "{dropout: {}, name: c}",
         "{reshape: {C: 5, H: 4, W: 3}, name: d}", "{identity: {}, name: e}"],
        "a, b, c, d, e",
    ),
    "one layer, several names": ((3, 4, 5), [C3, "{identity: {}, name: a}", "{dropout: {}, name: b}"], "b, a, conv1"),
    "flatten at the end": ((3, 4, 5), [C3, "relu", "flatten"], ""),
    "dropout at the end": ((3, 4, 5), [C3, "relu", "dropout"], ""),
    "rows below rows, with a border": (
        (3, 5, 6),
        [C3, "relu", f"{{concat: [[], [{C3}]], axis: H}}", C3, f"{{concat: [[{C3}], []], axis: W}}", C3],
        "",
    ),
    "columns of several sizes inside of channels": (
        (3, 5, 6),
        ["concat: [[{concat: [[{maxpool: {F: [1, 2]}}], [{maxpool: {F: [1, 2]}}]], axis: W}], [{relu: {}}]]", C3],
        "",
    ),
    "one cell": ((5, 1, 1), [C3, "relu", "concat: [[], [tanh]]", "{conv: {F: 1, K: 2}}"], ""),
    "one value": ((1, 1, 1), ["tanh"], ""),
}  # fmt: skip


def branched(name: str) -> Graph:
    input, lines, outputs = CASES[name]
    text = "".join(f"    {line}\n" if line.startswith("  ") else f"  - {line}\n" for line in lines)
    return graph(input, text, outputs)


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("name", CASES)
def test_outputs(name: str, n: int) -> None:
    holds(branched(name), n)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case[0][1] < 20])
def test_every_layer_may_be_the_last(name: str) -> None:
    """As `run --until LAYER` has it, and `--save all`."""
    found = branched(name)
    tensors, x = lively(found), inputs(1, found.input)
    wanted = defined(found, tensors, x)
    for step in found.steps:
        y = Model(found.until(step.name), tensors, 1).run(x)[step.name]
        assert error(y, wanted[step.name]) <= BOUND, step.name
    everything = Graph(found.input, found.steps, tuple(step.name for step in found.steps))
    for layer, y in Model(everything, tensors, 1).run(x).items():
        assert error(y, wanted[layer]) <= BOUND, layer


def test_the_input_beside_other_outputs() -> None:
    found = graph((3, 4, 5), f"  - {C3}\n")
    both = Graph(found.input, found.steps, (INPUT, "conv1"))
    x = inputs(2, found.input)
    outputs: dict[str, Array] = Model(both, lively(both)).run(x)
    np.testing.assert_array_equal(outputs[INPUT], x)
    assert not np.may_share_memory(outputs[INPUT], x)
