"""A model -> nodes over values of which all shapes are known: what does not hang on the input is worked out.

In one pass over the nodes: a node of constants becomes its value, `Shape` of a known shape a constant, copies another
name for what they copy. So what programs write to work out sizes vanishes by itself. The batch is 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, TypeProto, ValueInfoProto, helper

from ....graph.shape import Shape
from ...input_size import settled
from . import axes, model_file, number_types, tensors
from .faults import broken
from .folding import Folding, Unfoldable
from .input_order import is_channels_last
from .model_file import Model

FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE, TensorProto.BFLOAT16)
COPIES = ("Identity", "CastLike")
TURNED = ("Transpose", "Reshape", "Squeeze", "Unsqueeze", "Cast")
"""What is done to stored numbers that goes on being the same tensor."""
ALIKE = ("GroupNormalization",)
"""Operators that keep the shape that arrives, though the package `onnx` does not say so."""
SIZES = 2**31
"""Values of a tensor at most: an input of this size is no image."""


@dataclass(frozen=True, slots=True)
class Node:
    """An operator over values by name, `""` for one left out. `name` is its own in the file, or what it makes."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    kind: str = ""
    """The layer that it is known to be; then the attributes are the layer's fields."""

    @property
    def output(self) -> str:
        return self.outputs[0]

    def to(self, op: str, *inputs: str, **attributes: Any) -> Node:
        """Another operator in its place."""
        return replace(self, op=op, inputs=inputs, attributes=attributes)


@dataclass(slots=True)
class StaticModel:
    """The part of a model that makes its `ends` (N, ...) from `input` (N, C, H, W). `shapes` are those of all
    computed values with a batch of 1, `constants` all others."""

    path: str
    input: str
    size: Shape
    ends: tuple[str, ...]
    opset: int
    given: tuple[int, ...] = ()
    """The shape that the file gives its input: an image of one row may be a signal there."""
    is_channels_last: bool = False
    """Whether that is (N, H, W, C)."""
    turned: tuple[bool, ...] = ()
    """Which of `ends` have their channels last in the file, and first among `outputs`."""
    outputs: tuple[str, ...] = ()
    """The values that `ends` are names of."""
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, NDArray[Any]] = field(default_factory=dict)
    stored: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """The constants that are the file's stored tensors, under their names there."""
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    values: frozenset[str] = frozenset()
    """The computed values that the file has."""
    origins: dict[str, str] = field(default_factory=dict)
    """Names of stored tensors of the file, by those of constants that were made of them."""

    def constant(self, node: Node, index: int) -> NDArray[Any] | None:
        """An operand of a node that is a constant; None for others, and where the node has none there."""
        return self.constants.get(node.inputs[index]) if index < len(node.inputs) else None

    def numbers(self, node: Node, attribute: str, index: int) -> list[int] | None:
        """Whole numbers that are an attribute in older versions and an operand in newer ones; None where they are
        neither, or computed."""
        found = node.attributes.get(attribute, self.constant(node, index))
        return None if found is None else [int(value) for value in np.ravel(found)]

    def axes(self, node: Node) -> tuple[int, ...] | None:
        """The axes that a reduction names, each once, counted from the front; None where it names none, or they are
        computed."""
        told, rank = self.numbers(node, "axes", 1), len(self.shapes.get(node.inputs[0], ()))
        return tuple(sorted({axis % rank for axis in told})) if told and rank else None

    def hold(self, name: str, array: NDArray[Any], origin: str = "") -> str:
        """One more constant, and its name."""
        self.constants[name] = array
        self.origins[name] = self.origins.get(origin, origin)
        return name


SIGNAL = 3
"""Axes of a signal, (N, C, W)."""


def static(model: Model, path: str, size: Shape | None = None, outputs: Iterable[str] = ()) -> StaticModel:
    """A model with constants and shapes worked out, up to some of its values.

    `size`, (C, H, W) or (C,), is for an input that leaves sizes free. Raises FileError (E430) for what is no network,
    E431 for nodes whose shapes cannot be known.
    """
    return Pass(model, path, size, tuple(outputs)).run()


class Pass:
    """The one pass over a model's nodes."""

    def __init__(self, model: Model, path: str, size: Shape | None, outputs: tuple[str, ...]) -> None:
        self.path = path
        opsets = {each.domain: each.version for each in model.proto.opset_import}
        opset = opsets.get("", opsets.get("ai.onnx", 0))
        self.model, self.is_ours = model_file.inlined(model.proto), model.is_ours
        inlined = model._replace(proto=self.model)
        self.constants = dict(model_file.constants(inlined, Path(path)))
        if len(self.constants) < len(self.model.graph.initializer):
            raise broken(path, "two stored tensors have one name")
        self.names: dict[str, str] = {}
        """Other names of values: what a copy copies."""
        given = self._input()
        shape = self._size(given, size)
        self.folding = Folding(path, opset)
        self.types: dict[str, TypeProto] = {}
        self.found = StaticModel(path, given.name, shape, outputs or self._outputs(), opset)
        self.found.constants = self.constants
        self.found.stored = dict(self.constants)
        own = (1, shape[0], shape[2]) if self.rank == SIGNAL else (1, *shape)
        if self.is_channels_last:
            own = tuple(own[axis] for axis in axes.channels_last(self.rank))
        self._typed(given.name, given.type.tensor_type.elem_type, own)
        self.found.given, self.found.is_channels_last = own, self.is_channels_last

    def run(self) -> StaticModel:
        needed = self._needed()
        for number, node in enumerate(self.model.graph.node):
            if number in needed:
                self._take(node)
        found = self.found
        found.outputs = tuple(self.names.get(name, name) for name in found.ends)
        found.values = frozenset(found.shapes)
        found.turned = (False,) * len(found.ends)
        constant = [name for name in found.outputs if name in self.constants]
        if constant:
            raise broken(self.path, f"the output `{constant[0]}` does not hang on the input")
        return found

    # what goes in and out

    def _input(self) -> ValueInfoProto:
        given = [each for each in self.model.graph.input if each.name not in self.constants]
        if len(given) != 1:
            names = ", ".join(f"`{each.name}`" for each in given[:5]) or "none"
            raise broken(self.path, f"a network has one input; this model has {len(given)}", names, "")
        if given[0].type.tensor_type.elem_type not in FLOATS[:1]:
            why = f"`{given[0].name}` is {number_types.name(given[0].type.tensor_type.elem_type)}"
            raise broken(self.path, "the input is no tensor of float32", why, "export it with a float32 input")
        return given[0]

    def _size(self, given: ValueInfoProto, size: Shape | None) -> Shape:
        """The input's (C, H, W), or (C,), from the file and, where that leaves it free, from `size`."""
        dims = [each.dim_value if each.HasField("dim_value") else 0 for each in given.type.tensor_type.shape.dim]
        if not 2 <= len(dims) <= 4:
            why = f"`{given.name}` has {len(dims)} axes"
            help = "networks of images are imported, of signals and of vectors"
            raise broken(self.path, "the input is no image (N, C, H, W)", why, help)
        self.rank = len(dims)
        self.is_channels_last = not self.is_ours and is_channels_last(
            self.model.graph, given.name, dims, self.constants
        )
        if self.is_channels_last:
            dims = [dims[axis] for axis in axes.channels_first(self.rank)]
        known = (dims[1], 1, dims[-1]) if self.rank == SIGNAL else tuple(dims[1:])
        found = settled(self.path, known, size)
        if prod(found) > SIZES:
            raise broken(self.path, f"the input has {prod(found):,} values", f"at most {SIZES:,} are taken")
        return found

    def _outputs(self) -> tuple[str, ...]:
        names = tuple(each.name for each in self.model.graph.output)
        if not names:
            raise broken(self.path, "the model has no output")
        return names

    def _needed(self) -> set[int]:
        """Numbers of the nodes that the outputs hang on. Raises FileError for values that nothing makes, or two."""
        makers: dict[str, int] = {}
        known = {self.found.input, *self.constants, ""}
        for number, node in enumerate(self.model.graph.node):
            for name in node.input:
                if name not in known and name not in makers:
                    at = node.name or f"{node.op_type} number {number + 1}"
                    why = "a node reads what stands before it; so there is a circle, a wrong order or a missing node"
                    raise broken(self.path, f"node `{at}` reads `{name}`, which nothing before it makes", why)
            for name in filter(None, node.output):
                if name in known or name in makers:
                    raise broken(self.path, f"two things are called `{name}`", "every value has a name of its own")
                makers[name] = number
        waiting = [*self.found.ends]
        for name in waiting:
            if name not in known and name not in makers:
                raise self._no_value(name, makers)
        needed: set[int] = set()
        while waiting:
            number = makers.get(waiting.pop(), -1)
            if number >= 0 and number not in needed:
                needed.add(number)
                waiting += self.model.graph.node[number].input
        return needed

    def _no_value(self, name: str, makers: Mapping[str, int]) -> Exception:
        from ....diagnostics import closest

        near = closest(name, makers)
        own = ", ".join(f"`{each}`" for each in self._outputs()[:5])
        return broken(
            self.path,
            f"the model makes no value `{name}`",
            f"its outputs are {own}",
            f"did you mean `{near}`?" if near else "",
        )

    # node by node

    def _take(self, proto: NodeProto) -> None:
        node = self._node(proto)
        fault = self.folding.fault(proto) or self._stray_axis(node)
        if fault:
            raise broken(self.path, f"node `{node.name}` (`{node.op}`) is not as ONNX has it", fault)
        if node.op == "Constant":
            self.constants[node.output] = _constant(node, self.path)
        elif node.op in COPIES and node.inputs and node.inputs[0] in self.constants:
            self.constants[node.output] = self.constants[node.inputs[0]]  # under the name that its reader knows
        elif not self._is_copy(node):
            if node.op in ("Shape", "Size") and node.inputs[0] in self.found.shapes:
                self.constants[node.output] = _measured(node, self.found.shapes[node.inputs[0]])
            elif all(name in self.constants or not name for name in node.inputs):
                self._fold(node, proto)
            else:
                self._infer(node, proto)
        else:
            self.names[node.output] = node.inputs[0]

    def _stray_axis(self, node: Node) -> str:
        operand = partial(self.found.constant, node)
        first = operand(0)
        shape = self.found.shapes.get("".join(node.inputs[:1])) if first is None else first.shape
        return "" if shape is None else axes.outside(node.op, node.attributes, len(shape), operand)

    def _node(self, proto: NodeProto) -> Node:
        op = proto.op_type if proto.domain in ("", "ai.onnx") else f"{proto.domain}.{proto.op_type}"
        inputs = tuple(self.names.get(name, name) for name in proto.input)
        outputs = tuple(proto.output) or ("",)
        return Node(op, proto.name or outputs[0], inputs, outputs, model_file.attributes(proto))

    def _is_copy(self, node: Node) -> bool:
        if node.op == "Cast":
            return node.attributes.get("to") in FLOATS and node.inputs[0] in self.found.shapes
        return node.op in COPIES and bool(node.inputs)

    def _fold(self, node: Node, proto: NodeProto) -> None:
        try:
            held = {name: self.constants[name] for name in node.inputs if name}
            self.constants |= self.folding.evaluate(self._renamed(proto, node), held)
            if node.op in TURNED:
                self.found.origins[node.output] = self.found.origins.get(node.inputs[0], node.inputs[0])
        except Unfoldable as fault:
            why = f"it is worked out from stored numbers alone, and cannot be: {fault}"
            raise broken(self.path, f"node `{node.name}` (`{node.op}`) has no value", why) from fault

    def _infer(self, node: Node, proto: NodeProto) -> None:
        """Shapes of what a node makes; those that stay open are left to who wants them."""
        self.found.nodes.append(node)
        for name in node.inputs:
            if name in self.constants and name not in self.types:
                array = self.constants[name]
                self._declared(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        types = {name: self.types[name] for name in node.inputs if name in self.types}
        if len(types) < len({*filter(None, node.inputs)}):
            return
        data = {name: self.constants[name] for name in node.inputs if name in self.constants}
        inferred = self.folding.infer(self._renamed(proto, node), types, data)
        if node.op in ALIKE and node.inputs[0] in types:
            inferred |= {node.output: types[node.inputs[0]]}
        for name, found in inferred.items():
            self.types[name] = found
            shape = _whole(found)
            if shape is not None:
                self.found.shapes[name] = shape

    def _renamed(self, proto: NodeProto, node: Node) -> NodeProto:
        copy = NodeProto()
        copy.CopyFrom(proto)
        copy.input[:] = node.inputs
        return copy

    def _typed(self, name: str, kind: int, shape: tuple[int, ...]) -> None:
        self._declared(name, kind, shape)
        self.found.shapes[name] = shape

    def _declared(self, name: str, kind: int, shape: tuple[int, ...]) -> None:
        self.types[name] = helper.make_tensor_type_proto(kind, shape)


def _whole(found: TypeProto) -> tuple[int, ...] | None:
    """A shape of which every size is known."""
    if not found.HasField("tensor_type") or not found.tensor_type.HasField("shape"):
        return None
    dims = found.tensor_type.shape.dim
    return tuple(d.dim_value for d in dims) if all(d.HasField("dim_value") for d in dims) else None


def _measured(node: Node, shape: tuple[int, ...]) -> NDArray[np.int64]:
    if node.op == "Size":
        return np.array(prod(shape), np.int64)
    return np.array(shape[node.attributes.get("start", 0) : node.attributes.get("end")], np.int64)


def _constant(node: Node, path: str) -> NDArray[Any]:
    for key, dtype in (("value_float", "f4"), ("value_floats", "f4"), ("value_int", "i8"), ("value_ints", "i8")):
        if key in node.attributes:
            return np.array(node.attributes[key], dtype)
    if "value" in node.attributes:
        return tensors.array(node.attributes["value"], path)
    raise broken(path, f"the constant `{node.name}` has no value that is read")
