"""Models of images whose channels are last, as TensorFlow has them: specs of them are as those of other models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import random_specs
from hypothesis import assume, given, settings
from onnx_channels_last import channels_last
from onnx_models import model, node, numbers, written

from cnnspec.diagnostics import FileError
from cnnspec.interop.imported import Imported
from cnnspec.interop.importing import read_model
from cnnspec.interop.onnx import encode
from cnnspec.interop.onnx.operators import KINDS
from cnnspec.weights import initial

pytestmark = pytest.mark.peers
FIRST, LAST = [0, 3, 1, 2], [0, 2, 3, 1]


class Rows:
    """A graph from `x` (N, H, W, C) as converters from TensorFlow write them."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def hold(self, array: Any) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = np.asarray(array)
        return name

    def add(self, op: str, *inputs: Any, **attributes: Any) -> str:
        """A node; operands that are no names are stored."""
        name = f"v{len(self.nodes)}"
        names = [each if isinstance(each, str) else self.hold(each) for each in inputs]
        self.nodes.append(node(op, names, name, **attributes))
        return name

    def turned(self, op: str, x: str, *inputs: Any, **attributes: Any) -> str:
        """An operator over channels that are first, between transpositions."""
        y = self.add(op, self.add("Transpose", x, perm=FIRST), *inputs, **attributes)
        return self.add("Transpose", y, perm=LAST)

    def conv(self, x: str, depth: int, filters: int, F: int = 3, **attributes: Any) -> str:
        count = len(self.nodes)
        weight = numbers(filters, depth // attributes.get("group", 1), F, F, seed=count) / 4
        pads = {"pads": [F // 2] * 4} | attributes
        return self.turned("Conv", x, weight, numbers(filters, seed=count + 1), **pads)

    def imported(
        self, *outputs: str, size: Sequence[int | str] = (8, 6, 3), opset: int = 17, input: Any = None
    ) -> Imported:
        found = model(self.nodes, self.constants, outputs or (f"v{len(self.nodes) - 1}",), size, opset)
        result = read_model(written(found), "net.safetensors", input=input)
        assert result.difference is not None
        assert result.difference.judge == "ONNX Runtime"
        assert result.difference.largest < 1e-5
        return result


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def kinds(found: Imported) -> list[str]:
    return [step.kind for step in found.spec.graph.steps]


def residual(rows: Rows) -> None:
    """The scale and shift of norms are stored numbers along the last axis."""
    x = rows.add("Relu", rows.conv("x", 3, 8))
    y = rows.add("Mul", rows.conv(x, 8, 8), numbers(8))
    y = rows.add("Relu", rows.add("Add", y, numbers(8, seed=2)))
    y = rows.add("Relu", rows.add("Add", rows.conv(y, 8, 8), x))
    rows.add("Gemm", rows.add("Squeeze", rows.add("ReduceMean", y, axes=[1, 2]), np.array([1, 2])), numbers(8, 5))


def mobile(rows: Rows) -> None:
    def six(y: str) -> str:
        return rows.add("Clip", y, np.float32(0), np.float32(6))

    x = six(rows.conv(rows.add("Sub", rows.add("Div", "x", np.float32(0.5)), numbers(3)), 3, 8, strides=[2, 2]))
    y = six(rows.conv(x, 8, 16, 1))
    y = six(rows.conv(y, 16, 16, group=16))
    rows.add("Add", rows.conv(y, 16, 8, 1), x)


def gated(rows: Rows) -> None:
    """A gate between neurons."""
    x = rows.conv("x", 3, 8)
    y = rows.add("ReduceMean", x, axes=[1, 2], keepdims=0)
    y = rows.add("Relu", rows.add("MatMul", y, numbers(8, 4)))
    y = rows.add("Sigmoid", rows.add("Gemm", y, numbers(4, 8), numbers(8)))
    rows.add("Mul", x, rows.add("Reshape", y, np.array([-1, 1, 1, 8])))


def gated_by_cells(rows: Rows) -> None:
    """A gate between convolutions of one cell."""
    x = rows.conv("x", 3, 8)
    y = rows.add("Relu", rows.conv(rows.add("ReduceMean", x, axes=[1, 2], keepdims=1), 8, 4, 1))
    rows.add("Mul", rows.add("Sigmoid", rows.conv(y, 4, 8, 1)), x)


def unrolled(rows: Rows) -> None:
    x = rows.add("Relu", rows.add("Flatten", rows.conv("x", 3, 4)))
    rows.add("Add", rows.add("MatMul", x, numbers(192, 5)), numbers(5))


def unrolled_with_norm(rows: Rows) -> None:
    x = rows.add("Reshape", rows.conv("x", 3, 4), np.array([-1, 192]))
    x = rows.add("BatchNormalization", x, *(np.abs(numbers(192, seed=i)) + 0.5 for i in range(4)))
    x = rows.add("Add", rows.add("Mul", x, numbers(1, 192)), numbers(192, seed=5))
    rows.add("Softmax", rows.add("Gemm", rows.add("Dropout", x), numbers(5, 192), numbers(5), transB=1))


def unrolled_output(rows: Rows) -> None:
    rows.add("Softmax", rows.add("Flatten", rows.conv("x", 3, 4)))


def joined(rows: Rows) -> None:
    x = rows.conv("x", 3, 4)
    y = rows.add("Concat", x, rows.add("Elu", rows.conv(x, 4, 2)), "x", axis=3)
    rows.add("Concat", y, rows.add("Neg", y), axis=2)


def in_parts(rows: Rows) -> None:
    x = rows.conv("x", 3, 6)
    y = rows.add("Slice", x, np.array([0]), np.array([-4]), np.array([1]))
    z = rows.add("Slice", x, np.array([0, 0, 0, 2]), np.array([1, 8, 9, 6]))
    y = rows.add("Slice", rows.add("Concat", y, y, axis=1), np.array([0]), np.array([6]), np.array([-1]), np.array([2]))
    rows.add("Concat", z, y, axis=-1)


def around(rows: Rows) -> None:
    x = rows.add("Pad", "x", np.array([0, 0, 1, 0, 0, 1, 2, 0]))
    x = rows.conv(x, 3, 4, pads=[0, 0, 0, 0], strides=[2, 2])
    x = rows.add("Pad", x, np.array([0, 1, 0, 0, 0, 2, 0, 0]), np.float32(2))
    rows.add("Pad", x, np.array([0, 1, 1, 0, 0, 0, 2, 0]), mode="reflect")


def by_pixel(rows: Rows) -> None:
    """Classes of each cell."""
    rows.add("Softmax", rows.conv("x", 3, 5, 1), axis=-1)


def larger(rows: Rows) -> None:
    x = rows.add("Resize", rows.conv("x", 3, 4), "", np.array([1, 2, 2, 1], "f4"), mode="linear")
    x = rows.add(
        "Resize",
        x,
        "",
        "",
        np.array([1, 48, 24, 4]),
        nearest_mode="floor",
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
    )
    rows.add("PRelu", x, np.abs(numbers(1, 1, 4)))


def reduced(rows: Rows) -> None:
    """Over channels, as attention to places has it."""
    x = rows.conv("x", 3, 4)
    y = rows.add("Concat", rows.add("ReduceMean", x, axes=[3]), rows.add("ReduceMax", x, axes=[-1]), axis=3)
    x = rows.add("Mul", rows.add("Sigmoid", rows.conv(y, 2, 1, 3)), x)
    rows.add("ReduceMax", rows.add("ReduceSum", x, np.array([2]), keepdims=0), axes=[1], keepdims=0)


def normed(rows: Rows) -> None:
    """A block of ConvNeXt."""
    x = rows.conv("x", 3, 4)
    y = rows.add("LayerNormalization", rows.conv(x, 4, 4, 7, group=4), numbers(4), numbers(4, seed=1), axis=-1)
    y = rows.add("Relu", rows.add("Add", rows.add("MatMul", y, numbers(4, 16)), numbers(16)))
    y = rows.add("Mul", rows.add("Add", rows.add("MatMul", y, numbers(16, 4)), numbers(4)), numbers(4, seed=7))
    y = rows.add("Add", x, y)
    rows.add("LayerNormalization", y, numbers(8, 6, 4), axis=1)


def pooled(rows: Rows) -> None:
    x = rows.turned("MaxPool", rows.conv("x", 3, 4), kernel_shape=[2, 2], strides=[2, 2])
    x = rows.turned("BatchNormalization", x, *(np.abs(numbers(4, seed=i)) for i in range(4)))
    rows.add("Reshape", rows.turned("GlobalAveragePool", x), np.array([-1, 4]))


UNIT = ["conv", "relu"]
AVERAGE, LARGEST = (["permute", "reshape", f"global{name}pool", "reshape"] for name in ("avg", "max"))
"""What makes one value of all channels of a cell."""
GRAPHS: dict[str, tuple[Callable[[Rows], None], list[str]]] = {
    "residual": (
        residual,
        [*UNIT, "conv", "scale", "relu", "conv", "add", "relu", "globalavgpool", "flatten", "dense"],
    ),
    "mobile": (mobile, ["scale", "scale", "conv", "relu6", "conv", "relu6", "conv", "relu6", "conv", "add"]),
    "gated": (gated, ["conv", "globalavgpool", "flatten", "dense", "relu", "dense", "sigmoid", "reshape", "mul"]),
    "gated by cells": (gated_by_cells, ["conv", "globalavgpool", "conv", "relu", "conv", "sigmoid", "mul"]),
    "unrolled": (unrolled, ["conv", "flatten", "relu", "dense"]),
    "unrolled with a norm": (unrolled_with_norm, ["conv", "flatten", "batchnorm", "dropout", "dense", "softmax"]),
    "an unrolled output": (unrolled_output, ["conv", "permute", "flatten", "softmax"]),
    "joined": (joined, ["conv", "conv", "elu", "concat", "scale", "concat"]),
    "in parts": (in_parts, ["conv", "slice", "slice", "concat", "slice", "concat"]),
    "around": (around, ["conv", "pad", "pad"]),
    "by pixel": (by_pixel, ["conv", "softmax"]),
    "larger": (larger, ["conv", "upsample", "upsample", "prelu"]),
    "reduced": (
        reduced,
        [
            *[
                "conv",
                *AVERAGE,
                *LARGEST,
                "concat",
                "conv",
                "sigmoid",
                "mul",
                *AVERAGE[1:],
                "scale",
                "globalmaxpool",
                "flatten",
            ]
        ],
    ),
    "normed": (normed, ["conv", "conv", "layernorm", "conv", "relu", "conv", "scale", "add", "layernorm"]),
    "pooled": (pooled, ["conv", "maxpool", "batchnorm", "globalavgpool", "flatten"]),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_channels_are_first_in_the_spec(name: str) -> None:
    graph, layers = GRAPHS[name]
    rows = Rows()
    graph(rows)
    found = rows.imported()
    assert kinds(found) == layers
    assert found.spec.graph.input == (3, 8, 6)


KNOWN = {kind for kind, known in KINDS.items() if known.read is not None} - {"lrn", "adaptivemaxpool", "permute"}


@settings(max_examples=60)
@given(random_specs.texts(without=frozenset(KINDS) - KNOWN))
def test_random_networks_with_channels_last(text: str) -> None:
    """They come in as with their channels first. A convolution tells them from others."""
    head, _, layers = text.rpartition("layers:\n")
    assume("W: " in head.splitlines()[1])  # a vector has no order
    spec = random_specs.load(f"{head}layers:\n  - conv: {{F: 1, K: C}}\n{layers}")
    tensors = {name: array + np.float32(0.1) for name, array in initial(spec.graph.tensors, "he", 0).items()}
    import onnx

    own = onnx.load_from_string(encode(spec, tensors).data)
    own.producer_name = ""
    wanted = read_model(written(own, "first.onnx"), "net.safetensors", verify=False)
    assume(any(step.kind == "conv" for step in wanted.spec.graph.steps))
    found = read_model(written(channels_last(own)), "net.safetensors")
    assert [(step.kind, step.layer, step.shape) for step in found.spec.graph.steps] == [
        (step.kind, step.layer, step.shape) for step in wanted.spec.graph.steps
    ]
    assert [array.tobytes() for array in found.tensors.values()] == [
        array.tobytes() for array in wanted.tensors.values()
    ]


# what is said of it


def test_what_is_turned_is_told() -> None:
    rows = Rows()
    end = rows.conv("x", 3, 4)
    middle = rows.add("Softmax", rows.add("ReduceMean", end, axes=[1, 2], keepdims=0))
    found = rows.imported(end, middle)
    assert found.notes[0] == f"channels are last in the file, first in the spec: the input, the output `{end}`"
    assert "input (N, 8, 6, 3)" in found.source


@pytest.mark.parametrize("size", [("h", "w", 3), ("h", "w", "c")])
def test_a_free_size_is_given_channels_first(size: tuple[int | str, ...]) -> None:
    rows = Rows()
    rows.conv("x", 3, 4)
    assert rows.imported(size=size, input=(3, 8, 6)).spec.graph.input == (3, 8, 6)
    found = model(rows.nodes, rows.constants, ("v2",), ("h", "w", 3))
    with pytest.raises(FileError, match="it says 3x"):
        read_model(written(found))
    with pytest.raises(FileError, match=r"the file says 3x\?x\?"):
        read_model(written(found), input=(8, 6, 3))


def test_few_colours_behind_larger_sides_are_channels() -> None:
    """Where no operator tells them."""
    rows = Rows()
    rows.add("Gemm", rows.add("Flatten", "x"), numbers(28 * 28, 4))
    found = rows.imported(size=(28, 28, 1))
    assert (found.spec.graph.input, kinds(found)) == ((1, 28, 28), ["flatten", "dense"])


def test_an_image_whose_channels_are_first_may_leave_with_them_last() -> None:
    rows = Rows()
    x = rows.add("Conv", "x", numbers(4, 3, 1, 1))
    rows.add("Relu", rows.add("Transpose", x, perm=LAST))
    found = rows.imported(size=(3, 8, 6))
    assert kinds(found) == ["conv", "relu", "permute"]
    assert not any("channels" in note for note in found.notes)


def test_signals_whose_channels_are_last() -> None:
    """Their convolutions are of images of one row in some files, with an axis put in and taken out."""
    rows = Rows()
    x = rows.add("Transpose", "x", perm=[0, 2, 1])
    x = rows.add("Transpose", rows.add("Conv", x, numbers(4, 3, 5)), perm=[0, 2, 1])
    x = rows.add("Unsqueeze", rows.add("Relu", x), np.array([1]))
    x = rows.add("Squeeze", rows.conv(x, 4, 6, 1), np.array([1]))
    rows.add("Gemm", rows.add("Reshape", rows.add("Add", x, numbers(6)), np.array([-1, 96])), numbers(96, 2))
    found = rows.imported(size=(20, 3))
    assert found.spec.graph.input == (3, 1, 20)
    assert kinds(found) == ["conv", "relu", "conv", "scale", "flatten", "dense"]


@pytest.mark.parametrize("opset", [11, 12])
def test_softmax_over_an_axis_and_all_behind_it(opset: int) -> None:
    rows = Rows()
    rows.add("LogSoftmax", rows.add("Softmax", rows.conv("x", 3, 5, 1), axis=3), axis=-1)
    assert kinds(rows.imported(opset=opset)) == ["conv", "softmax", "logsoftmax"]


def test_axes_that_are_stored() -> None:
    rows = Rows()
    x = rows.add("Pad", rows.conv("x", 3, 4), np.array([1, 2, 0, 1]), "", np.array([2, 1]), mode="edge")
    x = rows.add("Resize", x, "", np.array([2, 2], "f4"), axes=[1, 2], mode="linear")
    rows.add("ReduceMax", x, np.array([1, -2]), keepdims=0)
    found = rows.imported(opset=18)
    assert kinds(found) == ["conv", "pad", "upsample", "globalmaxpool", "flatten"]


def test_a_product_with_stored_numbers_first_is_given_what_the_file_has() -> None:
    rows = Rows()
    rows.add("MatMul", np.ones((1, 8, 8), "f4"), rows.conv("x", 3, 4))
    with pytest.raises(FileError, match="E431"):
        rows.imported()
