"""Operators that are several layers: those over other axes (`along_axes`), and those that are put together
(`in_pieces`).

A rule writes nodes in place of one; where it writes none, the node stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from . import along_axes, in_pieces
from .composition import Composition
from .static import Node, StaticModel

RULES = along_axes.RULES | in_pieces.RULES


def composed(nodes: Iterable[Node], model: StaticModel) -> Iterator[Node]:
    """The nodes, those that are several layers as the nodes of these."""
    for node in nodes:
        rule = RULES.get(node.op)
        composition = Composition(node, model)
        end = rule(composition) if rule and not node.kind and node.output in model.shapes else None
        yield from [node] if end is None else composition.end(end)
