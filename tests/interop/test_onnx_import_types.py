"""ONNX models over other numbers than float32: what changes nothing but how exact they are comes in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from onnx_models import model, node, numbers

from cnnspec.diagnostics import FileError
from cnnspec.interop.imported import Imported
from cnnspec.interop.importing import read_model

if TYPE_CHECKING:
    from onnx import ModelProto

pytestmark = pytest.mark.peers


def over(kind: str, nodes: list[Any], **constants: Any) -> ModelProto:
    """A model whose input and output are of a type, as ONNX calls it."""
    from onnx import TensorProto

    made: ModelProto = model(nodes, constants)
    for value in (*made.graph.input, *made.graph.output):
        value.type.tensor_type.elem_type = TensorProto.DataType.Value(kind)
    return made


def of_kind(kind: str, array: Any) -> Any:
    from onnx import TensorProto, helper

    return np.asarray(array).astype(helper.tensor_dtype_to_np_dtype(TensorProto.DataType.Value(kind)))


def imported(made: ModelProto, folder: Path, **saved: Any) -> Imported:
    import onnx

    onnx.save(made, folder / "net.onnx", **saved)
    found = read_model(folder / "net.onnx", "net.safetensors")
    assert found.difference is not None
    assert found.difference.largest < 1e-5
    return found


@pytest.mark.parametrize("saved", [{}, {"save_as_external_data": True, "size_threshold": 0}])
@pytest.mark.parametrize("has_runtime", [True, False])
@pytest.mark.parametrize("kind", ["FLOAT16", "BFLOAT16", "DOUBLE"])
def test_fractions_become_float32(
    kind: str, has_runtime: bool, saved: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large and small tensors, those of nodes, and casts."""
    import sys

    from onnx import TensorProto, helper, numpy_helper

    if not has_runtime:
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
    large, small = of_kind(kind, numbers(16, 3, 5, 5)), of_kind(kind, numbers(4, 16, 1, 1, seed=1))
    two = helper.make_node("Constant", [], ["two"], value=numpy_helper.from_array(of_kind(kind, 2.0), "two"))
    cast = node("Cast", ["c"], "y", to=TensorProto.DataType.Value(kind))
    nodes = [two, node("Conv", ["x", "w"], "a"), node("Conv", ["a", "v"], "b"), node("Mul", ["b", "two"], "c"), cast]
    found = imported(over(kind, nodes, w=large, v=small), tmp_path, **saved)
    assert [step.kind for step in found.spec.graph.steps] == ["conv", "conv", "scale"]
    first, *_ = found.tensors.values()
    np.testing.assert_array_equal(first, large.astype(np.float32))
    word = {"DOUBLE": "double"}.get(kind, kind.lower())
    assert f"numbers are {word} in the model; here, and where it is checked, they are float32" in found.notes


def test_rounding_on_the_way_is_said(tmp_path: Path) -> None:
    """No tensor is of 16 bits, nor is a value declared to be: only what a node makes."""
    from onnx import TensorProto

    nodes = [node("Cast", ["x"], "a", to=TensorProto.FLOAT16), node("Cast", ["a"], "y", to=TensorProto.FLOAT)]
    found = imported(model(nodes), tmp_path)
    assert "numbers are float16 in the model; here, and where it is checked, they are float32" in found.notes


def test_an_input_of_float32_may_have_numbers_of_16_bits(tmp_path: Path) -> None:
    from onnx import TensorProto

    nodes = [
        node("Cast", ["x"], "a", to=TensorProto.FLOAT16),
        node("Conv", ["a", "w"], "b"),
        node("Cast", ["b"], "y", to=TensorProto.FLOAT),
    ]
    found = imported(over("FLOAT", nodes, w=of_kind("FLOAT16", numbers(4, 3, 3, 3))), tmp_path)
    assert [step.kind for step in found.spec.graph.steps] == ["conv"]


@pytest.mark.parametrize("kind", ["UINT8", "INT32"])
def test_an_image_of_whole_numbers_is_moved_and_cast(kind: str, tmp_path: Path) -> None:
    from onnx import TensorProto

    chosen = node("MaxPool", ["a"], "b", kernel_shape=[2, 2]) if kind == "UINT8" else node("Identity", ["a"], "b")
    cast = node("Cast", ["b"], "c", to=TensorProto.FLOAT)
    nodes = [node("Clip", ["x", "low"], "a"), chosen, cast, node("Conv", ["c", "w"], "y")]
    made = over(kind, nodes, w=numbers(4, 3, 3, 3), low=of_kind(kind, 1))
    made.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT
    found = imported(made, tmp_path)
    assert [step.kind for step in found.spec.graph.steps if step.kind != "maxpool"] == ["clip", "conv"]
    assert f"the input is {kind.lower()} in the file; the spec takes the same numbers, as float32" in found.notes


def summed() -> ModelProto:
    return over("UINT8", [node("Add", ["x", "x"], "y")])


def made_by_cast() -> ModelProto:
    from onnx import TensorProto

    return over("INT16", [node("Cast", ["x"], "y", to=TensorProto.INT8)])


def bound_that_is_worked_out() -> ModelProto:
    return over("INT8", [node("Add", ["l", "l"], "low"), node("Clip", ["x", "low"], "y")], l=np.array(1, np.int8))


def larger_numbers() -> ModelProto:
    return over("INT32", [node("Identity", ["x"], "y")])


@pytest.mark.parametrize("made", [summed, made_by_cast, bound_that_is_worked_out, larger_numbers])
def test_what_float32_may_not_say_is_refused(made: Callable[[], ModelProto], tmp_path: Path) -> None:
    import onnx

    onnx.save(made(), tmp_path / "net.onnx")
    with pytest.raises(FileError) as caught:
        read_model(tmp_path / "net.onnx", "net.safetensors")
    assert [each.code for each in caught.value.diagnostics] == ["E430"]
