"""Calls become nodes and initialisers of a GraphProto: everything gets its name here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import GraphProto, TensorProto, ValueInfoProto, helper

from ...graph.graph import Graph, Step
from ...graph.shape import Shape
from .expression import OperatorCall, Own, Value
from .free_size import Dimensions
from .initializers import Initializers
from .operators import KINDS

BATCH = "N"


def typed(name: str, shape: Shape | Dimensions) -> ValueInfoProto:
    """The declaration of a float32 tensor (N, *shape); words in the shape stand for sizes that are free."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [BATCH, *shape])


class Writer:
    """Appends to a GraphProto what makes each step's output. ONNX has one name space for all values."""

    def __init__(self, target: GraphProto, graph: Graph, tensors: Mapping[str, NDArray[Any]]) -> None:
        self.target = target
        self.layers = frozenset(graph.by_name)
        self.tensors = tensors
        self.initializers = Initializers(target)

    def write(self, step: Step) -> None:
        """The node of a step, behind the inner ones that it reads."""
        counts: Counter[str] = Counter()
        names: dict[OperatorCall, str] = {}

        def inner(what: str) -> str:
            # No layer's name has a slash in it.
            counts[what] += 1
            return f"{step.name}/{what}_{counts[what]}"

        def name(value: Value) -> str:
            if isinstance(value, str):
                return value
            if isinstance(value, OperatorCall):
                return names[value]
            if isinstance(value, Own):
                return self.own(step, value)
            return self.hold(inner("constant"), np.asarray(value))

        result = KINDS[step.kind].write(step.layer, step)
        for call in result.in_order():
            inputs = [name(value) for value in call.inputs]
            names[call] = step.name if call is result else inner(call.op)
            node = self.target.node.add(op_type=call.op, name=names[call], input=inputs, output=[names[call]])
            node.attribute.extend(helper.make_attribute(key, call.attributes[key]) for key in sorted(call.attributes))

    def own(self, step: Step, value: Own) -> str:
        """A tensor of the step's layer as an initialiser under its own name, save where a layer is called like it."""
        name = f"{step.name}.{value.key}"
        array = self.tensors[name]
        held = array if value.shape is None else array.reshape(value.shape)
        return self.hold(f"{name}/tensor" if name in self.layers else name, held)

    def hold(self, name: str, array: NDArray[Any]) -> str:
        """An initialiser, and its name."""
        self.initializers.add(name, array)
        return name
