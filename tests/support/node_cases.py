"""ONNX's own cases of single operators, those that a convolutional network may hold, as models that can be imported.

A network has one input with the batch in front, and everything else is stored. So a case is tried as it stands, its
first operand being what arrives; and where its operator knows no batch, with one more axis in front of all that it is
given, and operands of one shape cut out of one input.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

WITH_BATCH = frozenset(
    "AveragePool BatchNormalization Conv ConvTranspose DeformConv DepthToSpace Dropout Flatten Gemm GlobalAveragePool "  # noqa: SIM905
    "GlobalMaxPool GridSample GroupNormalization InstanceNormalization LRN LpPool MaxPool MaxUnpool "
    "MeanVarianceNormalization Resize RoiAlign SpaceToDepth Upsample MatMul".split()
)
"""Operators whose first axis is the batch."""
WITHOUT = frozenset(
    "Abs Add Celu Clip Concat Div Dropout Elu Erf Exp Gelu HardSigmoid HardSwish Hardmax Identity "  # noqa: SIM905
    "LayerNormalization LeakyRelu LogSoftmax LpNormalization MatMul Max Mean Min Mish Mul Neg PRelu Pad "
    "RMSNormalization Reciprocal ReduceL2 ReduceMax ReduceMean ReduceSum Relu Reshape Selu Shrink Sigmoid "
    "Slice Softmax Softplus Softsign Split Sqrt Squeeze Sub Sum Swish Tanh ThresholdedRelu Transpose "
    "Unsqueeze".split()
)
"""Operators that know no batch."""
TYPES = frozenset("bfloat16 float16 float32 float64 int8 int16 uint8 uint16".split())  # noqa: SIM905
"""Numbers that float32 has, or nearly has."""
JOINS = frozenset("Add Concat Div Max Mean Min Mul Sub Sum".split())  # noqa: SIM905


class NodeCase(NamedTuple):
    """A case: its node, the opset, and arrays by name for what it is given and what it makes."""

    name: str
    node: Any
    opset: int
    given: dict[str, Array]
    made: dict[str, Array]


class Way(NamedTuple):
    """A model that says a case, the input for it, and what the outputs are to be."""

    model: Any
    x: Array
    made: tuple[Array, ...]


@cache
def cases() -> tuple[NodeCase, ...]:
    """The cases of single nodes of the operators above, by name."""
    from onnx.backend.test.loader import load_model_tests

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = load_model_tests(kind="node")
    return tuple(sorted(filter(None, map(_case, found)), key=lambda case: case.name))


def _case(found: Any) -> NodeCase | None:
    graph, (version, *others) = found.model.graph, found.model.opset_import
    if len(graph.node) != 1 or others or version.domain or graph.node[0].op_type not in WITH_BATCH | WITHOUT:
        return None
    given, made = found.data_sets[0]
    names = ([each.name for each in graph.input], [each.name for each in graph.output])
    arrays = [
        dict(zip(own, map(np.asarray, held), strict=True)) for own, held in zip(names, (given, made), strict=True)
    ]
    return NodeCase(found.name.removeprefix("test_"), graph.node[0], version.version, *arrays)


def ways(case: NodeCase) -> Iterator[Way]:
    """The models that say a case, the likelier first."""
    first = case.given.get(case.node.input[0]) if case.node.input else None
    if first is None or first.dtype.name not in TYPES:
        return
    rank = first.ndim
    has_batch = case.node.op_type in WITH_BATCH and 2 <= rank <= 4
    if has_batch or (case.node.op_type in WITHOUT and rank == 4):
        yield _way(case, case.node, case.given, [case.node.input[0]])
    if case.node.op_type not in WITHOUT or not 1 <= rank <= 3:
        return
    node, given = _in_front(case, rank)
    made = {name: array[None] for name, array in case.made.items() if name in _own(case)}
    moved = case._replace(given=given, made=made)
    alike = [name for name in dict.fromkeys(node.input) if name and given[name].shape == given[node.input[0]].shape]
    if node.op_type in JOINS and len(alike) > 1 and len(alike) == len({*node.input}):
        yield _way(moved, node, given, alike)
    else:
        yield _way(moved, node, given, [node.input[0]])


def _own(case: NodeCase) -> list[str]:
    """What a node makes; statistics and places that it tells beside that are left out."""
    return list(case.made) if case.node.op_type == "Split" else [case.node.output[0]]


def _way(case: NodeCase, node: Any, given: dict[str, Array], computed: list[str]) -> Way:
    """A model with one input, of which those operands are pieces that are computed."""
    from onnx import helper, numpy_helper

    kind = helper.np_dtype_to_tensor_dtype(given[computed[0]].dtype)
    x = np.concatenate([given[name] for name in computed], axis=1) if len(computed) > 1 else given[computed[0]]
    pieces = []
    name = computed[0]
    if len(computed) > 1:
        name, size = "pieces", given[computed[0]].shape[1]
        pieces = [_slice(name, piece, i * size, (i + 1) * size) for i, piece in enumerate(computed)]
    bounds = {f"{made.output[0]}_{what}": value for made, values in pieces for what, value in values.items()}
    stored = {key: array for key, array in given.items() if key not in computed} | bounds
    graph = helper.make_graph(
        [*(made for made, _ in pieces), node],
        "case",
        [helper.make_tensor_value_info(name, kind, ["N", *x.shape[1:]])],
        [helper.make_tensor_value_info(key, kind, None) for key in _own(case)],
        [numpy_helper.from_array(array, key) for key, array in stored.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", case.opset)])
    return Way(model, x.astype(np.float32), tuple(case.made[key].astype(np.float32) for key in _own(case)))


def _slice(name: str, piece: str, start: int, end: int) -> tuple[Any, dict[str, Array]]:
    from onnx import helper

    values = {"start": np.array([start]), "end": np.array([end]), "axis": np.array([1])}
    return helper.make_node("Slice", [name, *(f"{piece}_{what}" for what in values)], [piece]), values


def _in_front(case: NodeCase, rank: int) -> tuple[Any, dict[str, Array]]:
    """The node and its operands with one more axis in front of what arrives."""
    from onnx import NodeProto, helper

    node = NodeProto()
    node.CopyFrom(case.node)
    said = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    default = {"LogSoftmax": -1, "Softmax": -1, "Hardmax": -1, "LayerNormalization": -1, "Split": 0}
    first = case.node.input[0]
    given = {n: array[None] if n == first or _is_alike(case, n) else array for n, array in case.given.items()}
    if "axis" in said or node.op_type in default:
        axis: int = said.get("axis", default.get(node.op_type, 0))
        said["axis"] = axis + 1 if axis >= 0 else axis
    if "perm" in said or node.op_type == "Transpose":
        perm = said.get("perm") or list(reversed(range(rank)))
        said["perm"] = [0, *(axis + 1 for axis in perm)]
    if node.op_type in ("Slice", "Squeeze", "Unsqueeze", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceSum", "Pad"):
        _axes(node, said, given, rank)
    if node.op_type == "Reshape":
        given[node.input[1]] = np.concatenate([[1], case.made[node.output[0]].shape]).astype(np.int64)
        said.pop("allowzero", None)
    if node.op_type == "Pad" and len(given[node.input[1]]) == 2 * rank:
        pads = given[node.input[1]]
        given[node.input[1]] = np.concatenate([[0], pads[:rank], [0], pads[rank:]])
    del node.attribute[:]
    node.attribute.extend(helper.make_attribute(key, value) for key, value in said.items())
    return node, given


AXES = {"Slice": 3, "Pad": 3}
"""Which operand has the axes; by default the one behind the first."""


def _axes(node: Any, said: dict[str, Any], given: dict[str, Array], rank: int) -> None:
    index = AXES.get(node.op_type, 1)
    if len(node.input) > index and node.input[index] in given:
        axes = given[node.input[index]]
        given[node.input[index]] = np.where(axes >= 0, axes + 1, axes)
        if not axes.size and not said.get("noop_with_empty_axes"):
            given[node.input[index]] = np.arange(1, 1 + rank)
        return
    if "axes" in said:
        said["axes"] = [axis + 1 if axis >= 0 else axis for axis in said["axes"]]
    elif node.op_type.startswith("Reduce") and not said.get("noop_with_empty_axes"):
        while len(node.input) < 2:
            node.input.append("all_axes")
        node.input[1] = "all_axes"
        given["all_axes"] = np.arange(1, 1 + rank)
    elif node.op_type == "Slice":
        node.input.append("given_axes")
        given["given_axes"] = np.arange(1, 1 + len(given[node.input[1]]))


def _is_alike(case: NodeCase, name: str) -> bool:
    """Whether an operand of a join is what arrives, as the first one is."""
    return case.node.op_type in JOINS and case.given[name].ndim == case.given[case.node.input[0]].ndim
