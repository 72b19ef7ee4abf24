"""The table of ONNX's operators is read in both directions: what a layer becomes is read back as that layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from layer_cases import drawn, run, step_of, values
from onnx_nodes import from_call

from cnnspec.graph.graph import Step
from cnnspec.graph.layer import Example, Layer
from cnnspec.interop.onnx.expression import OperatorCall, Own, Value
from cnnspec.interop.onnx.node import OnnxNode, Operand, shortest
from cnnspec.interop.onnx.operators import KINDS, read
from cnnspec.layers import find

EXAMPLES = [
    pytest.param(kind, example, id=f"{example.yaml} on {example.arriving}")
    for kind in KINDS
    for example in find(kind).examples
    if isinstance(example.produces, tuple)
]
SEVERAL = {
    "adaptiveavgpool: {out: 4}": 2,
    "adaptiveavgpool: {out: [2, 5]}": 2,
    "adaptivemaxpool: {out: 4}": 18,
    "adaptivemaxpool: {out: [2, 5]}": 16,
    "add: {main: [relu], shortcut: [], third: [tanh]}": 2,
    "avgpool: {F: 3, S: 1, P: same}": 2,
    "avgpool: {F: 3, S: 2, P: 1, rounding: ceil}": 3,
    "channelshuffle: {G: 1}": 3,
    "channelshuffle: {G: 2}": 3,
    "channelshuffle: {G: C/2}": 3,
    "div: {over: [], first: [exp], second: [exp]}": 2,
    "gelu": 5,
    "gelu: {approx: tanh}": 9,
    "groupnorm: {G: 1, eps: 1e-3}": 5,
    "groupnorm: {G: 2}": 5,
    "groupnorm: {G: 2, affine: false}": 3,
    "l2pool: {F: 2}": 4,
    "l2pool: {F: 3, S: 2, P: same-upper}": 5,
    "l2pool: {F: [2, 3], S: 1, D: [2, 1], P: {top: 1}}": 3,
    "layernorm": 3,
    "lrn: {size: 4, alpha: 1, beta: 0.5}": 8,
    "mish": 3,
    "mish: {}": 3,
    "pad: {top: 3, left: 1, right: 2, mode: wrap}": 5,
    "pixelunshuffle: {factor: 1}": 3,
    "pixelunshuffle: {factor: 2}": 3,
    "pixelunshuffle: {factor: 3}": 3,
    "resize: {to: 1, place: align-corners, near: ceil}": 4,
    "resize: {to: 7, mode: bilinear}": 4,
    "resize: {to: [2, 7], mode: cubic, place: align-corners, outside: none}": 4,
    "resize: {to: [3, 2], mode: bilinear, antialias: true}": 2,
    "resize: {to: [3, 2], mode: cubic, a: -0.5, antialias: true, outside: none}": 2,
    "resize: {to: [5, 7]}": 4,
    "resize: {to: [5, 7], mode: bilinear, place: align-corners}": 4,
    "rmsnorm": 7,
    "rmsnorm: {over: all, eps: 1e-6}": 7,
    "scale: {bias: true}": 2,
    "silu": 2,
    "sub: {from: [relu], first: [], second: [tanh]}": 2,
    "silu: {}": 2,
    "sumpool: {F: 2}": 2,
    "sumpool: {F: 3, S: 2, P: 1, rounding: ceil}": 3,
    "sumpool: {F: 3, S: 2, P: same-upper}": 3,
}
"""Examples that take several nodes, and how many: what is to be found again as a pattern."""
OTHERS = {
    "adaptiveavgpool: {out: 1}": "avgpool",
    "adaptiveavgpool: {out: 3}": "avgpool",
    "adaptivemaxpool: {out: 3}": "maxpool",
    "crop: {axis: C, after: 2}": "slice",
    "dropout": "identity",
    "dropout: {p: 0.2}": "identity",
    "droppath": "identity",
    "droppath: {p: 0.1}": "identity",
}
"""Examples that one node says, but that come back as a kind that computes the same."""
WEIGHED = {"avgpool: {F: [2, 3], S: 1, D: 2, P: 1}", "sumpool: {F: 2, S: 1, D: [3, 1], P: same-upper}"}
"""Examples that are written as a convolution with constants: AveragePool of this opset knows no dilation."""
SPELLED = {"P", "rounding", "extra", "count_padding", "axis", "before", "after", "right"}
"""Fields that say the same in several ways: these are held by what the layer writes and computes."""
UNSAID = {"batchnorm": {"momentum"}}
"""Fields that are not written: they are for training only."""


def written(step: Step) -> list[OperatorCall]:
    return list(KINDS[step.kind].write(step.layer, step).in_order())


def read_back(call: OperatorCall, step: Step) -> Layer:
    found = read(from_call(call, step))
    assert found is not None
    kind, fields = found
    return find(kind).model_validate(fields)


def comparable(call: OperatorCall) -> tuple[Any, ...]:
    attributes = {name: tuple(v) if isinstance(v, list | tuple) else v for name, v in call.attributes.items()}
    return call.op, attributes, tuple(map(_comparable, call.inputs))


def _comparable(value: Value) -> Any:
    return value if isinstance(value, str | Own) else np.asarray(value).tolist()


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_a_layer_of_one_node_is_read_back(kind: str, example: Example) -> None:
    step = step_of(kind, example)
    calls = written(step)
    if len(calls) != 1:
        assert SEVERAL[example.yaml] == len(calls)
        return
    if example.yaml in WEIGHED:
        assert calls[0].op == "Conv"
        return
    assert example.yaml not in SEVERAL or example == ("layernorm", (8,), (8,))
    layer = read_back(calls[0], step)
    assert layer.kind == OTHERS.get(example.yaml, kind)
    assert layer.output(*step.arriving) == step.shape
    assert layer.tensors(*step.arriving) == step.tensors
    assert layer.macs(*step.arriving) == step.macs
    inputs, tensors = tuple(values((2, *shape), i) for i, shape in enumerate(step.arriving)), drawn(step)
    again = step._replace(layer=layer)
    np.testing.assert_allclose(run(again, inputs, tensors), run(step, inputs, tensors), rtol=1e-12)
    if example.yaml not in OTHERS:
        assert layer.receptive_field(*step.arriving) == step.layer.receptive_field(*step.arriving)
        held = dict(step.layer)
        differing = {name for name, value in layer if value != held[name]}
        assert differing <= SPELLED | UNSAID.get(kind, set())
        assert comparable(written(again)[0]) == comparable(calls[0])


def test_the_lists_name_examples_that_there_are() -> None:
    there = {example.yaml for kind in KINDS for example in find(kind).examples}
    assert {*SEVERAL, *OTHERS, *WEIGHED} <= there


IMAGE, VECTOR = Operand((4, 6, 8)), Operand((5,))


def stored(*numbers: float) -> Operand:
    return Operand((len(numbers),), True, numbers)


def weight(*shape: int) -> Operand:
    return Operand(shape, True)


WEIGHT = weight(8, 4, 3, 3)
NODES = {
    "an attribute by default": (OnnxNode("LeakyRelu", (IMAGE,)), ("leakyrelu", {"slope": 0.01})),
    "a float32": (OnnxNode("Elu", (IMAGE,), {"alpha": 0.10000000149011612}), ("elu", {"alpha": 0.1})),
    "fixed ones in float32": (
        OnnxNode("HardSigmoid", (IMAGE,), {"alpha": 0.1666666716337204, "beta": 0.5}),
        ("hardsigmoid", {}),
    ),
    "other ones": (OnnxNode("HardSigmoid", (IMAGE,)), ("hardsigmoid", {"slope": 0.2})),
    "a line that falls": (OnnxNode("HardSigmoid", (IMAGE,), {"alpha": -0.2}), None),
    "numbers by default": (OnnxNode("Selu", (IMAGE,)), ("selu", {})),
    "numbers in float32": (OnnxNode("Selu", (IMAGE,), {"alpha": 1.67326319217681884765625}), ("selu", {})),
    "numbers of an older paper": (OnnxNode("Selu", (IMAGE,), {"alpha": 1.6758, "gamma": 1.0507}), None),
    "the last axis of a vector": (OnnxNode("Softmax", (VECTOR,)), ("softmax", {})),
    "the last axis of an image": (OnnxNode("Softmax", (IMAGE,)), ("softmax", {"axis": "W"})),
    "channels from behind": (OnnxNode("Softmax", (IMAGE,), {"axis": -3}), ("softmax", {})),
    "momentum is the other share": (
        OnnxNode("BatchNormalization", (IMAGE, *[weight(4)] * 4), {"momentum": 0.99}),
        ("batchnorm", {"eps": 1e-5, "momentum": 0.01}),
    ),
    "a norm without weight and bias": (
        OnnxNode("BatchNormalization", (VECTOR, stored(*[1] * 5), stored(*[0] * 5), *[stored(1, 2, 3, 4, 5)] * 2)),
        ("batchnorm", {"eps": 1e-5, "momentum": 0.1, "affine": False}),
    ),
    "a norm that has not learned yet": (
        OnnxNode("BatchNormalization", (VECTOR, *[stored(*[value] * 5) for value in (1, 0, 0, 1)])),
        ("batchnorm", {"eps": 1e-5, "momentum": 0.1}),
    ),
    "an attribute that nobody reads": (OnnxNode("Conv", (IMAGE, WEIGHT), {"auto_pad": "SAME_LOWER"}), None),
    "a convolution of rows": (OnnxNode("Conv", (Operand((4, 6)), weight(8, 4, 3))), None),
    "a bare convolution": (
        OnnxNode("Conv", (IMAGE, WEIGHT)),
        ("conv", {"K": 8, "F": (3, 3), "bias": False}),
    ),
    "a depthwise one with all": (
        OnnxNode(
            "Conv",
            (IMAGE, weight(4, 1, 3, 2), weight(4)),
            {"strides": [2, 1], "dilations": [1, 2], "group": 4, "pads": [1, 0, 0, 2]},
        ),
        (
            "conv",
            {"K": 4, "F": (3, 2), "S": (2, 1), "D": (1, 2), "P": {"top": 1, "right": 2}, "G": 4},
        ),
    ),
    "cells that no window reads": (
        OnnxNode("Conv", (IMAGE, WEIGHT, weight(8)), {"strides": [2, 2]}),
        ("conv", {"K": 8, "F": (3, 3), "S": (2, 2), "rounding": "floor"}),
    ),
    "the odd cell behind": (
        OnnxNode("Conv", (IMAGE, WEIGHT, weight(8)), {"strides": [2, 2], "pads": [0, 0, 1, 1]}),
        ("conv", {"K": 8, "F": (3, 3), "S": (2, 2), "P": "same-upper"}),
    ),
    "rounded up": (
        OnnxNode("MaxPool", (IMAGE,), {"kernel_shape": (3, 3), "strides": (2, 2), "ceil_mode": 1, "pads": (1, 0) * 2}),
        ("maxpool", {"F": (3, 3), "S": (2, 2), "P": (1, 0), "rounding": "ceil"}),
    ),
    "a stride of 1": (
        OnnxNode("MaxPool", (IMAGE,), {"kernel_shape": [2, 2]}),
        ("maxpool", {"F": (2, 2), "S": (1, 1)}),
    ),
    "padding that counts": (
        OnnxNode("AveragePool", (IMAGE,), {"kernel_shape": [2, 2], "pads": [0, 0, 1, 1], "count_include_pad": 1}),
        ("avgpool", {"F": (2, 2), "S": (1, 1), "P": {"bottom": 1, "right": 1}}),
    ),
    "padding that does not": (
        OnnxNode("AveragePool", (IMAGE,), {"kernel_shape": [3, 3], "strides": [1, 1], "pads": [1, 1, 1, 1]}),
        ("avgpool", {"F": (3, 3), "S": (1, 1), "P": "same", "count_padding": False}),
    ),
    "a Gemm that turns its weight": (OnnxNode("Gemm", (VECTOR, weight(5, 3))), None),
    "a Gemm of half": (OnnxNode("Gemm", (VECTOR, weight(3, 5)), {"transB": 1, "alpha": 0.5}), None),
    "a Gemm": (OnnxNode("Gemm", (VECTOR, weight(3, 5)), {"transB": 1}), ("dense", {"K": 3, "bias": False})),
    "a size that is left": (
        OnnxNode("Reshape", (IMAGE, stored(0, 8, -1, 8))),
        ("reshape", {"C": 8, "H": 3, "W": 8}),
    ),
    "sizes that stay": (OnnxNode("Reshape", (IMAGE, stored(0, 0, -1, 0))), ("reshape", {"C": 4, "H": 6, "W": 8})),
    "five axes": (OnnxNode("Reshape", (IMAGE, stored(0, 2, 2, 6, 8))), None),
    "a batch that moves": (OnnxNode("Transpose", (IMAGE,), {"perm": [1, 0, 2, 3]}), None),
    "an end beyond the end": (
        OnnxNode("Slice", (IMAGE, stored(-3), stored(2**31 - 1), stored(-1))),
        ("slice", {"axis": "W", "from": 5}),
    ),
    "steps": (
        OnnxNode("Slice", (IMAGE, stored(0), stored(4), stored(2), stored(2))),
        ("slice", {"axis": "H", "from": 0, "to": 4, "step": 2}),
    ),
    "backwards": (OnnxNode("Slice", (IMAGE, stored(4), stored(0), stored(2), stored(-1))), None),
    "steps along two axes": (OnnxNode("Slice", (IMAGE, stored(0, 0), stored(6, 8), stored(2, 3), stored(1, 2))), None),
    "steps of one along two axes": (
        OnnxNode("Slice", (IMAGE, stored(1, 0), stored(6, 7), stored(2, 3), stored(1, 1))),
        ("crop", {"top": 1, "right": 1}),
    ),
    "a summand for each cell": (OnnxNode("Add", (IMAGE, weight(1, 4, 6, 8))), ("constant", {})),
    "a factor for each cell": (OnnxNode("Mul", (IMAGE, weight(4, 6, 8))), ("constant", {"by": "mul"})),
    "a factor for each neuron": (OnnxNode("Mul", (VECTOR, weight(5))), ("scale", {})),
    "two axes": (
        OnnxNode("Slice", (IMAGE, stored(1, 0), stored(-1, 6), stored(2, 3))),
        ("crop", {"top": 1, "bottom": 1, "right": 2}),
    ),
    "channels and rows": (OnnxNode("Slice", (IMAGE, stored(1, 1), stored(3, 5), stored(1, 2))), None),
    "a part of the batch": (OnnxNode("Slice", (IMAGE, stored(0), stored(1), stored(0))), None),
    "zeros around": (
        OnnxNode("Pad", (IMAGE, stored(0, 0, 1, 0, 0, 0, 0, 2), stored(0.0))),
        ("pad", {"top": 1, "right": 2}),
    ),
    "channels of zeros": (
        OnnxNode("Pad", (IMAGE, stored(0, 1, 0, 0, 0, 0, 0, 0))),
        ("pad", {"axis": "C", "before": 1}),
    ),
    "ones around": (
        OnnxNode("Pad", (IMAGE, stored(0, 0, 1, 0, 0, 0, 0, 2), stored(1.0))),
        ("pad", {"top": 1, "right": 2, "value": 1.0}),
    ),
    "mirrored": (
        OnnxNode("Pad", (IMAGE, stored(0, 0, 1, 0, 0, 0, 0, 2)), {"mode": "reflect"}),
        ("pad", {"top": 1, "right": 2, "mode": "reflect"}),
    ),
    "begun anew": (
        OnnxNode("Pad", (IMAGE, stored(0, 0, 1, 0, 0, 0, 0, 2)), {"mode": "wrap"}),
        ("pad", {"top": 1, "right": 2, "mode": "wrap"}),
    ),
    "less than nothing": (OnnxNode("Pad", (IMAGE, stored(0, 0, -1, 0, 0, 0, 0, 0))), None),
    "bilinear by default": (
        OnnxNode("Resize", (IMAGE, None, stored(1, 1, 2, 3)), {"mode": "linear"}),
        ("upsample", {"factor": (2, 3), "mode": "bilinear"}),
    ),
    "by halves": (
        OnnxNode("Resize", (IMAGE, None, stored(1, 1, 1.5, 1)), {"mode": "linear"}),
        ("resize", {"factor": (1.5, 1.0), "mode": "bilinear"}),
    ),
    "nearest by default": (OnnxNode("Resize", (IMAGE, None, stored(1, 1, 2, 2))), ("resize", {"factor": (2.0, 2.0)})),
    "another region": (
        OnnxNode("Resize", (IMAGE, None, stored(1, 1, 2, 2)), {"coordinate_transformation_mode": "tf_crop_and_resize"}),
        None,
    ),
    "cubic": (
        OnnxNode("Resize", (IMAGE, None, stored(1, 1, 2, 2)), {"mode": "cubic"}),
        ("resize", {"factor": (2.0, 2.0), "mode": "cubic"}),
    ),
    "columns first": (OnnxNode("DepthToSpace", (IMAGE,), {"blocksize": 2}), None),
    "a gate": (OnnxNode("Mul", (IMAGE, Operand((4, 1, 1)))), ("mul", {})),
    "a value a channel": (OnnxNode("Mul", (IMAGE, weight(4, 1, 1))), ("scale", {})),
    "a value a channel, with the batch's axis": (OnnxNode("Mul", (IMAGE, weight(1, 4, 1, 1))), ("scale", {})),
    "a value a column": (OnnxNode("Mul", (IMAGE, weight(8))), None),
    "a weight first": (OnnxNode("Mul", (weight(4, 1, 1), IMAGE)), None),
    "a stored summand": (OnnxNode("Add", (IMAGE, weight(4, 1, 1))), None),
    "bounds of six": (OnnxNode("Clip", (IMAGE, stored(0), stored(6))), ("relu6", {})),
    "other bounds": (OnnxNode("Clip", (IMAGE, stored(-1), stored(1))), ("clip", {"min": -1, "max": 1})),
    "no upper bound": (OnnxNode("Clip", (IMAGE, stored(0))), ("clip", {"min": 0})),
    "no lower bound": (OnnxNode("Clip", (IMAGE, None, stored(0.1))), ("clip", {"max": 0.1})),
    "bounds that cross": (OnnxNode("Clip", (IMAGE, stored(1), stored(0))), ("clip", {"min": 1, "max": 0})),
    "no bound": (OnnxNode("Clip", (IMAGE,)), ("clip", {})),
    "a bound that is worked out": (OnnxNode("Clip", (IMAGE, Operand(()))), None),
    "no operator of a layer": (OnnxNode("ReduceL2", (IMAGE,)), None),
    "nothing at all": (OnnxNode("Relu", ()), None),
    "nothing computed": (OnnxNode("Relu", (stored(1),)), None),
}


@pytest.mark.parametrize(("node", "found"), NODES.values(), ids=NODES)
def test_nodes_of_other_writers(node: OnnxNode, found: tuple[str, dict[str, Any]] | None) -> None:
    assert read(node) == found
    if found is not None:
        find(found[0]).model_validate(found[1])


@pytest.mark.parametrize("number", [0.1, 1 / 3, 1e-5, 0.75, 123456.78, 0.0, -2.5, 3e-39])
def test_numbers_are_the_shortest_of_their_float32(number: float) -> None:
    wide = float(np.float32(number))
    found = shortest(wide)
    assert np.float32(found) == np.float32(number)
    assert len(repr(found)) <= len(repr(wide))
