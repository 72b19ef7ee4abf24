"""An ONNX model with its channels last, as converters from TensorFlow write it: transpositions around what knows
channels by their place, everything else said of other axes."""

from __future__ import annotations

from typing import Any

import numpy as np

EACH = frozenset(
    {
        "Abs",
        "Celu",
        "Clip",
        "Elu",
        "Erf",
        "Exp",
        "HardSigmoid",
        "HardSwish",
        "Identity",
        "LeakyRelu",
        "Neg",
        "Relu",
        "Selu",
    }
    | {"Sigmoid", "Softplus", "Softsign", "Sqrt", "Tanh", "ThresholdedRelu"}
    | {"Add", "Div", "Max", "Mean", "Min", "Mul", "PRelu", "Pow", "Sub", "Sum"}
)
ALONG = frozenset({"Concat", "LogSoftmax", "Softmax"})
REDUCING = frozenset({"ReduceMean", "ReduceMax", "ReduceSum"})
IMAGE = 4
FIRST, LAST = (0, 3, 1, 2), (0, 2, 3, 1)


class _Rewriting:
    def __init__(self, model: Any) -> None:
        from onnx import numpy_helper, shape_inference

        graph = shape_inference.infer_shapes(model, data_prop=True).graph
        self.stored = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
        self.shapes = {
            each.name: tuple(dim.dim_value for dim in each.type.tensor_type.shape.dim)
            for each in (*graph.input, *graph.value_info, *graph.output)
            if each.name not in self.stored
        }
        self.nodes: list[Any] = []
        self.count = 0
        self.given, self.made = [each.name for each in graph.input if each.name not in self.stored], graph.output
        for node in graph.node:
            self._take(node)

    def _is_image(self, name: str) -> bool:
        return len(self.shapes.get(name, ())) == IMAGE

    def _node(self, op: str, inputs: Any, outputs: Any, name: str = "", **attributes: Any) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(op, [*inputs], [*outputs], name=name, **attributes))

    def _hold(self, array: Any) -> str:
        self.count += 1
        self.stored[f"held{self.count}"] = np.asarray(array)
        return f"held{self.count}"

    def _take(self, node: Any) -> None:
        from onnx import helper

        said = {each.name: helper.get_attribute_value(each) for each in node.attribute}
        images = [name for name in (*node.input, *node.output) if self._is_image(name)]
        rule = getattr(self, f"_{node.op_type.lower()}", None)
        if not images or (rule and rule(node, said)):
            if not images:
                self._node(node.op_type, node.input, node.output, node.name, **said)
            return
        if node.op_type in ALONG and len(images) == len(node.input) + 1:
            said["axis"] = LAST.index(said["axis"] % IMAGE)
            self._node(node.op_type, node.input, node.output, node.name, **said)
        elif node.op_type in EACH and self._is_image(node.output[0]):
            inputs = [self._by_rows(name) if name in self.stored else name for name in node.input]
            self._node(node.op_type, inputs, node.output, node.name, **said)
        else:
            self._between(node, said)

    def _by_rows(self, name: str) -> str:
        """Numbers (C, 1, 1), say."""
        array = self.stored[name]
        if array.size == 1:
            return name
        return self._hold(array.reshape((1,) * (IMAGE - array.ndim) + array.shape).transpose(LAST)[0])

    def _between(self, node: Any, said: dict[str, Any]) -> None:
        inputs = []
        for name in node.input:
            if self._is_image(name):
                self.count += 1
                self._node("Transpose", [name], [f"first{self.count}"], perm=FIRST)
                name = f"first{self.count}"
            inputs.append(name)
        if not self._is_image(node.output[0]):
            self._node(node.op_type, inputs, node.output, node.name, **said)
            return
        self._node(node.op_type, inputs, [f"{node.output[0]}/first"], node.name, **said)
        self._node("Transpose", [f"{node.output[0]}/first"], node.output, perm=LAST)

    def _pad(self, node: Any, said: dict[str, Any]) -> bool:
        amounts = self.stored[node.input[1]].reshape(2, IMAGE)[:, list(LAST)]
        self._node("Pad", [node.input[0], self._hold(amounts.ravel()), *node.input[2:]], node.output, node.name, **said)
        return True

    def _slice(self, node: Any, said: dict[str, Any]) -> bool:
        axes = np.array([LAST.index(axis) for axis in self.stored[node.input[3]]])
        inputs = [*node.input[:3], self._hold(axes), *node.input[4:]]
        self._node("Slice", inputs, node.output, node.name, **said)
        return True

    def _globalaveragepool(self, node: Any, said: dict[str, Any]) -> bool:
        self._node("ReduceMean", node.input, node.output, node.name, axes=[1, 2], keepdims=1)
        return True


def channels_last(model: Any) -> Any:
    """The same network of (N, H, W, C), as a program without a name has written it; outputs that are images, too."""
    from onnx import TensorProto, helper, numpy_helper

    found = _Rewriting(model)
    given = []
    for name in found.given:
        _, C, *size = found.shapes[name]
        given.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *size, C]))
    made = [helper.make_tensor_value_info(each.name, TensorProto.FLOAT, None) for each in found.made]
    stored = [numpy_helper.from_array(array, name) for name, array in found.stored.items()]
    graph = helper.make_graph(found.nodes, "net", given, made, stored)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
