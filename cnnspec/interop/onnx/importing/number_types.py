"""Models over other numbers than float32 become such over float32, where that changes nothing but how exact they are.

Numbers of 16 bits are widened; those of 64 bits, in a model whose input has them, are narrowed. An image of whole
numbers may be moved, and chosen from, as `Max` does, until a `Cast` makes fractions of it: the order is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, numpy_helper

from .faults import broken
from .tensors import array

FLOAT = TensorProto.FLOAT
HALVES = frozenset({TensorProto.FLOAT16, TensorProto.BFLOAT16})
EXACT = frozenset({TensorProto.INT8, TensorProto.UINT8, TensorProto.INT16, TensorProto.UINT16})
"""Whole numbers that float32 has, all of them."""
WHOLE = EXACT | {TensorProto.INT32, TensorProto.UINT32, TensorProto.INT64, TensorProto.UINT64}
ORDERLY = frozenset(
    {"Clip", "Concat", "DepthToSpace", "Flatten", "Identity", "Max", "MaxPool", "Min", "Pad", "ReduceMax", "Relu"}
    | {"Reshape", "Slice", "SpaceToDepth", "Split", "Squeeze", "Transpose", "Unsqueeze"}
)
"""Operators whose values are some of those that arrive; which ones hangs on nothing but their order and places."""
VALUES = {"Clip": (1, 2), "Pad": (2,)}
"""Further operands that are values, not sizes; those of joins all are."""
JOINS = ("Concat", "Max", "Min")


def replaced(model: ModelProto) -> frozenset[int]:
    """The types of fractions that become float32."""
    return HALVES | ({TensorProto.DOUBLE} & {_type(each) for each in _inputs(model.graph)})


def named(model: ModelProto, wide: frozenset[int]) -> Iterator[str]:
    """What is to be known of these types in a model that has them still."""
    kinds = {each.data_type for each in _tensors(model)} | {_type(each) for each in _values(model.graph)}
    kinds |= {each.i for each in _made(model)}
    if seen := sorted(name(kind) for kind in kinds & wide):
        yield f"numbers are {' and '.join(seen)} in the model; here, and where it is checked, they are float32"


def in_float32(model: ModelProto, path: str, wide: frozenset[int]) -> Iterator[str]:
    """Change a model to float32, and say what is to be known of its input. Numbers in other files stay.

    Raises FileError (E430) where something is worked out in whole numbers.
    """
    for tensor in _tensors(model):
        if tensor.data_type in wide and tensor.data_location != TensorProto.EXTERNAL:
            tensor.CopyFrom(_in_float32(tensor, path, tensor.name))
    for value in _values(model.graph):
        if _type(value) in wide:
            value.type.tensor_type.elem_type = FLOAT
    for attribute in _made(model):
        if attribute.i in wide:
            attribute.i = FLOAT
    for given in _inputs(model.graph):
        if _type(given) in WHOLE:
            _whole(model.graph, given, path)
            yield f"the input is {name(_type(given))} in the file; the spec takes the same numbers, as float32"
            given.type.tensor_type.elem_type = FLOAT


def name(kind: int) -> str:
    """What a type is called, `float16` say."""
    names: dict[str, int] = dict(TensorProto.DataType.items())
    return next((word.lower() for word, number in names.items() if number == kind), "of no known type")


def _in_float32(tensor: TensorProto, path: str, called: str) -> TensorProto:
    return numpy_helper.from_array(array(tensor, path).astype(np.float32), called)


# what a model is made of


def _inputs(graph: GraphProto) -> list[ValueInfoProto]:
    stored = {each.name for each in graph.initializer}
    return [each for each in graph.input if each.name not in stored]


def _values(graph: GraphProto) -> Iterator[ValueInfoProto]:
    return chain(graph.input, graph.output, graph.value_info)


def _type(value: ValueInfoProto) -> int:
    return int(value.type.tensor_type.elem_type)


def _attributes(model: ModelProto) -> Iterator[AttributeProto]:
    for node in chain(model.graph.node, *(function.node for function in model.functions)):
        yield from node.attribute


def _made(model: ModelProto) -> Iterator[AttributeProto]:
    """What nodes say of the types that they make."""
    return (each for each in _attributes(model) if each.name in ("to", "dtype"))


def _tensors(model: ModelProto) -> Iterator[TensorProto]:
    yield from model.graph.initializer
    yield from (each.t for each in _attributes(model) if each.type == AttributeProto.TENSOR)


# whole numbers


def _whole(graph: GraphProto, given: ValueInfoProto, path: str) -> None:
    """Let an image of whole numbers, and what is made of it in order, be one of float32."""
    kind, found = _type(given), {given.name}
    stored = {each.name: each for each in graph.initializer}
    for node in graph.node:
        if not found.intersection(node.input) or node.op_type in ("Cast", "Shape", "Size"):
            _ensure_no_whole_cast(node, found, kind, path)
            continue
        if node.op_type not in ORDERLY or node.domain not in ("", "ai.onnx"):
            raise _computed(node, kind, path)
        places = range(len(node.input)) if node.op_type in JOINS else VALUES.get(node.op_type, ())
        for place in places:
            given_name = node.input[place] if place < len(node.input) else ""
            if given_name and given_name not in found:
                if given_name not in stored or stored[given_name].data_type != kind:
                    raise _computed(node, kind, path)
                node.input[place] = f"{given_name}/float32"
                if node.input[place] not in stored:
                    graph.initializer.append(_in_float32(stored[given_name], path, node.input[place]))
                    stored[node.input[place]] = graph.initializer[-1]
        found.update(node.output if node.op_type == "Split" else node.output[:1])
    ends = [each for each in graph.output if each.name in found]
    if ends and kind not in EXACT:
        why = f"the output `{ends[0].name}` is {name(kind)}, too, and float32 does not have all of its numbers"
        raise broken(path, "the input is no tensor of float32", why, "export it with a float32 input")
    for value in (*graph.output, *graph.value_info):
        if value.name in found:
            value.type.tensor_type.elem_type = FLOAT


def _ensure_no_whole_cast(node: NodeProto, found: set[str], kind: int, path: str) -> None:
    if node.op_type == "Cast" and found.intersection(node.input):
        to = next((each.i for each in node.attribute if each.name == "to"), 0)
        if to not in {FLOAT, TensorProto.DOUBLE}:
            raise _computed(node, kind, path)


def _computed(node: NodeProto, kind: int, path: str) -> Exception:
    called = node.name or (node.output[0] if node.output else "")
    why = f"node `{called}` (`{node.op_type}`) works with {name(kind)}; layers work with float32"
    return broken(path, "the input is no tensor of float32", why, "export it with a float32 input")
