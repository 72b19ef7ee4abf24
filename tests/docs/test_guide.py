"""The worked examples of the guide, with their numbers written out: by both executions, and by hand.

The specs are those in `guide/`, beside this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnspec.engine.model import Model
from cnnspec.spec import check, load

GUIDE = Path(__file__).parent / "guide"

Array = NDArray[Any]


def array(*maps: list[list[int]]) -> Array:
    """Maps of numbers as one input (1, C, H, W)."""
    return np.array([maps], np.float32)


def run(name: str, x: Array, **tensors: Any) -> dict[str, Array]:
    """Every layer's output for one input, without the batch; `conv_weight` stands for `conv.weight`."""
    graph = load(GUIDE / f"{name}.yaml").graph
    held = {key.replace("_", "."): np.array(values, np.float32) for key, values in tensors.items()}
    whole = graph.until(*(step.name for step in graph.steps))
    compiled = Model(whole, held)
    planned, traced = compiled.run(x), compiled.trace(x)
    for layer, y in traced.items():
        np.testing.assert_array_equal(planned[layer], y)
    assert {layer: y.shape[1:] for layer, y in traced.items()} == {s.name: s.shape for s in graph.steps}
    return {layer: y[0] for layer, y in traced.items()}


@pytest.mark.parametrize("path", sorted(GUIDE.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_specs_keep_what_they_promise(path: Path) -> None:
    assert check(path, files=True).diagnostics == ()


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
    image = array(RED, GREEN, BLUE)
    y = run("colour", image, conv_weight=[EDGES, LINES], conv_bias=[1, -2])["conv"]
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
        y = run("colour", image, conv_weight=[EDGES, LINES], conv_bias=[0, 0])["conv"]
        assert y.tolist() == wanted, channel


def test_pooling_keeps_one_number_of_four() -> None:
    x = array([[1, 3, 2, 1], [4, 6, 6, 8], [3, 1, 1, 0], [1, 2, 2, 4]])
    found = run("pooling", x)
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
        "stack",
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
    found = run(
        "flatten",
        array([[1, 2], [3, 4]], [[5, 6], [7, 8]]),
        scores_weight=[[1, 0, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, -1, -1, -1, -1], [0, 0, 0, 1, 0, 2, 0, 0]],
        scores_bias=[10, 0, -1],
    )
    assert found["vector"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert found["scores"].tolist() == [1 + 10, 1 + 2 + 3 + 4 - 5 - 6 - 7 - 8, 4 + 2 * 6 - 1]
