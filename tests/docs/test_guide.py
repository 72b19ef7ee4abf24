"""The worked examples of the guide, with their numbers written out: by both executions, and by hand.

They are bundled specs with numbers that are typed in them; `stack.yaml`, beside this file, has none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call
from guide_examples import EXAMPLES
from numpy.typing import NDArray

from cnnspec.engine.model import Model
from cnnspec.spec import check, load

STACK = Path(__file__).parent / "stack.yaml"

Array = NDArray[Any]


def array(*maps: list[list[int]]) -> Array:
    """Maps of numbers as one input (1, C, H, W)."""
    return np.array([maps], np.float32)


def run(spec: str | Path, x: Array | None = None, **tensors: Any) -> dict[str, Array]:
    """Every layer's output for one input, without the batch; `conv_weight` stands for `conv.weight`. What is not given
    is the spec's own."""
    loaded = load(spec)
    graph = loaded.graph
    held = {key.replace("_", "."): np.array(values, np.float32) for key, values in tensors.items()}
    if not held and graph.tensors:
        typed = loaded.weights()
        assert isinstance(typed, dict)
        held = typed
    if x is None:
        sample = loaded.sample()
        assert isinstance(sample, np.ndarray)
        x = sample[None]
    whole = graph.until(*(step.name for step in graph.steps))
    compiled = Model(whole, held)
    planned, traced = compiled.run(x), compiled.trace(x)
    for layer, y in traced.items():
        np.testing.assert_array_equal(planned[layer], y)
    assert {layer: y.shape[1:] for layer, y in traced.items()} == {s.name: s.shape for s in graph.steps}
    return {layer: y[0] for layer, y in traced.items()}


@pytest.mark.parametrize("spec", [*EXAMPLES, STACK], ids=str)
def test_the_specs_keep_what_they_promise(spec: str | Path) -> None:
    assert check(spec, files=True).diagnostics == ()


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_command_takes_the_examples(name: str, tmp_path: Path) -> None:
    out = call("run", name)
    assert (out.code, out.err) == (0, "")
    assert call("inspect", name).code == call("summary", name).code == call("schema", name).code == 0
    assert call("draw", name, "-o", tmp_path / "net.svg").code == 0


@pytest.mark.peers
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_are_exported(name: str, tmp_path: Path) -> None:
    assert call("export", name, "-o", tmp_path / "net.onnx").code == 0


RED = [[1, 2, 0, 1], [0, 1, 3, 1], [2, 1, 0, 0], [1, 0, 2, 1]]
GREEN = [[0, 1, 1, 0], [2, 0, 1, 1], [1, 1, 0, 2], [0, 2, 1, 0]]
BLUE = [[1, 0, 2, 1], [1, 1, 0, 0], [0, 2, 1, 1], [1, 0, 0, 2]]

EDGES = [
    [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
    [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
]
LINES = [
    [[0, 0, 0], [1, 1, 1], [0, 0, 0]],
    [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    [[0, -1, 0], [-1, 0, -1], [0, -1, 0]],
]


def plane(rows: list[list[int]]) -> Array:
    return np.array(rows, np.float32)


def test_a_filter_sums_what_it_finds_in_each_channel() -> None:
    """A 4x4x3 image under two filters of 3x3x3: three results are added, so the output is two deep, not six."""
    y = run("filters")["conv"]
    #       red                     green                     blue                  bias
    first = plane([[0, 2], [-2, 0]]) + plane([[5, -2], [-1, 5]]) + plane([[1, 0], [2, 1]]) + 1
    second = plane([[4, 5], [3, 1]]) + plane([[0, 4], [4, 0]]) + plane([[-3, -4], [-2, -3]]) - 2
    assert y.tolist() == [first.tolist(), second.tolist()]
    assert y.tolist() == [[[7, 1], [0, 7]], [[-1, 3], [3, -4]]]


def test_each_channel_adds_its_own_part() -> None:
    """The same filters over one channel at a time, the others black."""
    black = [[0] * 4] * 4
    parts = {
        "red": (array(RED, black, black), [[[0, 2], [-2, 0]], [[4, 5], [3, 1]]]),
        "green": (array(black, GREEN, black), [[[5, -2], [-1, 5]], [[0, 4], [4, 0]]]),
        "blue": (array(black, black, BLUE), [[[1, 0], [2, 1]], [[-3, -4], [-2, -3]]]),
    }
    for channel, (image, wanted) in parts.items():
        y = run("filters", image, conv_weight=[EDGES, LINES], conv_bias=[0, 0])["conv"]
        assert y.tolist() == wanted, channel


def test_pooling_keeps_one_number_of_four() -> None:
    found = run("pooling")
    assert found["max"].tolist() == [[[6, 8], [3, 4]]]
    assert found["average"].tolist() == [[[3.5, 4.25], [1.75, 1.75]]]
    assert found["sum"].tolist() == [[[14, 17], [7, 7]]]


STROKE = [
    [0, 0, 1, 1, 0, 0, 1, 2, 1, 0],
    [0, 1, 2, 1, 0, 1, 2, 1, 0, 0],
    [1, 2, 1, 0, 0, 2, 1, 0, 1, 1],
    [1, 1, 0, 0, 1, 2, 0, 1, 2, 1],
    [0, 0, 0, 1, 2, 1, 0, 2, 1, 0],
    [0, 0, 1, 2, 1, 0, 1, 2, 0, 0],
    [0, 1, 2, 1, 0, 0, 2, 1, 0, 1],
    [1, 2, 1, 0, 0, 1, 2, 0, 1, 2],
    [2, 1, 0, 0, 1, 2, 1, 1, 2, 1],
    [1, 0, 0, 1, 2, 1, 0, 2, 1, 0],
]


def test_convolution_relu_and_pooling_twice() -> None:
    """10x10 -> 8x8 -> 4x4 -> 2x2 -> one number."""
    found = run(
        STACK,
        array(STROKE),
        conv1_weight=[[[[0, 1, 0], [1, -2, 1], [0, 1, 0]]]],
        conv1_bias=[-2],
        conv2_weight=[[[[1, 0, -1], [0, 1, 0], [-1, 0, 1]]]],
        conv2_bias=[1],
    )
    assert found["conv1"].tolist() == [
        [
            [0, -2, -1, 0, 0, -2, 0, 1],
            [-2, 0, 0, 1, -2, 0, 2, -1],
            [-1, 0, 0, 0, -2, 2, 0, -2],
            [-1, 0, 0, -2, 0, 2, -2, 0],
            [0, 0, -2, 0, 1, 0, -2, 1],
            [0, -2, 0, 0, 1, -2, 0, 1],
            [-2, 0, 0, 0, 0, -2, 3, 0],
            [0, 0, 0, 0, -2, 1, 1, -2],
        ]
    ]
    assert found["relu1"].tolist() == [
        [
            [0, 0, 0, 0, 0, 0, 0, 1],
            [0, 0, 0, 1, 0, 0, 2, 0],
            [0, 0, 0, 0, 0, 2, 0, 0],
            [0, 0, 0, 0, 0, 2, 0, 0],
            [0, 0, 0, 0, 1, 0, 0, 1],
            [0, 0, 0, 0, 1, 0, 0, 1],
            [0, 0, 0, 0, 0, 0, 3, 0],
            [0, 0, 0, 0, 0, 1, 1, 0],
        ]
    ]
    assert found["pool1"].tolist() == [[[0, 1, 0, 2], [0, 0, 2, 0], [0, 0, 1, 1], [0, 0, 1, 3]]]
    assert found["conv2"].tolist() == [[[2, 3], [0, 5]]]
    assert found["relu2"].tolist() == [[[2, 3], [0, 5]]]
    assert found["pool2"].tolist() == [[[5]]]


def test_two_maps_are_read_row_by_row_into_a_vector_of_eight() -> None:
    found = run("flattening")
    assert found["row"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found["scores"].tolist() == [1 + 10, 1 + 2 + 3 + 4 - 5 - 6 - 7 - 8, 4 + 2 * 6 - 1]


def test_from_image_to_class_by_hand() -> None:
    """6x6 -> two maps of 4x4 -> of 2x2 -> 8 values -> two scores -> probabilities."""
    found = run("strokes")
    assert found["conv"].tolist() == [
        [[-2, -2, 4, -4], [-3, 1, 1, -3], [-4, 4, -2, -2], [-4, 5, -4, -1]],
        [[-2, -2, -2, -1], [0, 1, 1, 0], [-1, -2, -2, -2], [-1, -1, -1, -1]],
    ]
    assert found["relu"][0].tolist() == [[0, 0, 4, 0], [0, 1, 1, 0], [0, 4, 0, 0], [0, 5, 0, 0]]
    assert found["pool"].tolist() == [[[1, 4], [5, 0]], [[1, 1], [0, 0]]]
    assert found["row"].tolist() == [1, 4, 5, 0, 1, 1, 0, 0]
    assert found["scores"].tolist() == [(1 + 4 + 5 + 0) / 4, (1 + 1) / 4]
    upright = 1 / (1 + np.exp(0.5 - 2.5))
    np.testing.assert_allclose(found["softmax"], [upright, 1 - upright], rtol=1e-6)


def test_a_level_stroke_is_the_other_class() -> None:
    level = [[0] * 6, [0] * 6, [1] * 6, [0] * 6, [0] * 6, [0] * 6]
    scores = run("strokes", array(level))["scores"]
    assert scores[1] > scores[0]
