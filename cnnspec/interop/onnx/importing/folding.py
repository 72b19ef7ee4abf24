"""One node at a time: its value where it has constants alone, else the shapes of what it makes."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from numpy.typing import NDArray
from onnx import IR_VERSION, NodeProto, TypeProto, checker, defs, helper, numpy_helper, shape_inference

FEW = 1024
"""Values of a constant that a shape may hang on, at most."""
LARGEST = 2**27
"""Values of a constant that is worked out, at most."""


class Unfoldable(Exception):  # noqa: N818 - it becomes a Diagnostic with the node's name
    """Why the value of a node cannot be worked out."""


class Folding:
    """Evaluates nodes by the operators' own definitions in the package `onnx`."""

    def __init__(self, path: str, opset: int) -> None:
        self.path = path
        self.opset = opset
        self.context = checker.C.CheckerContext()
        self.context.ir_version, self.context.opset_imports = IR_VERSION, {"": opset}
        self.imports = [helper.make_opsetid("", opset)]

    def fault(self, node: NodeProto) -> str:
        """What is wrong with a node of a known operator: its attributes, how many operands it has. Or nothing."""
        try:
            schema = defs.get_schema(node.op_type, self.opset, node.domain)
        except defs.SchemaError:
            return ""
        try:
            if not schema.deprecated:
                checker.check_node(node, self.context)
        except checker.ValidationError as fault:
            return str(fault).splitlines()[0]
        except UnicodeDecodeError:  # the message repeats names of the file
            return "a name in it is no text"
        return ""

    def evaluate(self, node: NodeProto, constants: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """What a node of constants makes. Raises Unfoldable."""
        from onnx.reference import ReferenceEvaluator

        if node.op_type.startswith("Random") or node.domain not in ("", "ai.onnx"):
            raise Unfoldable("it is no function of its inputs that is known here")
        types = {
            name: helper.make_tensor_type_proto(helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in constants.items()
        }
        for found in self.infer(node, types, constants).values():
            sizes = [dim.dim_value for dim in found.tensor_type.shape.dim]
            if prod(sizes) > LARGEST:
                raise Unfoldable(f"it would have {prod(sizes):,} values, {LARGEST:,} are the most")
        inputs = [helper.make_value_info(name, types[name]) for name in constants]
        outputs = [helper.make_empty_tensor_value_info(name) for name in node.output if name]
        graph = helper.make_graph([node], "node", inputs, outputs)
        model = helper.make_model(graph, opset_imports=self.imports)
        try:
            values = ReferenceEvaluator(model).run(None, dict(constants))
        except MemoryError:
            raise
        except Exception as fault:  # whatever NumPy has against a stranger's numbers
            raise Unfoldable(str(fault)) from fault
        return dict(zip(filter(None, node.output), values, strict=True))

    def infer(
        self, node: NodeProto, types: Mapping[str, TypeProto], constants: Mapping[str, NDArray[Any]]
    ) -> dict[str, TypeProto]:
        """Types of what a node makes; nothing where they cannot be told."""
        data = {
            name: numpy_helper.from_array(array, name)
            for name, array in constants.items()
            if array.size <= FEW and array.dtype.kind in "iubf"
        }
        try:
            schema = defs.get_schema(node.op_type, self.opset, node.domain)
            found: dict[str, TypeProto] = shape_inference.infer_node_outputs(
                schema, node, dict(types), data, opset_imports=self.imports
            )
        except (defs.SchemaError, shape_inference.InferenceError, RuntimeError, ValueError, TypeError):
            return {}
        return found
