"""Where a network looked: gradients beside finite differences, Grad-CAM beside its definition written out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnspec.graph.graph import INPUT
from cnnspec.reports.inspection.attribution import (
    Attribution,
    attribution,
    class_output,
    class_score,
    displaced,
    gradients,
    last_image,
    spread,
)
from cnnspec.reports.inspection.trace import Trace, trace
from cnnspec.spec import load

Values = NDArray[np.floating]

ALL_SORTS = """\
cnnspec: 1
name: All sorts
input: {C: 2, H: 6, W: 6}
layers:
  - conv: {F: 3, K: 4, P: same, G: 2}
  - batchnorm
  - prelu
  - concat: {plain: [], pooled: [{maxpool: {F: 3, S: 1, P: same}}]}
  - deconv: {F: 3, S: 2, K: 2, P: 1}
  - upsample: {factor: 2, mode: bilinear}
  - mul: [[], [globalavgpool, sigmoid]]
  - layernorm
  - dropout: {p: 0.5}
  - flatten
  - dense: {K: 3}
  - softmax
"""


def traced(text: str, seed: int = 0) -> Trace:
    """A network of random weights on a random input, in float64."""
    graph = load(text).graph
    random = np.random.default_rng(seed)
    tensors = {name: random.uniform(0.1, 1, tensor.shape) for name, tensor in graph.tensors.items()}
    tensors |= {name: random.normal(0, 2 * t.fan[0] ** -0.5, t.shape) for name, t in graph.tensors.items() if t.fan}
    return trace(graph, tensors, random.normal(size=graph.input))


def changed(run: Trace, name: str, values: Values, of: str) -> Values:
    """What becomes of the layer `of` when the layer `name`, or the input, has other values."""
    held = {**run.values, name: values}
    behind = {name}
    for step in run.graph.steps:
        if behind.isdisjoint(step.inputs):
            continue
        behind.add(step.name)
        own = {key: run.tensors[f"{step.name}.{key}"] for key in step.tensors}
        held[step.name] = step.layer.forward(*(held[given][None] for given in step.inputs), **own)[0]
    return held[of]


def differences(run: Trace, name: str, of: str, place: tuple[int, ...], size: float = 1e-5) -> Values:
    found = np.zeros(run.values[name].shape)
    for at in np.ndindex(found.shape):
        moved = np.zeros(found.shape)
        moved[at] = size
        above, below = (changed(run, name, run.values[name] + way * moved, of)[place] for way in (1, -1))
        found[at] = (above - below) / (2 * size)
    return found


@pytest.mark.parametrize(("of", "place"), [("softmax1", (1,)), ("dense1", (2,)), ("upsample1", (1, 3, 20))])
def test_gradients_are_those_of_small_steps(of: str, place: tuple[int, ...]) -> None:
    """By the input and by every layer that a value hangs on, by all paths to it; dropout does nothing."""
    run = traced(ALL_SORTS)
    wanted = [INPUT, *(step.name for step in run.graph.until(of).steps if step.name != of)]
    found = gradients(run, of, place, wanted)
    assert sorted(found) == sorted(wanted)
    for name in wanted:
        np.testing.assert_allclose(
            found[name], differences(run, name, of, place), rtol=1e-5, atol=1e-6 * np.abs(found[name]).max()
        )


def test_of_what_is_not_asked_for_nothing_is_kept() -> None:
    run = traced(ALL_SORTS)
    assert list(gradients(run, "dense1", (0,), ["prelu1"])) == ["prelu1"]
    assert gradients(run, "dense1", (0,), ["dense1"])["dense1"].tolist() == [1, 0, 0]


def test_what_is_traced_stays_as_it_is() -> None:
    run = traced(ALL_SORTS)
    before = {name: values.copy() for name, values in run.values.items()}
    gradients(run, "softmax1", (0,), [INPUT])
    for name, values in run.values.items():
        np.testing.assert_array_equal(values, before[name])


def test_grad_cam_is_its_definition() -> None:
    """Each map weighs as much as the mean of its gradient; what speaks against the value is left out of the heat."""
    run = traced(ALL_SORTS)
    found = attribution(run, "dense1", (1,), "deconv1")
    gradient, maps = differences(run, "deconv1", "dense1", (1,)), run.values["deconv1"]
    expected = sum(gradient[c].mean() * maps[c] for c in range(len(maps)))
    np.testing.assert_allclose(found.signed, expected, rtol=1e-5, atol=1e-6)
    assert found.contributions is not None
    assert found.contributions.sum() == pytest.approx(expected.sum())
    np.testing.assert_allclose(found.heat, np.maximum(expected, 0) / expected.max(), rtol=1e-5, atol=1e-6)


def test_the_input_gradient_is_the_largest_over_the_channels() -> None:
    run = traced(ALL_SORTS)
    found = attribution(run, "dense1", (1,), INPUT)
    np.testing.assert_allclose(
        found.signed, np.abs(differences(run, INPUT, "dense1", (1,))).max(axis=0), rtol=1e-5, atol=1e-9
    )
    assert (found.weights, found.contributions, found.is_against) == (None, None, False)


def heat(signed: list[list[float]]) -> Attribution:
    return Attribution("dense1", (0,), 1.0, "conv1", np.ones((1, 1, 2)), np.ones(1), np.array(signed))


def test_where_all_speaks_against_it_the_heat_is_below_0() -> None:
    assert heat([[-4, -1]]).is_against
    assert heat([[-4, -1]]).heat.tolist() == [[-1, -0.25]]
    assert heat([[-4, 0]]).is_against


def test_what_speaks_for_it_comes_first() -> None:
    assert not heat([[-4, 2]]).is_against
    assert heat([[-4, 2]]).heat.tolist() == [[0, 1]]
    assert not heat([[0, 0]]).is_against
    assert heat([[0, 0]]).heat.tolist() == [[0, 0]]
    assert heat([[np.nan, 2]]).heat.tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("end", "name"),
    [
        ("softmax", "dense1"),
        ("logsoftmax", "dense1"),
        ("sigmoid", "dense1"),
        ("identity", "dense1"),
        ("reshape: {C: 3, H: 1, W: 1}\n  - softmax\n  - flatten", "dense1"),
        ("tanh", "tanh1"),
    ],
)
def test_the_score_of_a_class_stands_before_the_probabilities(end: str, name: str) -> None:
    run = traced(f"cnnspec: 1\ninput: {{C: 1, H: 2, W: 2}}\nlayers:\n  - flatten\n  - dense: {{K: 3}}\n  - {end}\n")
    output = class_output(run)
    assert output is not None
    assert class_score(run, output, 2) == (name, (2,))


def test_an_image_is_no_list_of_classes() -> None:
    run = traced("cnnspec: 1\ninput: {C: 1, H: 4, W: 4}\nlayers:\n  - conv: {F: 3, K: 2}\n")
    assert class_output(run) is None
    assert last_image(run, "conv1") is None


def test_the_last_image_is_before_what_takes_the_whole_of_it() -> None:
    run = traced(ALL_SORTS)
    assert last_image(run, "dense1") == "dropout1"
    assert last_image(run, "upsample1") == "deconv1"


@pytest.mark.parametrize(
    ("name", "at", "said"),
    [
        ("deconv1", "upsample1", "'deconv1' does not hang on 'upsample1'"),
        ("deconv1", "deconv1", "'deconv1' does not hang on 'deconv1'"),
        ("dense1", "flatten1", "'flatten1' has no rows and columns"),
    ],
)
def test_what_a_value_does_not_hang_on_is_refused(name: str, at: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        attribution(traced(ALL_SORTS), name, (0, 0, 0), at)


def test_heat_is_spread_between_the_middles_of_cells() -> None:
    assert spread(np.array([[0.0, 1.0]]), (2, 4)).tolist() == [[0, 0.25, 0.75, 1]] * 2
    assert spread(np.array([[3.0]]), (2, 2)).tolist() == [[3, 3]] * 2
    image = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(spread(image, (2, 3)), image)


MOVING = """\
cnnspec: 1
input: {C: 1, H: 4, W: 8}
layers:
  - conv: {F: 1, K: 1, bias: false}
  - %s
  - conv: {F: 1, K: 1, bias: false}
  - flatten
  - dense: {K: 1, bias: false}
"""


@pytest.mark.parametrize(
    ("moving", "mover"),
    [
        ("permute: {order: [C, W, H]}", "permute1"),
        ("permute: {order: [W, H, C]}", "permute1"),
        ("concat: {whole: [], again: []}\n    axis: H", "concat1"),
        ("concat: {whole: [], again: []}\n    axis: W", "concat1"),
        ("reshape: {C: 1, H: 8, W: 4}", "reshape1"),
    ],
)
def test_maps_whose_places_are_others_are_not_laid_over_the_input(moving: str, mover: str) -> None:
    """A bright cell of the input is where the heat is, though the last image has it elsewhere."""
    graph = load(MOVING % moving).graph
    x = np.zeros(graph.input)
    x[0, 0, 6] = 1
    run = trace(graph, {name: np.ones(tensor.shape) for name, tensor in graph.tensors.items()}, x)
    assert last_image(run, "dense1") == "conv1"
    found = attribution(run, "dense1", (0,), "conv1")
    np.testing.assert_array_equal(spread(found.heat, (4, 8)), x[0])
    assert displaced(graph) == dict.fromkeys((mover, "conv2", "flatten1", "dense1"), mover)
    with pytest.raises(ValueError, match=f"rows and columns of 'conv2' behind '{mover}' do not stand for those of"):
        attribution(run, "dense1", (0,), "conv2")


@pytest.mark.parametrize(
    "keeping",
    [
        "permute: {order: [C, H, W]}",
        "concat: {one: [], other: []}",
        "pixelunshuffle: {factor: 2}",
        "resize: {to: [3, 5]}",
        "mul: [[], [flatten, {dense: {K: 1}}, {reshape: {C: 1, H: 1, W: 1}}]]",
        "concat: [[], [globalavgpool, {resize: {to: [4, 8]}}]]",
    ],
)
def test_maps_that_keep_their_places_serve(keeping: str) -> None:
    run = traced(MOVING % keeping)
    assert last_image(run, run.graph.outputs[0]) == "conv2"
