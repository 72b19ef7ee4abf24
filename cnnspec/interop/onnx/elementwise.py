"""Activations and joins in ONNX: value by value, branch by branch."""

from __future__ import annotations

from functools import reduce
from math import pi, sqrt
from typing import TYPE_CHECKING

from .expression import Call, Rule, call, direct, per_channel

if TYPE_CHECKING:
    from ...graph.graph import Step
    from ...graph.layer import Layer
    from ...layers.elu import ELU
    from ...layers.gelu import GELU
    from ...layers.leakyrelu import LeakyReLU


def relu6(_: Layer, step: Step) -> Call:
    return call("Clip", *step.inputs, 0.0, 6.0)


def silu(_: Layer, step: Step) -> Call:
    (x,) = step.inputs
    return call("Mul", x, call("Sigmoid", x))


def leakyrelu(layer: LeakyReLU, step: Step) -> Call:
    return call("LeakyRelu", *step.inputs, alpha=layer.slope)


def elu(layer: ELU, step: Step) -> Call:
    return call("Elu", *step.inputs, alpha=layer.alpha)


def prelu(_: Layer, step: Step) -> Call:
    return call("PRelu", *step.inputs, per_channel("weight", step))


def scale(_: Layer, step: Step) -> Call:
    return call("Mul", *step.inputs, per_channel("weight", step))


def gelu(layer: GELU, step: Step) -> Call:
    """Written out: the operator Gelu came with opset 20."""
    (x,) = step.inputs
    if layer.approx == "none":
        inner = call("Erf", call("Mul", x, sqrt(1 / 2)))
    else:
        bent = call("Add", call("Mul", call("Mul", x, x), 0.044715), 1.0)
        inner = call("Tanh", call("Mul", call("Mul", x, sqrt(2 / pi)), bent))
    return call("Mul", call("Mul", x, 0.5), call("Add", inner, 1.0))


def joined(op: str) -> Rule:
    """A join by an operator of two inputs, from the first branch to the last."""

    def rule(_: Layer, step: Step) -> Call:
        first, second, *others = step.inputs
        return reduce(lambda done, other: call(op, done, other), others, call(op, first, second))

    return rule


KINDS: dict[str, Rule] = {
    "add": joined("Add"),
    "concat": direct("Concat", axis=1),
    "elu": elu,
    "gelu": gelu,
    "hardsigmoid": direct("HardSigmoid", alpha=1 / 6, beta=0.5),
    "hardswish": direct("HardSwish"),
    "leakyrelu": leakyrelu,
    "logsoftmax": direct("LogSoftmax", axis=1),
    "mul": joined("Mul"),
    "prelu": prelu,
    "relu": direct("Relu"),
    "relu6": relu6,
    "scale": scale,
    "sigmoid": direct("Sigmoid"),
    "silu": silu,
    "softmax": direct("Softmax", axis=1),
    "tanh": direct("Tanh"),
}
