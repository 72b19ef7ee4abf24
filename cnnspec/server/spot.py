"""What stands at a place of a text: a key or a value, and the way to it from the root."""

from __future__ import annotations

from typing import NamedTuple

from ..diagnostics import Span
from ..language.syntax.nodes import Mapping, Node, Scalar, Sequence

Path = tuple[str | int, ...]
"""Keys, and numbers of items, from the root inwards."""


class Spot(NamedTuple):
    """A word of a text. `path` leads to the mapping that a key is in, or to a value; `beside` are the other keys
    there."""

    path: Path
    word: Scalar
    is_key: bool
    beside: tuple[str, ...] = ()


def locate(root: Node, line: int, column: int) -> Spot | None:
    """The word that a cursor at a place stands in, or at the end of."""
    return _locate(root, (line, column), ())


def _locate(node: Node, place: tuple[int, int], path: Path) -> Spot | None:
    if isinstance(node, Scalar):
        return Spot(path, node, False) if _around(node.span, place) else None
    if isinstance(node, Sequence):
        inner = ((number, item) for number, item in enumerate(node.items))
        return next(filter(None, (_locate(item, place, (*path, number)) for number, item in inner)), None)
    return _in_mapping(node, place, path)


def _in_mapping(node: Mapping, place: tuple[int, int], path: Path) -> Spot | None:
    for key, value in node.items:
        if _around(key.span, place):
            return Spot(path, key, True, tuple(other.text for other, _ in node.items if other is not key))
        found = _locate(value, place, (*path, key.text))
        if found is not None:
            return found
    return None


def _around(span: Span, place: tuple[int, int]) -> bool:
    return span.start <= place <= span.end
