"""Values of more axes than an image has, of which the further ones are of length 1, and of none but the batch.

Only what gives a value another shape may make or read them: what other nodes say of their axes would be of others.
"""

from __future__ import annotations

from collections.abc import Iterable

from .static import Node, StaticModel

IMAGE = 4
SHAPING = ("Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze")
NUMBERS = ("MatMul", "ReduceL2", "ReduceMax", "ReduceMean", "ReduceSum")
"""Operators that may make one number of an input."""


def dropped(nodes: Iterable[Node], model: StaticModel) -> None:
    """Give such values the shapes of images, and one number the shape of a vector of one."""
    odd = {name for name, shape in model.shapes.items() if _plain(shape) != shape}
    for node in nodes:
        touched = odd.intersection((*node.inputs, *node.outputs))
        if touched and (node.kind or node.op not in SHAPING):
            is_number = node.op in NUMBERS and touched == {node.output} and len(model.shapes[node.output]) == 1
            odd -= set() if is_number else touched
    for name in odd:
        model.shapes[name] = _plain(model.shapes[name])


def _plain(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The first axes of length 1 behind the batch left out, as far as there are too many."""
    if shape == (1,):
        return (1, 1)
    batch, sizes = shape[:1], list(shape[1:])
    while len(sizes) >= IMAGE and 1 in sizes:
        sizes.remove(1)
    return shape if len(sizes) >= IMAGE else (*batch, *sizes)
