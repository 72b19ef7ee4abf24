"""Small ONNX models as other programs might have written them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Constants = Mapping[str, NDArray[Any]]


def model(
    nodes: Sequence[Any],
    constants: Constants | None = None,
    outputs: Sequence[str] = ("y",),
    size: Sequence[int | str] = (3, 8, 8),
    opset: int = 17,
) -> Any:
    """A model from `x` (N, *size) to the outputs, whose shapes are not declared."""
    from onnx import TensorProto, helper, numpy_helper

    stored = [numpy_helper.from_array(np.asarray(array), name) for name, array in (constants or {}).items()]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *size])
    made = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    graph = helper.make_graph(list(nodes), "net", [given], made, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def node(op: str, inputs: Sequence[str], output: str, name: str = "", **attributes: Any) -> Any:
    from onnx import helper

    return helper.make_node(op, list(inputs), [output], name=name, **attributes)


def written(found: Any, path: str | Path = "net.onnx") -> Path:
    """The model as a file."""
    Path(path).write_bytes(found.SerializeToString())
    return Path(path)


def numbers(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)
