"""A path such as `train.augment.shift` or `layers.0.conv.F` -> the key and the value that are written there."""

from __future__ import annotations

from .nodes import Mapping, Node, Scalar, Sequence


def descend(root: Node, path: str) -> tuple[Scalar | None, Node | None, Node]:
    """The key and the value at `path`, None where it is not written, and the innermost node that is on the way.

    Dots lie between keys, and numbers from 0 count the entries of a list. A key may itself have dots, as names of
    layers do: the longest one that fits is taken. An entry of a list has no key, and the empty path is the root.
    """
    key, node = None, root
    while path:
        step = _step(node, path)
        if step is None:
            return None, None, node
        key, node, path = step
    return key, node, node


def _step(node: Node, path: str) -> tuple[Scalar | None, Node, str] | None:
    """The first key of a path in a node, its value, and what is left of the path."""
    if isinstance(node, Mapping):
        fitting = [item for item in node.items if f"{path}.".startswith(f"{item[0].text}.")]
        if not fitting:
            return None
        key, value = max(fitting, key=lambda item: len(item[0].text))
        return key, value, path[len(key.text) + 1 :]
    index, _, rest = path.partition(".")
    if isinstance(node, Sequence) and index.isdecimal() and int(index) < len(node.items):
        return None, node.items[int(index)], rest
    return None
