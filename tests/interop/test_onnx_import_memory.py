"""What an import of large ONNX models takes in memory, and that large tensors come in however they are stored."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from onnx_models import model, node, numbers

from cnnspec.interop.importing import read_model

if TYPE_CHECKING:
    from onnx import ModelProto

pytestmark = pytest.mark.peers

PROGRAM = """
    import re, sys
    from pathlib import Path
    from cnnspec.interop.importing import read_model, write_spec

    def taken(word):
        # Not ru_maxrss: that begins with the size of the process that started this one.
        return int(re.search(word + r":[^0-9]*([0-9]+)", Path("/proc/self/status").read_text())[1]) * 1024

    small, large, judge = sys.argv[1:]
    verify = judge != "nobody"
    if judge == "definitions":
        sys.modules["onnxruntime"] = None
    write_spec(read_model(small, "a.safetensors", verify=verify), "a.yaml")
    before = taken("VmRSS")
    write_spec(read_model(large, "b.safetensors", verify=verify), "b.yaml")
    print((taken("VmHWM") - before) / Path(large).stat().st_size)
"""


def dense(inputs: int, outputs: int) -> ModelProto:
    """A network that is nearly nothing but one stored tensor."""
    nodes = [node("Flatten", ["x"], "a"), node("Gemm", ["a", "w", "b"], "y", transB=1)]
    return model(nodes, {"w": numbers(outputs, inputs), "b": numbers(outputs)}, size=(inputs, 1, 1))


def in_nodes(made: ModelProto) -> ModelProto:
    """The same with `Constant` nodes in place of stored tensors."""
    from onnx import helper

    graph = made.graph
    nodes = [helper.make_node("Constant", [], [each.name], value=each) for each in graph.initializer]
    nodes += list(graph.node)
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    return made


def as_stored(made: ModelProto) -> ModelProto:
    return made


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what the process takes")
@pytest.mark.parametrize(
    ("judge", "held", "most"),
    [
        ("nobody", as_stored, 2.2),
        ("nobody", in_nodes, 2.2),
        ("runtime", as_stored, 3.5),
        ("runtime", in_nodes, 3.5),
        ("definitions", as_stored, 3.5),
    ],
)
def test_memory_is_a_few_times_the_file(
    judge: str, held: Callable[[ModelProto], ModelProto], most: float, tmp_path: Path
) -> None:
    import onnx

    onnx.save(dense(8, 10), tmp_path / "small.onnx")
    onnx.save(held(dense(8_000, 2_000)), tmp_path / "large.onnx")
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), "small.onnx", "large.onnx", judge]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=300)
    assert 1 < float(run.stdout) < most


def in_raw_data(made: ModelProto, path: Path) -> None:
    import onnx

    onnx.save(made, path)


def in_fields(made: ModelProto, path: Path) -> None:
    import onnx
    from onnx import numpy_helper

    for tensor in made.graph.initializer:
        values = numpy_helper.to_array(tensor).ravel()
        tensor.ClearField("raw_data")
        tensor.float_data.extend(values.tolist())
    onnx.save(made, path)


def beside_it(made: ModelProto, path: Path) -> None:
    import onnx

    onnx.save(made, path, save_as_external_data=True, location="numbers.bin", size_threshold=0)


@pytest.mark.parametrize("saved", [in_raw_data, in_fields, beside_it])
@pytest.mark.parametrize("has_runtime", [True, False])
def test_large_tensors_come_in(
    saved: Callable[[ModelProto, Path], None], has_runtime: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from onnx import numpy_helper

    if not has_runtime:
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
    made = dense(90, 20)
    weight = numpy_helper.to_array(made.graph.initializer[0]).copy()
    saved(made, tmp_path / "net.onnx")
    found = read_model(tmp_path / "net.onnx", "net.safetensors")
    assert found.difference is not None
    assert found.difference.judge == ("ONNX Runtime" if has_runtime else "the package onnx")
    assert found.difference.largest < 1e-5
    held = next(array for name, array in found.tensors.items() if name.endswith("weight"))
    np.testing.assert_array_equal(held, weight)
