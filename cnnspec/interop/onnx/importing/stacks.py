"""Stacks of images, (N, P, C, H, W), as split attention (ResNeSt, selective kernels) has them: each is held as one
image of P*C channels, in which they lie the same way.

https://arxiv.org/abs/2004.08955, https://arxiv.org/abs/1903.06586
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import prod

import numpy as np

from .composition import Composition, Rule
from .static import Node, StaticModel

STACK = 5
VALUE_BY_VALUE = ("HardSigmoid", "LeakyRelu", "Relu", "Sigmoid", "Tanh")


def unstacked(nodes: Iterable[Node], model: StaticModel) -> list[Node]:
    """The nodes over images alone, as far as each that makes or reads a stack can be said so."""
    nodes = list(nodes)
    stacks = {name for name, shape in model.shapes.items() if len(shape) == STACK and shape[0] == 1}
    stacks -= {*model.outputs}  # these leave as they are
    while stacks:
        tried = replace(model, shapes=dict(model.shapes), constants=dict(model.constants))
        written: list[Node] = []
        refused: set[str] = set()
        for node in nodes:
            touched = stacks.intersection((*node.inputs, *node.outputs))
            of = Composition(node, tried)
            end = RULES.get(node.op, _not_said)(of) if touched else None
            refused |= touched if end is None else set()
            written += [node] if end is None else of.end(end)
        if not refused:
            model.constants, model.shapes = tried.constants, tried.shapes
            model.shapes |= {name: _flat(model.shapes[name]) for name in stacks}
            return written
        stacks -= refused
    return nodes


def _flat(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a stack as an image; that of an image as it is."""
    return (1, prod(shape[1:-2]), *shape[-2:]) if len(shape) == STACK else shape


def _not_said(of: Composition) -> str | None:
    return None


def reshaped(of: Composition) -> str | None:
    """Channels become a stack, or the other way: they lie as they did."""
    x, after = of.node.inputs[0], _flat(of.shape(of.node.output))
    return of.make("Identity", [x], after) if _flat(of.shape(x)) == after else None


def concatenated(of: Composition) -> str | None:
    """More images in a stack."""
    shapes = [of.shape(name) for name in of.node.inputs]
    if of.node.attributes["axis"] % STACK != 1 or any(len(shape) != STACK for shape in shapes):
        return None
    return of.make("Concat", of.node.inputs, _flat(of.shape(of.node.output)), axis=1)


def summed(of: Composition) -> str | None:
    """The images of a stack, added up."""
    x, told = of.node.inputs[0], of.node.attributes.get("axes", of.array(1))
    shape = of.shape(x)
    if told is None or np.ravel(told).tolist() not in ([1], [1 - STACK]) or len(shape) != STACK:
        return None
    P, C = shape[1:3]
    after = (1, C, *shape[3:])
    images = [of.channels(x, i * C, (i + 1) * C) for i in range(P)]
    return of.make("Sum", images, after) if P > 1 else of.make("Identity", [x], after)


def softmax(of: Composition) -> str | None:
    """Over the images, for each value of theirs: those are channels meanwhile."""
    x = of.node.inputs[0]
    shape = of.shape(x)
    if of.model.opset < 13 or of.node.attributes.get("axis", -1) % STACK != 1:
        return None
    _, P, C, H, W = shape
    table = of.reshape(x, (1, P, C * H, W))
    return of.reshape(of.make("Softmax", [table], of.shape(table), axis=1), _flat(shape))


def joined(of: Composition) -> str | None:
    """Two stacks of as many images with as many channels; rows and columns may be weighed by one."""
    shapes = [of.shape(name) for name in of.node.inputs]
    if any(len(shape) != STACK for shape in shapes) or len({shape[:3] for shape in shapes}) > 1:
        return None
    return of.make(of.node.op, of.node.inputs, _flat(of.shape(of.node.output)))


def each(of: Composition) -> str | None:
    return of.make(of.node.op, of.node.inputs, _flat(of.shape(of.node.output)), **of.node.attributes)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("Flatten", "Reshape", "Squeeze", "Unsqueeze"), reshaped),
    **dict.fromkeys(("Add", "Mul"), joined),
    **dict.fromkeys(VALUE_BY_VALUE, each),
    "Concat": concatenated,
    "ReduceSum": summed,
    "Softmax": softmax,
}
