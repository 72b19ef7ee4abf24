"""Adaptive pooling of PyTorch as ONNX, also to sizes that do not divide the image's, which its own exporter refuses: it
becomes the operators that ours writes for the layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .onnx.expression import OperatorCall

OPSET = 9
"""From which version of the operators on it is written so: the oldest that PyTorch's exporter knows."""


@contextmanager
def adaptive_pooling_written(torch: Any) -> Iterator[None]:
    """PyTorch's exporter writes any adaptive pooling meanwhile."""
    rules = {
        "aten::adaptive_avg_pool2d": _rule(torch, "adaptiveavgpool", "GlobalAveragePool", lambda pooled: pooled),
        "aten::adaptive_max_pool2d": _rule(torch, "adaptivemaxpool", "GlobalMaxPool", lambda pooled: (pooled, None)),
    }
    for name, rule in rules.items():
        torch.onnx.register_custom_op_symbolic(name, rule, OPSET)
    try:
        yield
    finally:
        for name in rules:
            torch.onnx.unregister_custom_op_symbolic(name, OPSET)


def _rule(torch: Any, kind: str, whole: str, made: Callable[[Any], Any]) -> Callable[..., Any]:
    """What the exporter asks for an operation: a function from the graph, what arrives and its arguments to values."""
    from ..graph.builder import GraphBuilder
    from ..graph.graph import INPUT
    from ..layers import find
    from .onnx.operators import KINDS

    def written(graph: Any, x: Any, out: list[int]) -> Any:
        if out == [1, 1]:
            return made(graph.op(whole, x))
        layer = find(kind).model_validate({"out": tuple(out)})
        builder = GraphBuilder(tuple(x.type().sizes()[1:]))
        call = KINDS[kind].write(layer, builder.step(layer, [builder.value(INPUT)], kind))
        return made(_written(graph, call, x, torch))

    parsed: Callable[..., Any] = torch.onnx.symbolic_helper.parse_args("v", "is")(written)
    return parsed


def _written(graph: Any, call: OperatorCall, x: Any, torch: Any) -> Any:
    """What an expression over `x` makes, in the exporter's graph."""
    import numpy as np

    values: dict[OperatorCall, Any] = {}
    for each in call.in_order():
        inputs = []
        for value in each.inputs:
            if isinstance(value, str):
                inputs.append(x)
            elif isinstance(value, OperatorCall):
                inputs.append(values[value])
            else:
                inputs.append(graph.op("Constant", value_t=torch.from_numpy(np.array(value))))
        said = {f"{name}_i": list(v) if isinstance(v, tuple) else v for name, v in each.attributes.items()}
        values[each] = graph.op(each.op, *inputs, **said)
    return values[call]
