"""An ONNX file of a stranger -> a model whose numbers are at hand. Nothing in it is executed.

Numbers may lie in other files, which the format wants in the model's own folder; others are not opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from math import prod
from typing import Any, NamedTuple

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnx import FunctionProto, ModelProto, NodeProto, TensorProto, helper

from ....files.reading import AnyPath, Malformed, blaming, opened
from ....files.recognition import ONNX, ensure
from ..expression import LIMIT
from . import number_types
from .faults import MANY, broken
from .folding import FEW
from .tensors import array, emptied

OURS = "cnnspec"
"""What calls itself the program that wrote a model of ours."""
IR_WITHOUT_INPUTS = 4
"""The version of the format from which on stored tensors are no inputs."""
CUT = "it is cut off, damaged, or no ONNX model"


class Model(NamedTuple):
    """A model, and those of its stored tensors that are large: by name, and no more in `proto`, which would keep a
    second copy of them."""

    proto: ModelProto
    numbers: Mapping[str, NDArray[Any]]
    wide: frozenset[int] = number_types.HALVES
    """The types of numbers in other files that are to be float32."""
    notes: tuple[str, ...] = ()
    """What is to be known of that."""

    @property
    def is_ours(self) -> bool:
        """Whether it was exported from a spec."""
        return bool(self.proto.producer_name == OURS)


def read(path: AnyPath) -> Model:
    """The model in a file; numbers in other files are not read yet. Raises FileError: E403, E404 or E430."""
    with opened(path) as stream, blaming(path):
        ensure(stream, ONNX, cure="`cnnspec import` takes ONNX models")
        size = stream.seek(0, 2)
        if size > LIMIT:
            raise Malformed(f"it has {size:,} bytes; an ONNX file has {LIMIT:,} at most, further numbers lie beside it")
        stream.seek(0)
        proto = _message(stream.read())  # whose bytes are free again
    return _checked(proto, str(path))


def parsed(data: bytes, path: str) -> Model:
    """The model of some bytes. Raises Malformed, and FileError (E430)."""
    return _checked(_message(data), path)


def _message(data: bytes) -> ModelProto:
    model = ModelProto()
    try:
        model.ParseFromString(data)
    except DecodeError as fault:
        raise Malformed(CUT, "download or export it again") from fault
    return model


def _checked(model: ModelProto, path: str) -> Model:
    """A model that can be looked at, its large tensors apart. Raises FileError (E430)."""
    if not model.graph.node and not model.graph.output:
        raise broken(path, "the model has no graph", CUT)
    if any(isinstance(text, bytes) for text in _texts(model)):  # as protobuf gives what is not UTF-8
        raise broken(path, "a name in the model is no text", CUT)
    _ensure_few(model, path)
    wide = number_types.replaced(model)
    said = [*number_types.named(model, wide)]
    numbers = _taken(model, path, wide | {TensorProto.FLOAT})
    notes = (*said, *number_types.in_float32(model, path, wide))
    light = ModelProto()
    light.CopyFrom(model)  # memory of what was taken out is only given back with the whole model
    return Model(light, numbers, wide, notes)


def _taken(model: ModelProto, path: str, kinds: frozenset[int]) -> dict[str, NDArray[Any]]:
    """Large tensors of some types, stored ones and those of `Constant` nodes, which become stored ones; the model is
    left without their numbers. Raises FileError (E430)."""
    numbers: dict[str, NDArray[Any]] = {}
    graph = model.graph
    for tensor in graph.initializer:
        if tensor.name not in numbers and _is_large(tensor, kinds):  # a second one of its name is a fault
            numbers[tensor.name] = array(tensor, path).astype(np.float32, copy=False)
            emptied(tensor)
    known = {each.name for each in graph.initializer}
    for place in reversed(range(len(graph.node)) if model.ir_version >= IR_WITHOUT_INPUTS else ()):
        tensor = _held(graph.node[place])
        if _is_large(tensor, kinds) and (name := graph.node[place].output[0]) not in known:
            known.add(name)
            numbers[name] = array(tensor, path).astype(np.float32, copy=False)
            graph.initializer.add(name=name, dims=tensor.dims, data_type=TensorProto.FLOAT)
            del graph.node[place]
    return numbers


def _held(node: NodeProto) -> TensorProto:
    """The tensor of a `Constant`; an empty one for others."""
    is_constant = node.op_type == "Constant" and len(node.output) == 1 and len(node.attribute) == 1
    return node.attribute[0].t if is_constant else TensorProto()


def _is_large(tensor: TensorProto, kinds: frozenset[int]) -> bool:
    return tensor.data_type in kinds and tensor.data_location != TensorProto.EXTERNAL and prod(tensor.dims) > FEW


def _texts(model: ModelProto) -> Iterator[str]:
    """The texts of a model that are read."""
    graph = model.graph
    yield from (model.producer_name, model.producer_version, graph.name, graph.doc_string)
    for entry in model.metadata_props:
        yield from (entry.key, entry.value)
    yield from (each.domain for each in model.opset_import)
    for node in chain(graph.node, *(function.node for function in model.functions)):
        yield from (node.op_type, node.domain, node.name, *node.input, *node.output)
        yield from (attribute.name for attribute in node.attribute)
    for function in model.functions:
        yield from (function.domain, function.name, *function.input, *function.output)
    for each in (*graph.input, *graph.output, *graph.initializer):
        yield each.name


def inlined(model: ModelProto) -> ModelProto:
    """The model with its own functions written out."""
    if not model.functions:
        return model
    from onnx import inliner

    return inliner.inline_local_functions(model)


def _ensure_few(model: ModelProto, path: str) -> None:
    """Raise E430 where functions call each other in a circle, or more nodes would come of them than can be meant."""
    functions = {(each.domain, each.name): each for each in model.functions}
    counts: dict[tuple[str, str], int | None] = {}

    def count(nodes: Any) -> int:
        return sum(size(functions[key]) if (key := (n.domain, n.op_type)) in functions else 1 for n in nodes)

    def size(function: FunctionProto) -> int:
        key = (function.domain, function.name)
        if key not in counts:
            counts[key] = None
            counts[key] = min(count(function.node), 2 * MANY)
        found = counts[key]
        if found is None:
            raise broken(path, f"the function `{function.name}` calls itself")
        return found

    try:
        found = count(model.graph.node)
    except RecursionError:
        raise broken(path, "functions call each other too deeply") from None
    if found > MANY:
        raise broken(path, f"the model has more than {MANY:,} nodes", "a network has up to 20,000 layers")


def constants(model: Model, path: AnyPath) -> Iterator[tuple[str, NDArray[Any]]]:
    """The stored numbers by name. Raises FileError for those that are not there, or not of their shape."""
    yield from model.numbers.items()
    for tensor in model.proto.graph.initializer:
        if not is_apart(tensor, model):
            found = array(tensor, path)
            yield tensor.name, found.astype(np.float32) if tensor.data_type in model.wide else found
    if model.proto.graph.sparse_initializer:
        raise broken(str(path), "the model holds sparse tensors", "they are no layer's")


def is_apart(tensor: TensorProto, model: Model) -> bool:
    """Whether a stored tensor is one of those that were taken out."""
    return tensor.name in model.numbers and not (tensor.raw_data or tensor.float_data)


def attributes(node: NodeProto) -> dict[str, Any]:
    """What is written at a node: numbers, words, lists of them, tensors as arrays."""
    found: dict[str, Any] = {}
    for each in node.attribute:
        value = helper.get_attribute_value(each)
        found[each.name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return found
