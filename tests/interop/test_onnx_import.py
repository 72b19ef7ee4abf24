"""`cnnspec import`: models that other programs write become specs that compute the same; others are refused."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call
from onnx_models import model, node, numbers, written

from cnnspec.diagnostics import FileError
from cnnspec.interop.comparison import Answers, compared, random_inputs
from cnnspec.interop.imported import TOLERANCE, Imported
from cnnspec.interop.importing import read_model, write_spec
from cnnspec.spec import load

pytestmark = pytest.mark.peers


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def layers(found: Imported) -> list[str]:
    return [step.kind for step in found.spec.graph.steps]


def imported(found: Any, **options: Any) -> Imported:
    """A model that has been written, imported and found to compute the same."""
    result = read_model(written(found), "net.safetensors", **options)
    assert result.difference is not None
    assert result.difference.largest < 1e-5
    return result


def refused(found: Any, **options: Any) -> FileError:
    with pytest.raises(FileError) as caught:
        read_model(written(found), "net.safetensors", **options)
    return caught.value


# the command


def test_a_spec_comes_back_as_it_was() -> None:
    assert call("export", "lenet5", "-o", "lenet5.onnx").code == 0
    called = call("import", "lenet5.onnx", "-o", "again.yaml")
    assert (called.code, called.err) == (0, "")
    assert "checked: 4 random inputs, largest difference " in called.out
    before, after = load("lenet5"), load("again.yaml")
    assert [(s.name, s.layer, s.inputs) for s in after.graph.steps] == [
        (s.name, s.layer, s.inputs) for s in before.graph.steps
    ]
    assert after.classes() == before.classes()
    assert after.header.expect == before.header.expect
    x = np.random.default_rng(0).random((3, 1, 28, 28), np.float32)
    np.testing.assert_array_equal(after.compile()(x), before.compile()(x))


@pytest.mark.parametrize(
    "layer",
    [
        "adaptivemaxpool: {out: [3, 5]}",
        "adaptivemaxpool: {out: [1, 4]}",
        "adaptivemaxpool: {out: [9, 1]}",
        "layernorm: {affine: false}",
        "layernorm: {affine: false, over: all}",
    ],
)
@pytest.mark.parametrize("channels", [3, 130])
def test_a_layer_comes_back_as_it_was(layer: str, channels: int) -> None:
    Path("net.yaml").write_text(f"input: {{C: {channels}, H: 8, W: 11}}\nlayers:\n  - relu\n  - {layer}\n")
    assert call("export", "net.yaml", "-o", "net.onnx").code == 0
    found = read_model("net.onnx")
    assert [step.layer for step in found.spec.graph.steps] == [step.layer for step in load("net.yaml").graph.steps]


@pytest.mark.parametrize(("end", "is_one"), [(5, False), (6, True), (7, False)])
def test_other_bins_are_no_adaptive_pooling(end: int, is_one: bool) -> None:
    """Of 8 columns in 3 bins the second goes from 2 to 6."""
    constants = {"first": np.array([0]), "last": np.array([8]), "rows": np.array([2]), "columns": np.array([3])}
    nodes = [
        node("Slice", ["x", "first", "last", "rows"], "cut"),
        node("MaxPool", ["cut"], "flat", kernel_shape=[8, 1]),
    ]
    for name, begin, stop in (("a", 0, 3), ("b", 2, end), ("c", 5, 8)):
        constants |= {f"{name}0": np.array([begin]), f"{name}1": np.array([stop])}
        nodes.append(node("Slice", ["flat", f"{name}0", f"{name}1", "columns"], f"{name}cut"))
        nodes.append(node("MaxPool", [f"{name}cut"], f"{name}max", kernel_shape=[1, stop - begin]))
    nodes.append(node("Concat", ["amax", "bmax", "cmax"], "y", axis=3))
    assert (layers(imported(model(nodes, constants, size=(3, 8, 8)))) == ["adaptivemaxpool"]) == is_one


def test_probabilities_of_nearly_0_are_compared_as_probabilities() -> None:
    low = case(tail(("Add", "b"), ("Sigmoid",)), ["scale", "sigmoid"], b=np.full((3, 1, 1), -16, "f4"))
    found = read_model(written(model(low[0], low[1], size=(3, 8, 8))))
    assert found.difference is not None
    assert found.difference.scale < 1e-4
    assert found.difference.largest < TOLERANCE / 2


def test_classes_that_are_exchanged_are_a_difference() -> None:
    """Also where noise makes all of a thousand classes about as likely."""
    spec = load("input: {C: 4, H: 1, W: 1}\nlayers: [flatten, {dense: {K: 1000}, name: d}, {softmax: {}, name: p}]\n")
    random = np.random.default_rng(0)
    tensors = {"d.weight": random.normal(0, 0.02, (1000, 4)).astype("f4"), "d.bias": np.zeros(1000, "f4")}
    run = spec.compile(tensors, exact=True).run
    xs = random_inputs(spec.graph.input)
    right = Answers("it", xs, [[run(x)["p"]] for x in xs])
    wrong = Answers("it", xs, [[run(x)["p"][:, ::-1]] for x in xs])
    assert compared(right, spec, tensors, ["p"]).largest == 0
    assert compared(wrong, spec, tensors, ["p"]).largest > TOLERANCE


def test_both_files_are_written_or_none() -> None:
    written(model([node("Erf", ["x"], "y")]))
    Path("net.yaml").write_text("older")
    called = call("import", "net.onnx", "-o", "net.yaml")
    assert called.code == 3
    assert "error[E431]" in called.err
    assert Path("net.yaml").read_text() == "older"
    assert not Path("net.safetensors").exists()


@pytest.mark.parametrize("name", ["net", "net.onnx", "net.safetensors"])
def test_a_spec_has_a_name_that_says_so(name: str) -> None:
    written(model([node("Relu", ["x"], "y")]), "m.onnx")
    called = call("import", "m.onnx", "-o", name)
    assert called.code == 3
    assert "error[E405]" in called.err
    assert [path.name for path in Path().iterdir()] == ["m.onnx"]


def test_a_network_without_tensors_needs_no_weights() -> None:
    found = imported(model([node("Relu", ["x"], "y")]))
    assert [path.name for path in write_spec(found, "net.yaml")] == ["net.yaml"]
    assert load("net.yaml").header.weights is None


# what other programs write

ONE = np.ones((), np.float32)
Case = tuple[list[Any], dict[str, Any], list[str], dict[str, Any]]


def case(nodes: list[Any], kinds: list[str], size: Any = (3, 8, 8), opset: int = 17, **constants: Any) -> Case:
    return nodes, {name: np.asarray(array) for name, array in constants.items()}, kinds, {"size": size, "opset": opset}


def tail(*nodes: tuple[Any, ...]) -> list[Any]:
    """Nodes in a row; each is an operator with its further inputs."""
    made = []
    for number, (op, *more) in enumerate(nodes):
        before = f"v{number}" if number else "x"
        attributes = more.pop() if more and isinstance(more[-1], dict) else {}
        made.append((op, [before, *more], "y" if number + 1 == len(nodes) else f"v{number + 1}", attributes))
    return [node(op, inputs, output, **attributes) for op, inputs, output, attributes in made]


def split(inputs: list[str], outputs: list[str], axis: int) -> Any:
    from onnx import helper

    return helper.make_node("Split", inputs, outputs, axis=axis)


def around(image: int, value: float) -> dict[str, Any]:
    """A Pad's operands."""
    return {"p": np.array([0, 0, image, 1, 0, 0, 2, 1]), "v": np.array(value, np.float32)}


def resized(sizes: list[int], opset: int = 17, **attributes: Any) -> Case:
    """An image of another size."""
    nodes = [node("Resize", ["x", "", "", "s"], "y", **attributes)]
    return case(nodes, ["resize"], size=(3, 8, 6), opset=opset, s=np.array([1, 3, *sizes]))


SPELLINGS: dict[str, Callable[[], Case]] = {
    "signals": lambda: case(
        tail(
            ("Conv", "w", {"strides": [2], "pads": [2, 2]}),
            ("Relu",),
            ("MaxPool", {"kernel_shape": [2], "strides": [2]}),
            ("Add", "b"),
            ("Transpose", {"perm": [0, 2, 1]}),
            ("Slice", "start", "stop", "axes"),
        ),
        ["conv", "relu", "maxpool", "constant", "slice", "permute"],
        size=(3, 40),
        w=numbers(4, 3, 5),
        b=numbers(10, seed=1),
        start=np.array([1]),
        stop=np.array([-1]),
        axes=np.array([-1]),
    ),
    "a vector": lambda: case(
        tail(("Gemm", "w", "b"), ("Softmax",)),
        ["dense", "softmax"],
        size=(6,),
        w=numbers(6, 4),
        b=numbers(4),
    ),
    "a norm over rows": lambda: case(
        tail(("LayerNormalization", "w", "b")), ["permute", "layernorm", "permute"], w=numbers(8), b=numbers(8, seed=1)
    ),
    "a norm over each map": lambda: case(
        tail(("LayerNormalization", "w", "b", {"axis": 2})),
        ["permute", "reshape", "layernorm", "reshape", "permute"],
        w=numbers(8, 8),
        b=numbers(8, 8, seed=1),
    ),
    "a mean over channels": lambda: case(
        tail(("ReduceMean", {"axes": [1]})), ["permute", "reshape", "globalavgpool", "reshape"]
    ),
    "a sum over columns, whose axis goes": lambda: case(
        tail(("ReduceSum", "axes", {"keepdims": 0})),
        ["permute", "reshape", "globalavgpool", "reshape", "scale"],
        axes=np.array([-2]),
        size=(3, 8, 5),
    ),
    "rows behind rows": lambda: case(
        [node("Relu", ["x"], "r"), node("Concat", ["x", "r"], "y", axis=-2)],
        ["relu", "concat"],
    ),
    "a stored value for each column": lambda: case(tail(("Mul", "w")), ["constant"], w=numbers(8)),
    "a stored value less each cell": lambda: case(
        [node("Sub", ["w", "x"], "y")], ["scale", "constant"], w=numbers(1, 3, 8, 8)
    ),
    "a slope for each cell": lambda: case(
        tail(("PRelu", "w")), ["relu", "scale", "relu", "constant", "add"], w=numbers(3, 8, 8)
    ),
    "cells by columns first": lambda: case(
        tail(("DepthToSpace", {"blocksize": 2})), ["channelshuffle", "pixelshuffle"], size=(8, 3, 4)
    ),
    "cells to depth": lambda: case(
        tail(("SpaceToDepth", {"blocksize": 2})), ["pixelunshuffle", "channelshuffle"], size=(3, 4, 6)
    ),
    "softmax over all, as it was": lambda: case(
        tail(("Softmax", {"axis": 1})), ["reshape", "softmax", "reshape"], size=(3, 2, 2), opset=11
    ),
    "a transposed convolution to a size": lambda: case(
        tail(("ConvTranspose", "w", {"strides": [3, 2], "output_shape": [10, 8]})),
        ["deconv"],
        size=(3, 3, 3),
        w=numbers(3, 2, 3, 3),
    ),
    "later activations": lambda: case(tail(("Gelu", {"approximate": "tanh"}), ("Mish",)), ["gelu", "mish"], opset=20),
    "to a size": lambda: resized([5, 7]),
    "to a size, smoothly": lambda: resized([5, 7], mode="linear"),
    "to a size, corner to corner": lambda: resized(
        [16, 12], mode="linear", coordinate_transformation_mode="align_corners"
    ),
    "to a size, as PyTorch": lambda: resized(
        [5, 7], mode="cubic", coordinate_transformation_mode="pytorch_half_pixel", cubic_coeff_a=-0.75
    ),
    "to a size, without what lies outside": lambda: resized([5, 9], mode="cubic", exclude_outside=1),
    "to a size, antialiased": lambda: resized([5, 3], opset=18, mode="linear", antialias=1),
    "to a size, antialiased without what lies outside": lambda: resized(
        [5, 3], opset=18, mode="cubic", antialias=1, exclude_outside=1
    ),
    "by factors that are not whole": lambda: case(
        [node("Resize", ["x", "", "s"], "y", mode="linear")], ["resize"], s=np.array([1, 1, 1.5, 0.6], np.float32)
    ),
    "along axes that are named": lambda: case(
        [node("Resize", ["x", "", "s"], "y", mode="linear", axes=[3, 2])],
        ["resize"],
        opset=18,
        s=np.array([1.5, 0.6], np.float32),
    ),
    "zeros around an image that a convolution reads": lambda: case(
        tail(("Pad", "p", "v"), ("Conv", "w")), ["conv"], w=numbers(4, 3, 3, 3), **around(2, 0)
    ),
    "zeros that a mean counts": lambda: case(
        tail(("Pad", "p", "v"), ("AveragePool", {"kernel_shape": [3, 3], "count_include_pad": 0})),
        ["avgpool"],
        **around(2, 0),
    ),
    "what is never the largest": lambda: case(
        tail(("Pad", "p", "v"), ("MaxPool", {"kernel_shape": [3, 3]})), ["maxpool"], **around(2, -np.inf)
    ),
    "zeros that may be the largest": lambda: case(
        tail(("Pad", "p", "v"), ("MaxPool", {"kernel_shape": [3, 3]})), ["pad", "maxpool"], **around(2, 0)
    ),
    "more zeros than a window has cells": lambda: case(
        tail(("Pad", "p", "v"), ("AveragePool", {"kernel_shape": [3, 3]})), ["pad", "avgpool"], **around(3, 0)
    ),
    "softmax along rows": lambda: case(tail(("Softmax", {"axis": -1})), ["softmax"]),
    "a dilated maximum": lambda: case(
        tail(("MaxPool", {"kernel_shape": [3, 2], "dilations": [2, 3], "strides": [2, 1]})), ["maxpool"]
    ),
    "a dilated mean": lambda: case(
        tail(("AveragePool", {"kernel_shape": [3, 2], "dilations": [2, 3], "pads": [1, 1, 1, 1]})),
        ["avgpool"],
        opset=19,
    ),
    "padding by rule": lambda: case(
        tail(("Conv", "w", {"auto_pad": "SAME_UPPER", "strides": [2, 2]})), ["conv"], w=numbers(4, 3, 3, 3)
    ),
    "padding by the other rule": lambda: case(
        tail(("Conv", "w", {"auto_pad": "SAME_LOWER"})), ["conv"], w=numbers(4, 3, 2, 2)
    ),
    "a bias behind": lambda: case(
        tail(("Conv", "w"), ("Add", "b")), ["conv"], w=numbers(4, 3, 3, 3), b=numbers(4, 1, 1)
    ),
    "a product and a sum": lambda: case(
        tail(("Flatten",), ("MatMul", "w"), ("Add", "b")),
        ["flatten", "dense"],
        w=numbers(192, 5),
        b=numbers(5),
    ),
    "a batch norm in three": lambda: case(
        tail(("BatchNormalization", "w", "b", "m", "v"), ("Mul", "w2"), ("Add", "b2")),
        ["batchnorm"],
        w=numbers(3),
        b=numbers(3, seed=1),
        m=numbers(3, seed=2),
        v=np.abs(numbers(3, seed=3)) + 1,
        w2=numbers(3, 1, 1, seed=4),
        b2=numbers(3, 1, 1, seed=5),
    ),
    "a gate that is no number": lambda: case(tail(("Mul", "w")), ["scale"], w=numbers(1, 3, 1, 1)),
    "bounds of which one is open": lambda: case(tail(("Clip", "", "high")), ["clip"], high=np.float32(0.5)),
    "mish by its parts": lambda: case(
        [node("Softplus", ["x"], "a"), node("Tanh", ["a"], "b"), node("Mul", ["x", "b"], "y")], ["mish"]
    ),
    "a factor and a summand for each channel": lambda: case(
        tail(("Mul", "w"), ("Add", "b")), ["scale"], w=numbers(3, 1, 1), b=numbers(1, 3, 1, 1)
    ),
    "one summand for all": lambda: case(
        tail(("Mul", "w"), ("Add", "b")), ["scale", "scale"], w=np.array([0.7], "f4"), b=np.array([0.3], "f4")
    ),
    "less than one number": lambda: case([node("Sub", ["b", "x"], "y")], ["scale"], b=np.float32(0.3)),
    "a summand for each channel": lambda: case(tail(("Sub", "b")), ["scale"], b=numbers(3, 1, 1)),
    "squares of cells become channels": lambda: case(
        tail(("Reshape", "six"), ("Transpose", {"perm": [0, 1, 3, 5, 2, 4]}), ("Reshape", "four")),
        ["pixelunshuffle"],
        six=np.array([1, 3, 4, 2, 4, 2]),
        four=np.array([1, 12, 4, 4]),
    ),
    "groups that are normalised": lambda: case(
        tail(("Reshape", "three"), ("InstanceNormalization", "ones", "zeros"), ("Reshape", "four")),
        ["groupnorm"],
        size=(4, 8, 8),
        three=np.array([0, 2, -1]),
        ones=np.ones(2, np.float32),
        zeros=np.zeros(2, np.float32),
        four=np.array([1, 4, 8, 8]),
    ),
    "halves": lambda: case(
        [split(["x"], ["a", "b"], axis=1), node("Sub", ["a", "b"], "y")],
        ["slice", "slice", "sub"],
        size=(4, 8, 8),
        opset=11,
    ),
    "pieces of several sizes": lambda: case(
        [split(["x", "sizes"], ["a", "b"], axis=-1), node("Relu", ["b"], "y")],
        ["slice", "relu"],
        sizes=np.array([3, 5]),
    ),
    "a Gemm with all its attributes": lambda: case(
        tail(("Flatten",), ("Gemm", "w", "b", {"alpha": 0.5, "beta": 2.0})),
        ["flatten", "dense"],
        w=numbers(192, 5),
        b=numbers(1, 5),
    ),
    "a mean over rows and columns": lambda: case(
        tail(("ReduceMean", {"axes": [2, 3], "keepdims": 0})), ["globalavgpool", "flatten"]
    ),
    "axes as an operand": lambda: case(
        tail(("ReduceMean", "axes", {"keepdims": 1})), ["globalavgpool"], opset=18, axes=np.array([-1, -2])
    ),
    "sizes worked out from the input": lambda: case(
        [
            node("Shape", ["x"], "shape"),
            node("Gather", ["shape", "zero"], "batch"),
            node("Unsqueeze", ["batch", "front"], "row"),
            node("Concat", ["row", "rest"], "sizes", axis=0),
            node("Reshape", ["x", "sizes"], "y"),
        ],
        ["flatten"],
        zero=np.array(0),
        front=np.array([0]),
        rest=np.array([-1]),
    ),
    "bounds as attributes": lambda: case(tail(("Clip", {"min": 0.0, "max": 6.0})), ["relu6"], opset=9),
    "one bound": lambda: case(tail(("Clip", "low")), ["relu"], low=np.float32(0)),
    "a gate of itself": lambda: case([node("Sigmoid", ["x"], "s"), node("Mul", ["s", "x"], "y")], ["silu"]),
    "hard swish by its parts": lambda: case(
        [
            node("Add", ["x", "three"], "a"),
            node("Clip", ["a", "zero", "six"], "c"),
            node("Mul", ["x", "c"], "m"),
            node("Div", ["m", "six"], "y"),
        ],
        ["hardswish"],
        three=ONE * 3,
        zero=ONE * 0,
        six=ONE * 6,
    ),
    "gelu by its parts": lambda: case(
        [
            node("Div", ["x", "root"], "a"),
            node("Erf", ["a"], "b"),
            node("Add", ["b", "one"], "c"),
            node("Mul", ["x", "c"], "d"),
            node("Mul", ["d", "half"], "y"),
        ],
        ["gelu"],
        root=np.float32(2**0.5),
        one=ONE,
        half=ONE / 2,
    ),
    "channels shuffled": lambda: case(
        tail(("Reshape", "five"), ("Transpose", {"perm": [0, 2, 1, 3, 4]}), ("Reshape", "four")),
        ["channelshuffle"],
        size=(6, 4, 4),
        five=np.array([1, 2, 3, 4, 4]),
        four=np.array([1, -1, 4, 4]),
    ),
    "a number times": lambda: case(tail(("Div", "two")), ["scale"], two=ONE * 2),
    "a slope for all": lambda: case(tail(("PRelu", "slope")), ["prelu"], slope=np.array([0.1], np.float32)),
    "columns of ones taken off": lambda: case(
        tail(("GlobalAveragePool",), ("Squeeze", "axes")), ["globalavgpool", "flatten"], axes=np.array([2, 3])
    ),
    "padding as an attribute": lambda: case(tail(("Pad", {"pads": [0, 0, 1, 0, 0, 0, 1, 2]})), ["pad"], opset=10),
    "sizes to grow to": lambda: case(
        [node("Resize", ["x", "", "", "sizes"], "y", mode="nearest")], ["upsample"], sizes=np.array([1, 3, 16, 24])
    ),
    "softmax of a vector in old words": lambda: case(
        tail(("Flatten",), ("Softmax",)), ["flatten", "softmax"], opset=11
    ),
    "a dropout": lambda: case(tail(("Dropout", {"ratio": 0.3}), ("Relu",)), ["dropout", "relu"], opset=11),
    "copies": lambda: case(tail(("Identity",), ("Cast", {"to": 1}), ("Relu",), ("Identity",)), ["relu"]),
    "one over it": lambda: case(tail(("Reciprocal",)), ["clip", "div"]),
    "a number over it": lambda: case([node("Div", ["b", "x"], "y")], ["clip", "div"], b=np.float32(0.3)),
    "a stored value over each cell": lambda: case(
        [node("Div", ["w", "x"], "y")], ["clip", "constant", "div"], w=numbers(3, 8, 8)
    ),
    "what is small becomes 0": lambda: case(
        tail(("Shrink", {"lambd": 0.4})), ["thresholdedrelu", "scale", "thresholdedrelu", "sub"]
    ),
    "all come nearer to 0": lambda: case(tail(("Shrink", {"lambd": 0.4, "bias": 0.4})), ["clip", "sub"]),
    "a matrix for all rows": lambda: case(tail(("MatMul", "w")), ["permute", "conv", "permute"], w=numbers(8, 5)),
    "a matrix for the rows of each channel": lambda: case(
        tail(("MatMul", "w")),
        ["permute", "reshape", "conv", "reshape", "permute"],
        size=(3, 4, 5),
        w=numbers(3, 5, 2),
    ),
    "several matrices for one channel": lambda: case(
        tail(("MatMul", "w")),
        ["permute", "reshape", "conv", "reshape", "permute"],
        size=(1, 4, 5),
        w=numbers(1, 3, 5, 2),
    ),
    "a row of weights": lambda: case(
        tail(("MatMul", "w")), ["permute", "conv", "reshape", "reshape"], size=(3, 4, 5), w=numbers(5)
    ),
    "one number of a vector": lambda: case(tail(("MatMul", "w")), ["dense"], size=(5,), w=numbers(5)),
    "axes of length 1, and none": lambda: case(
        tail(("Unsqueeze", "more"), ("Reshape", "six"), ("Squeeze", "fewer"), ("Relu",)),
        ["reshape", "relu"],
        more=np.array([1, 4]),
        six=np.array([0, 1, 6, 1, 4, 8]),
        fewer=np.array([1, 3]),
    ),
    "an output of five axes": lambda: case(tail(("Relu",), ("Unsqueeze", "axes")), ["relu"], axes=np.array([2])),
    "a dropout of nothing, as in training": lambda: case(
        tail(("Dropout", "ratio", "training")), ["dropout"], ratio=np.float32(0), training=np.array(True)
    ),
    "over the root of a mean of squares": lambda: case(
        [
            *tail(("Mul", "x"), ("ReduceMean", {"axes": [1]}), ("Add", "e"), ("Sqrt",))[:3],
            node("Sqrt", ["v3"], "r"),
            node("Div", ["x", "r"], "d"),
            node("Mul", ["d", "w"], "y"),
        ],
        ["rmsnorm"],
        e=np.float32(0.1),
        w=numbers(3, 1, 1),
    ),
    "maps that are normalised, without weights": lambda: case(
        tail(("InstanceNormalization", "ones", "zeros")),
        ["instancenorm"],
        size=(80, 4, 4),
        ones=np.ones(80, np.float32),
        zeros=np.zeros(80, np.float32),
    ),
    "cells that are weighed alike are a convolution of others": lambda: case(
        tail(("Conv", "w", {"group": 3, "dilations": [2, 2]})), ["conv"], w=np.ones((3, 1, 2, 2), np.float32)
    ),
    "the fourth root of fourth powers": lambda: case(
        tail(("LpPool", {"kernel_shape": [3, 2], "p": 4, "auto_pad": "SAME_UPPER"})), ["mul", "l2pool", "sqrt"]
    ),
    "concatenations that grow": lambda: case(
        [
            node("Relu", ["x"], "a"),
            node("Concat", ["x", "a"], "b", axis=1),
            node("Sigmoid", ["b"], "c"),
            node("Concat", ["x", "a", "c"], "y", axis=1),
        ],
        ["relu", "concat", "sigmoid", "concat"],
    ),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_spellings_of_other_programs(name: str) -> None:
    nodes, constants, kinds, options = SPELLINGS[name]()
    assert layers(imported(model(nodes, constants, **options))) == kinds


REFUSED: dict[str, Callable[[], list[Any]]] = {
    "a matrix for each input": lambda: tail(("Reshape", "signal"), ("MatMul", "matrices")),
    "three axes that are long, and a mean over one of five": lambda: tail(
        ("Unsqueeze", "axis"), ("ReduceMean", {"axes": [2]}), ("Squeeze", "axis")
    ),
    "what is dropped in training": lambda: tail(("Dropout", "ratio", "training")),
    "a norm whose weights do not fit": lambda: tail(("LayerNormalization", "three", "three")),
    "a norm with weights of more axes": lambda: tail(("LayerNormalization", "more", "more")),
    "a norm whose summands do not fit": lambda: tail(("LayerNormalization", "eight", "three")),
    "shrunk by another number": lambda: tail(("Shrink", {"lambd": 0.4, "bias": 0.3})),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_nearly_said_is_refused(name: str) -> None:
    constants: dict[str, Any] = {
        "signal": np.array([0, 24, 8]),
        "matrices": numbers(2, 8, 5),
        "axis": np.array([1]),
        "ratio": np.float32(0.5),
        "training": np.array(True),
        "three": numbers(3),
        "eight": numbers(8),
        "more": numbers(2, 8),
    }
    nodes = REFUSED[name]()
    read = {each for made in nodes for each in made.input}
    found = refused(model(nodes, {key: array for key, array in constants.items() if key in read}))
    assert {each.code for each in found.diagnostics} == {"E431"}


def test_maps_without_weights_hold_none() -> None:
    nodes, constants, _, options = SPELLINGS["maps that are normalised, without weights"]()
    assert not imported(model(nodes, constants, **options)).tensors


def test_a_number_that_is_nearly_that_of_a_pattern_is_not_it() -> None:
    nodes, constants, _, options = SPELLINGS["gelu by its parts"]()
    found = refused(model(nodes, constants | {"root": np.float32(1.42)}, **options))
    assert {each.code for each in found.diagnostics} == {"E431"}


def test_names_are_kept_where_they_say_something() -> None:
    constants = {"body.0.weight": numbers(4, 3, 1, 1), "onnx::Conv_7": numbers(4, 4, 1, 1), "W": numbers(4, 4, 1, 1)}
    nodes = [
        node("Conv", ["x", "body.0.weight"], "a"),
        node("Conv", ["a", "onnx::Conv_7"], "b", name="/body/body.1/conv/Conv"),
        node("Conv", ["b", "W"], "y", name="Conv_12"),
    ]
    found = imported(model(nodes, constants))
    assert [step.name for step in found.spec.graph.steps] == ["body.0", "body.1.conv", "conv1"]
    assert found.notes == ("renamed: W, whose names say no layer",)


def test_several_outputs() -> None:
    nodes = [node("Relu", ["x"], "y"), node("Sigmoid", ["y"], "z")]
    found = imported(model(nodes, outputs=("z", "y")))
    assert found.spec.graph.outputs == ("sigmoid1", "relu1")


@pytest.mark.parametrize("ends", [("a", "b", "c"), ("b", "a", "x"), ("d", "e", "b"), ("c", "d", "a")])
def test_an_output_that_is_another_one_is_a_layer(ends: tuple[str, ...]) -> None:
    copies = [node("Relu", ["x"], "a"), node("Identity", ["a"], "b"), node("Dropout", ["a"], "c")]
    nodes = [*copies, node("Identity", ["b"], "d"), node("Identity", ["x"], "e")]
    found = imported(model(nodes, outputs=ends))
    assert len(found.spec.graph.outputs) == len(ends)


def test_a_part_of_a_model() -> None:
    nodes = [node("Relu", ["x"], "a"), node("Sigmoid", ["a"], "b"), node("NonZero", ["b"], "y")]
    written(model(nodes))
    called = call("import", "net.onnx", "-o", "net.yaml")
    assert called.code == 3
    assert "node `y` (`NonZero`) is no layer" in called.err
    assert "`--outputs b` imports the part before it" in called.err
    assert call("import", "net.onnx", "-o", "net.yaml", "--outputs", "b").code == 0
    assert [step.kind for step in load("net.yaml").graph.steps] == ["relu", "sigmoid"]
    other = call("import", "net.onnx", "-o", "net.yaml", "--outputs", "aa")
    assert (other.code, "did you mean `a`?" in other.err) == (3, True)


def test_all_that_cannot_be_said_is_said_at_once() -> None:
    nodes = [
        node("Erf", ["x"], "a", name="first"),
        node("Erf", ["a"], "b", name="second"),
        node("MatMul", ["b", "a"], "y", name="third"),
    ]
    first, second = refused(model(nodes)).diagnostics
    assert (first.message, second.message) == (
        "node `first` (`Erf`) is no layer",
        "node `third` (`MatMul`) is no layer",
    )
    assert first.why.endswith("; 1 more nodes are like it")
    assert "product of two computed tensors" in second.why


def test_a_size_that_is_free_is_given() -> None:
    free = model([node("Relu", ["x"], "y")], size=(3, "H", "W"))
    (found,) = refused(free).diagnostics
    assert (found.code, found.help) == ("E430", "`--input C,H,W`")
    assert imported(free, input=(3, 5, 7)).spec.graph.input == (3, 5, 7)
    (found,) = refused(free, input=(1, 5, 7)).diagnostics
    assert found.message == "the input is not 1x5x7"


def test_a_vector_stays_one() -> None:
    found = imported(model([node("Relu", ["x"], "y")], size=(6,)))
    assert "input: {C: 6}\n" in found.text
    assert found.source.endswith(", input (N, 6)")
    assert imported(model([node("Relu", ["x"], "y")], size=(6, 1, 1))).spec.graph.input == (6, 1, 1)


def test_a_length_that_is_free_is_given() -> None:
    free = model([node("Relu", ["x"], "y")], size=("C",))
    (found,) = refused(free).diagnostics
    assert (found.code, found.help) == ("E430", "`--input C`")
    assert imported(free, input=(7,)).spec.graph.input == (7,)
    (found,) = refused(free, input=(7, 1, 1)).diagnostics
    assert (found.message, found.why) == ("the input is not 7x1x1", "the file says ?")


def test_a_spec_that_computes_something_else_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.interop.onnx.importing.check._first", lambda outputs, model: [outputs[0] * 0.8])
    written(model([node("Relu", ["x"], "y")]))
    called = call("import", "net.onnx", "-o", "net.yaml")
    assert called.code == 3
    assert "error[E432]" in called.err
    assert "it differs by 2.5e-01 of its output's scale" in called.err
    assert not Path("net.yaml").exists()
    assert "that is a fault of the import" in called.err
    assert call("import", "net.onnx", "-o", "net.yaml", "--no-verify").code == 0


def cancelling(share: float) -> Any:
    """Sums of large numbers, of which little is left: the rest is rounding, more of it with a larger share."""
    first = (share * 1e4 + numbers(64, 64, 1, 1, seed=1)).astype(np.float32)
    second = numbers(8, 64, 1, 1, seed=2)
    second -= second.mean(axis=1, keepdims=True)
    nodes = [node("Conv", ["x", "a"], "v"), node("Conv", ["v", "b"], "y")]
    return model(nodes, {"a": first, "b": second}, size=(64, 8, 8))


def test_what_rounding_does_is_no_fault_of_the_import() -> None:
    imported(cancelling(0))
    found = read_model(written(cancelling(0.1)))
    assert found.difference is not None
    assert TOLERANCE < found.difference.largest < 1e-2
    note = r"the difference is rounding: from the same in float64 ONNX Runtime is off by .e-0\d, the spec by .e-0\d"
    assert re.fullmatch(note, found.notes[-1])
    (refusal,) = refused(cancelling(10)).diagnostics
    assert refusal.code == "E432"
    assert refusal.message.startswith("the model rounds so much that it differs from the spec by ")


def test_what_rounds_may_be_a_fault_besides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.interop.onnx.importing.check._first", lambda outputs, model: [-outputs[0]])
    (found,) = refused(cancelling(1)).diagnostics
    assert "that is a fault of the import" in found.why


def test_the_definitions_judge_where_there_is_no_runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    found = imported(model([node("Conv", ["x", "w"], "a"), node("Relu", ["a"], "y")], {"w": numbers(4, 3, 3, 3)}))
    assert found.difference is not None
    assert found.difference.judge == "the package onnx"


def test_the_package_onnx_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    written(model([node("Relu", ["x"], "y")]))
    for name in [name for name in sys.modules if name.startswith("cnnspec.interop.onnx.importing")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "onnx", None)
    called = call("import", "net.onnx", "-o", "net.yaml")
    assert (called.code, "error[E417]: reading ONNX needs the package `onnx`" in called.err) == (3, True)


def test_a_batch_that_the_file_fixes() -> None:
    found = model([node("Relu", ["x"], "y")])
    found.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 5
    assert layers(imported(found)) == ["relu"]


def test_a_second_output_is_no_layer() -> None:
    from onnx import helper

    pool = helper.make_node("MaxPool", ["x"], ["y", "places"], kernel_shape=[2, 2])
    (found,) = refused(model([pool], outputs=("y", "places"))).diagnostics
    assert (found.code, found.message) == ("E431", "the output `places` is no layer")
    assert layers(imported(model([pool], outputs=("y",)))) == ["maxpool"]


@pytest.mark.parametrize(
    ("said", "stored", "found"),
    [
        ({"axes": [3, -2]}, None, (2, 3)),
        ({"axes": [-1, 3]}, None, (3,)),
        ({}, [-1, 2], (2, 3)),
        ({}, [[1]], (1,)),
        ({"axes": [1]}, [2], (1,)),
        ({"axes": []}, None, None),
        ({}, [], None),
        ({}, None, None),
    ],
)
def test_the_axes_of_a_reduction(said: dict[str, Any], stored: list[Any] | None, found: tuple[int, ...] | None) -> None:
    """As an attribute or an operand, from the front or from behind."""
    from cnnspec.interop.onnx.importing.static import Node, StaticModel

    read = StaticModel("net.onnx", "x", (2, 3, 4), ("y",), 18, shapes={"x": (1, 2, 3, 4)})
    if stored is not None:
        read.constants["axes"] = np.array(stored, np.int64)
    assert read.axes(Node("ReduceMean", "", ("x", "axes"), ("y",), said)) == found


def test_an_axis_may_be_put_behind_the_last() -> None:
    """The axis that `OneHot` makes; what it makes is no layer."""
    nodes = [node("ArgMax", ["x"], "i", axis=1, keepdims=0), node("OneHot", ["i", "d", "v"], "y", axis=3)]
    fault = refused(model(nodes, {"d": np.array([3]), "v": np.array([0, 1], "f4")}))
    assert {each.code for each in fault.diagnostics} == {"E431"}
