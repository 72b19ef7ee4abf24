"""Activations and joins in ONNX: value by value, branch by branch."""

from __future__ import annotations

from functools import reduce
from math import pi, sqrt
from typing import TYPE_CHECKING

from .expression import OperatorCall, WriteRule, call, own, per_channel
from .node import OnnxNode, shortest
from .translation import Fields, Translation, both_ways, direct

if TYPE_CHECKING:
    from ...graph.graph import Step
    from ...graph.layer import Layer
    from ...graph.shape import Shape
    from ...layers._along_axis import AlongAxis
    from ...layers.clip import Clip
    from ...layers.concat import Concat
    from ...layers.constant import Constant
    from ...layers.gelu import GELU
    from ...layers.hardsigmoid import HardSigmoid
    from ...layers.scale import Scale


def relu6(_: Layer, step: Step) -> OperatorCall:
    return call("Clip", *step.inputs, 0.0, 6.0)


def clip(layer: Clip, step: Step) -> OperatorCall:
    bounds = ["" if bound is None else bound for bound in (layer.min, layer.max)]
    return call(
        "Clip", *step.inputs, *(bounds if layer.max is not None else bounds[:1] if layer.min is not None else ())
    )


def read_clip(node: OnnxNode) -> Fields | None:
    """Clip between numbers of which one may be left out; those of `relu6` are left to it."""
    match node.operands:
        case (_, *bounds) if len(bounds) <= 2 and all(b is None or len(b.values) == 1 for b in bounds):
            given = {name: shortest(b.values[0]) for name, b in zip(("min", "max"), bounds, strict=False) if b}
            return given if read_relu6(node) is None else None
    return None


def mish(_: Layer, step: Step) -> OperatorCall:
    """Written out: the operator Mish came with opset 18."""
    (x,) = step.inputs
    return call("Mul", x, call("Tanh", call("Softplus", x)))


def hardsigmoid(layer: HardSigmoid, step: Step) -> OperatorCall:
    """A `beta` of 0.5, which is the default, is left out: where it is written, OpenCV takes the product with a gate for
    the activation `hardswish`."""
    offset = {} if layer.offset == 0.5 else {"beta": layer.offset}
    return call("HardSigmoid", *step.inputs, alpha=layer.slope, **offset)


def read_hardsigmoid(node: OnnxNode) -> Fields | None:
    slope = {} if node.says("alpha", 1 / 6) else {"slope": shortest(node["alpha"])}
    offset = {} if node.says("beta", 0.5) else {"offset": shortest(node["beta"])}
    return {**slope, **offset} if node["alpha"] > 0 and len(node.arriving) == 1 and not node.stored else None


def silu(_: Layer, step: Step) -> OperatorCall:
    (x,) = step.inputs
    return call("Mul", x, call("Sigmoid", x))


def prelu(_: Layer, step: Step) -> OperatorCall:
    return call("PRelu", *step.inputs, per_channel("weight", step))


def scale(layer: Scale, step: Step) -> OperatorCall:
    scaled = call("Mul", *step.inputs, per_channel("weight", step))
    return call("Add", scaled, per_channel("bias", step)) if layer.bias else scaled


def constant(layer: Constant, step: Step) -> OperatorCall:
    return call("Add" if layer.by == "add" else "Mul", *step.inputs, *own(step))


def read_constant(node: OnnxNode) -> Fields | None:
    """A stored value for each cell that arrives. What is one a channel, too, is a `scale` where it is a factor."""
    match node.arriving, node.stored:
        case (x,), (weight,) if weight.shape in (x, (1, *x)):
            if node.op == "Mul":
                return {"by": "mul"} if read_per_channel(node) is None else None
            return {}
    return None


def gelu(layer: GELU, step: Step) -> OperatorCall:
    """Written out: the operator Gelu came with opset 20."""
    (x,) = step.inputs
    if layer.approx == "none":
        inner = call("Erf", call("Mul", x, sqrt(1 / 2)))
    else:
        bent = call("Add", call("Mul", call("Mul", x, x), 0.044715), 1.0)
        inner = call("Tanh", call("Mul", call("Mul", x, sqrt(2 / pi)), bent))
    return call("Mul", call("Mul", x, 0.5), call("Add", inner, 1.0))


def joined(op: str) -> WriteRule:
    """A join by an operator of two inputs, from the first branch to the last."""

    def rule(_: Layer, step: Step) -> OperatorCall:
        first, second, *others = step.inputs
        return reduce(lambda done, other: call(op, done, other), others, call(op, first, second))

    return rule


def read_gelu(node: OnnxNode) -> Fields | None:
    """The operator of later versions."""
    return {} if node["approximate"] in (None, "none") else {"approx": node["approximate"]}


def read_plain(node: OnnxNode) -> Fields | None:
    """One without attributes."""
    return {} if len(node.arriving) == 1 and not node.stored else None


def read_swish(node: OnnxNode) -> Fields | None:
    return {} if node["alpha"] in (None, 1.0) and not node.stored else None


def read_relu6(node: OnnxNode) -> Fields | None:
    """Clip between the numbers 0 and 6; other bounds are no layer."""
    return {} if [bound.values for bound in node.stored] == [(0.0,), (6.0,)] else None


def read_per_channel(node: OnnxNode) -> Fields | None:
    """One stored value a channel, along the channels of what arrives."""
    match node.arriving, node.stored:
        case ((C, *rest),), (weight,) if weight.shape in ((C, *(1 for _ in rest)), (1, C, *(1 for _ in rest))):
            return {}
    return None


def read_join(node: OnnxNode) -> Fields | None:
    """Two computed branches; those of more layers arrive as a chain."""
    return {} if len(node.arriving) == 2 and not node.stored else None


def along_axis(op: str) -> Translation:
    """An operator over one axis."""

    def read(node: OnnxNode) -> Fields | None:
        match node.arriving, node.stored:
            case (x,), ():
                return read_axis(node, x)
        return None

    return both_ways(written_along(op), op, read, "axis")


def written_along(op: str) -> WriteRule:
    def write(layer: AlongAxis | Concat, step: Step) -> OperatorCall:
        return call(op, *step.inputs, axis=layer.index)

    return write


def read_axis(node: OnnxNode, x: Shape) -> Fields | None:
    """The axis of what arrives, which is not the batch."""
    letter = "NCHW"[node["axis"] % (1 + len(x))]
    if letter == "N":
        return None
    return {} if letter == "C" else {"axis": letter}


def read_concat(node: OnnxNode) -> Fields | None:
    match node.arriving, node.stored:
        case (first, *_), ():
            found = read_axis(node, first)
            return found if len(first) == 3 or not found else None
    return None


KINDS: dict[str, Translation] = {
    "abs": direct("Abs"),
    "add": both_ways(joined("Add"), "Add", read_join),
    "celu": direct("Celu", {"alpha": "alpha"}),
    "clip": both_ways(clip, "Clip", read_clip),
    "constant": Translation(constant, "Add", read_constant, other_op="Mul"),
    "concat": both_ways(written_along("Concat"), "Concat", read_concat, "axis"),
    "div": both_ways(joined("Div"), "Div", read_join),
    "elu": direct("Elu", {"alpha": "alpha"}),
    "exp": direct("Exp"),
    "gelu": both_ways(gelu, "Gelu", read_gelu, "approximate"),
    "hardsigmoid": both_ways(hardsigmoid, "HardSigmoid", read_hardsigmoid, "alpha", "beta"),
    "hardswish": direct("HardSwish"),
    "leakyrelu": direct("LeakyRelu", {"alpha": "slope"}),
    "logsoftmax": along_axis("LogSoftmax"),
    "max": direct("Max", branches=True),
    "mean": direct("Mean", branches=True),
    "min": direct("Min", branches=True),
    "mish": both_ways(mish, "Mish", read_plain),
    "mul": both_ways(joined("Mul"), "Mul", read_join),
    "prelu": both_ways(prelu, "PRelu", read_per_channel),
    "relu": direct("Relu"),
    "relu6": both_ways(relu6, "Clip", read_relu6),
    "scale": both_ways(scale, "Mul", read_per_channel),
    "selu": direct("Selu", alpha=1.6732632423543772, gamma=1.0507009873554805),
    "sigmoid": direct("Sigmoid"),
    "silu": both_ways(silu, "Swish", read_swish, "alpha"),
    "softmax": along_axis("Softmax"),
    "softplus": direct("Softplus"),
    "softsign": direct("Softsign"),
    "sqrt": direct("Sqrt"),
    "sub": both_ways(joined("Sub"), "Sub", read_join),
    "tanh": direct("Tanh"),
    "thresholdedrelu": direct("ThresholdedRelu", {"alpha": "alpha"}),
}
