"""Values whose channels stand last, as TensorFlow has images, become such whose channels stand first.

One pass over the nodes. A transposition that brings the channels behind rows and columns makes nothing: it is kept in
mind of which value it is one. What operators say of the axes of such a value is said of that one (`layout_rules`),
until a transposition brings the channels back. So is a vector that was unrolled rows first: where a product with stored
weights reads it, the weights are put into the other order. An operator without a rule is given what it reads as the
file has it; there a transposition remains.
"""

from __future__ import annotations

from dataclasses import replace

from .axes import channels_first
from .layout_rules import RULES
from .layouts import Layouts
from .static import Node, StaticModel


def turned(model: StaticModel) -> None:
    """Let all values of a model that have their channels last have them first."""
    found = Layouts(model)
    if model.is_channels_last:
        found.last[model.input] = model.input
        shape = model.shapes[model.input]
        model.shapes[model.input] = tuple(shape[axis] for axis in channels_first(len(shape)))
    for node in model.nodes:
        rule = RULES.get(node.op)
        known = all(name in found.before for name in node.outputs if name)
        if not (rule and known and rule(found, node)):
            inputs = tuple(found.as_in_file(name) for name in node.inputs)
            found.nodes.append(replace(node, inputs=inputs))
    model.turned = tuple(name in found.last and model.is_channels_last for name in model.outputs)
    model.outputs = tuple(
        found.last[name] if is_turned else found.as_in_file(name)
        for name, is_turned in zip(model.outputs, model.turned, strict=True)
    )
    model.nodes = _read(found.nodes, model.outputs)


def _read(nodes: list[Node], outputs: tuple[str, ...]) -> list[Node]:
    """The nodes that outputs hang on."""
    needed, kept = set(outputs), list[Node]()
    for node in reversed(nodes):
        if needed.intersection(node.outputs):
            needed.update(node.inputs)
            kept.append(node)
    return kept[::-1]
