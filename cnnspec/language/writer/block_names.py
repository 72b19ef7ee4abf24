"""What a person would call a block, by what it holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .outline import Item, common, kind_of

SHORTER = {"batchnorm": "bn", "globalavgpool": "pool", "maxpool": "pool", "avgpool": "pool", "leakyrelu": "leaky"}
SHORT = 4
"""Layers at most of which a name has all kinds."""


def block_name(items: Sequence[Item]) -> str:
    """A name for a block of these lines; not always a free one."""
    filters = [item for item in common(items) if item.has_filters]
    is_depthwise = any(item.is_depthwise for item in filters)
    for kind, name in JOINS.items():
        join = next((item for item in items if kind_of(item) == kind), None)
        if join is not None:
            return name(join, filters)
    if is_depthwise:
        return "separable" if len(filters) < 3 else "inverted"
    if len(items) <= SHORT and not any(item.use for item in items):
        return "_".join(SHORTER.get(kind_of(item), kind_of(item)) for item in items)
    return "unit"


def _branches(join: Item, filters: Sequence[Item]) -> str:
    if [] in join.lists:
        return "dense_layer"
    return "inception" if len(join.lists) > 2 else "branches"


def _residual(_: Item, filters: Sequence[Item]) -> str:
    if len(filters) > 2 and any(item.is_depthwise for item in filters):
        return "inverted"
    return "bottleneck" if len(filters) == 3 else "residual"


JOINS: dict[str, Callable[[Item, Sequence[Item]], str]] = {
    "concat": _branches,
    "add": _residual,
    "mul": lambda _, filters: "gated" if len(filters) < 4 else "gated_unit",
}
"""What a block with a join is called, by the join and the layers that have filters."""
