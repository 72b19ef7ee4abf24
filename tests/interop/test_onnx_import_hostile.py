"""Models of strangers: whatever is wrong with them is said, in bounded time and memory, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call
from onnx_models import model, node, numbers, written

pytestmark = pytest.mark.peers


def beside(location: str, offset: int = 0, length: int = 16, dims: tuple[int, ...] = (1, 4, 1, 1)) -> Any:
    """A model whose numbers would lie in another file."""
    from onnx import TensorProto

    found = model([node("Conv", ["x", "w"], "y")], {"w": numbers(*dims)}, size=(4, 8, 8))
    (tensor,) = found.graph.initializer
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))
    return found


def with_function(*bodies: tuple[str, list[str]]) -> Any:
    """A model with functions, each of a name and the operators that it calls, of which the first is used."""
    from onnx import helper

    found = model([node("F0", ["x"], "y", domain="own")])
    own, plain = helper.make_opsetid("own", 1), helper.make_opsetid("", 17)
    found.opset_import.append(own)
    for name, ops in bodies:
        names = ["a", *(f"v{i}" for i in range(len(ops) - 1)), "b"]
        nodes = [
            node(op, [names[i]], names[i + 1], domain="own" if op.startswith("F") else "") for i, op in enumerate(ops)
        ]
        found.functions.append(helper.make_function("own", name, ["a"], ["b"], nodes, [plain, own]))
    return found


def twice() -> Any:
    return model([node("Relu", ["x"], "y"), node("Tanh", ["x"], "y")])


def circle() -> Any:
    return model([node("Add", ["x", "b"], "a"), node("Relu", ["a"], "b"), node("Relu", ["b"], "y")])


def swollen() -> Any:
    nodes = [node("ConstantOfShape", ["shape"], "c"), node("Add", ["x", "c"], "y")]
    return model(nodes, {"shape": np.array([10**6, 10**6])})


def misshapen() -> Any:
    found = model([node("Conv", ["x", "w"], "y")], {"w": numbers(1, 3, 1, 1)})
    found.graph.initializer[0].dims[0] = 7
    return found


def whole_numbers() -> Any:
    from onnx import TensorProto

    found = model([node("Relu", ["x"], "y")])
    found.graph.input[0].type.tensor_type.elem_type = TensorProto.INT64
    return found


def two_inputs() -> Any:
    found = model([node("Add", ["x", "z"], "y")])
    found.graph.input.append(model([], outputs=()).graph.input[0])
    found.graph.input[1].name = "z"
    return found


TWO = np.array([2])
HOSTILE: dict[str, tuple[Callable[[], Any], str]] = {
    "a circle": (circle, "reads `b`, which nothing before it makes"),
    "one name for two": (twice, "two things are called `y`"),
    "a constant of 10^12 values": (swollen, "node `c` (`ConstantOfShape`) has no value"),
    "numbers of another shape": (misshapen, "the numbers of `w` cannot be read"),
    "an absolute path": (lambda: beside("/etc/passwd"), "the numbers of `w` are not read"),
    "a path that climbs": (lambda: beside("../secret"), "the numbers of `w` are not read"),
    "a path that climbs from within": (lambda: beside("sub/../../secret"), "the numbers of `w` are not read"),
    "a path of another system": (lambda: beside("..\\secret"), "the numbers of `w` are not read"),
    "a link that leads out": (lambda: beside("link"), "the numbers of `w` are not read"),
    "no path": (lambda: beside(""), "the numbers of `w` are not read"),
    "numbers past the end": (lambda: beside("data", 8), "the numbers of `w` are not there"),
    "numbers before the start": (lambda: beside("data", -8), "the numbers of `w` are not there"),
    "another length": (lambda: beside("data", 0, 8), "the numbers of `w` are not there"),
    "a function in itself": (lambda: with_function(("F0", ["F0"])), "the function `F0` calls itself"),
    "functions of functions": (
        lambda: with_function(*((f"F{i}", [f"F{i + 1}"] * 10) for i in range(9)), ("F9", ["Relu"])),
        "the model has more than 100,000 nodes",
    ),
    "an attribute of another type": (
        lambda: model([node("MaxPool", ["x"], "y", kernel_shape="wide")]),
        "node `y` (`MaxPool`) is not as ONNX has it",
    ),
    "an axis behind the last": (lambda: model([node("Softmax", ["x"], "y", axis=9)]), "its axis 9 is none of the 4"),
    "an axis before the first": (lambda: model([node("Concat", ["x", "x"], "y", axis=-7)]), "its axis -7 is none"),
    "no place between two axes": (lambda: model([node("Flatten", ["x"], "y", axis=5)]), "its axis 5 is none"),
    "an axis of a stored list": (
        lambda: model([node("ReduceMean", ["x", "w"], "y")], {"w": np.array([2, 6])}, opset=18),
        "its axis 6 is none of the 4 axes, -4 to 3",
    ),
    "an axis of stored numbers": (
        lambda: model([node("Concat", ["w", "x"], "y", axis=4)], {"w": numbers(1, 3, 8, 8)}),
        "its axis 4 is none of the 4 axes, -4 to 3",
    ),
    "an axis of what is worked out": (
        lambda: model(
            [node("ReduceSum", ["w", "a"], "v"), node("Add", ["x", "v"], "y")], {"w": numbers(3, 1), "a": TWO}
        ),
        "its axis 2 is none of the 2 axes, -2 to 1",
    ),
    "an order of other axes": (
        lambda: model([node("Transpose", ["x"], "y", perm=[0, 1, 4, 2])]),
        "its perm [0, 1, 4, 2] is no order of the 4 axes",
    ),
    "an order of stored numbers": (
        lambda: model([node("Transpose", ["w"], "v", perm=[1, 1]), node("Add", ["x", "v"], "y")], {"w": numbers(1, 1)}),
        "its perm [1, 1] is no order of the 2 axes",
    ),
    "an axis that none is put behind": (
        lambda: model([node("OneHot", ["x", "d", "v"], "y", axis=5)], {"d": TWO, "v": numbers(2)}),
        "its axis 5 is none of the 5 axes, -5 to 4",
    ),
    "axes that are no numbers": (
        lambda: model([node("Unsqueeze", ["x", "w"], "y")], {"w": np.array([np.nan], np.float32)}),
        "its axes are no whole numbers",
    ),
    "an attribute that is missing": (
        lambda: model([node("MaxPool", ["x"], "y")]),
        "node `y` (`MaxPool`) is not as ONNX has it",
    ),
    "too many operands": (lambda: model([node("Relu", ["x", "x"], "y")]), "node `y` (`Relu`) is not as ONNX has it"),
    "an input of whole numbers": (whole_numbers, "the input is no tensor of float32"),
    "two inputs": (two_inputs, "a network has one input; this model has 2"),
    "a number": (lambda: model([node("Relu", ["x"], "y")], size=()), "the input is no image (N, C, H, W)"),
    "a volume": (lambda: model([node("Relu", ["x"], "y")], size=(3, 2, 2, 2)), "the input is no image (N, C, H, W)"),
    "a huge input": (
        lambda: model([node("Relu", ["x"], "y")], size=(3, 10**6, 10**6)),
        "the input has 3,000,000,000,000 values",
    ),
    "no way from the input": (
        lambda: model([node("Relu", ["w"], "y")], {"w": numbers(1, 3)}),
        "the output `y` does not",
    ),
    "no output": (lambda: model([node("Relu", ["x"], "y")], outputs=()), "the model has no output"),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a model, beside a secret that it may not read."""
    (tmp_path / "secret").write_bytes(bytes(64))
    inner = tmp_path / "inner"
    inner.mkdir()
    monkeypatch.chdir(inner)
    Path("data").write_bytes(bytes(16))
    Path("link").symlink_to(tmp_path / "secret")
    return inner


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_models_are_refused(name: str, folder: Path) -> None:
    make, said = HOSTILE[name]
    written(make())
    before = sorted(folder.iterdir())
    called = call("import", "net.onnx", "-o", "net.yaml")
    assert (called.code, called.out) == (3, "")
    assert said in called.err
    assert "error[E430]" in called.err
    assert sorted(folder.iterdir()) == before


def test_numbers_beside_the_model_are_read() -> None:
    Path("data").write_bytes(np.arange(4, dtype="<f4").tobytes())
    written(beside("data"))
    assert call("import", "net.onnx", "-o", "net.yaml").code == 0


@pytest.mark.parametrize("cut", [0, 1, 10, 100, 200])
def test_a_model_that_is_cut_off(cut: int) -> None:
    whole = model([node("Conv", ["x", "w"], "y")], {"w": numbers(4, 3, 3, 3)}).SerializeToString()
    Path("net.onnx").write_bytes(whole[:cut])
    called = call("import", "net.onnx", "-o", "net.yaml")
    assert (called.code, called.out) == (3, "")
    assert "error[E403]" in called.err
    assert not Path("net.yaml").exists()


def test_other_files_are_no_models() -> None:
    Path("net.onnx").write_text("cnnspec: 1\n")
    called = call("import", "net.onnx", "-o", "net.yaml")
    assert (called.code, "it is a text" in called.err) == (3, True)
    assert call("import", "none.onnx", "-o", "net.yaml").code == 3


def test_numbers_that_are_not_finite() -> None:
    weights = numbers(4, 3, 1, 1)
    weights[0] = np.inf
    written(model([node("Conv", ["x", "w"], "y")], {"w": weights}))
    called = call("import", "net.onnx", "-o", "net.yaml")
    assert (called.code, "its weight is not finite" in called.err) == (3, True)


@pytest.mark.parametrize("name", [b"kernel_shape", b"MaxPool", b"above", b"net"])
def test_a_name_that_is_no_text(name: bytes) -> None:
    whole = model([node("MaxPool", ["x"], "y", name="above", kernel_shape=[2, 2])]).SerializeToString()
    Path("net.onnx").write_bytes(whole.replace(name, b"\xff" + name[1:]))
    called = call("import", "net.onnx", "-o", "net.yaml")
    assert (called.code, called.out) == (3, "")
