"""Nodes -> YAML text: what `parser` reads as the same nodes, laid out as a person does it.

Lists and mappings are in block style outside, and in flow style, `{F: 3, K: 8}`, where they fit on a line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from .ambiguous_scalars import trap
from .nodes import Mapping, Node, Scalar, Sequence, word

WIDTH = 110
"""Columns of a line that holds a list or a mapping; a text by itself may be longer."""

_WORD = r"[A-Za-z0-9_./()+*=<>%-]+"
_IN_FLOW = re.compile(rf"(?=[A-Za-z_]){_WORD}(?: {_WORD})*")
_IN_BLOCK = re.compile(rf"(?=[A-Za-z_]){_WORD}[,;]?(?: {_WORD}[,;]?)*")
"""Texts that every version of YAML reads as they stand, if they do not mean something else to one of them."""


def flow(node: Node) -> str:
    """A node on one line."""
    if isinstance(node, Sequence):
        return f"[{', '.join(map(flow, node.items))}]"
    if isinstance(node, Mapping):
        return f"{{{', '.join(f'{flow(key)}: {flow(value)}' for key, value in node.items)}}}"
    return _scalar(node, _IN_FLOW)


def block(node: Node, width: int = WIDTH) -> list[str]:
    """A node on lines of at most `width` columns, as far as its texts allow."""
    if isinstance(node, Mapping) and node.items:
        return [line for key, value in node.items for line in _value(f"{flow(key)}:", value, width)]
    if isinstance(node, Sequence) and node.items:
        return [line for item in node.items for line in _item(item, width)]
    return [_scalar(node, _IN_BLOCK) if isinstance(node, Scalar) else flow(node)]


def indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _value(key: str, node: Node, width: int) -> list[str]:
    if isinstance(node, Scalar):
        return [f"{key} {_scalar(node, _IN_BLOCK)}"]
    line = f"{key} {flow(node)}"
    if not node.items or len(line) <= width:
        return [line]
    if isinstance(node, Sequence) and all(isinstance(item, Scalar) or not item.items for item in node.items):
        return _filled(f"{key} [", map(flow, node.items), width)
    return [key, *indented(block(node, width - 2))]


def _item(node: Node, width: int) -> list[str]:
    line = f"- {flow(node)}"
    if not isinstance(node, Scalar) and (len(line) > width or _is_single(node)):
        first, *rest = block(node, width - 2)
        return [f"- {first}", *indented(rest)]
    return [line]


def _is_single(node: Node) -> bool:
    """`- conv: {K: 8}` needs no braces around it."""
    return isinstance(node, Mapping) and len(node.items) == 1


def _filled(head: str, items: Iterable[str], width: int) -> list[str]:
    """A list of short items that goes on below its bracket."""
    lines, line = [], head
    for item in items:
        if len(line) + len(item) + 2 > width and line.strip():
            lines.append(line.rstrip())
            line = " " * len(head)
        line += f"{item}, "
    return [*lines, f"{line.removesuffix(', ')}]"]


def _scalar(node: Scalar, unquoted: re.Pattern[str]) -> str:
    if node.plain or _means_itself(node.text, unquoted):
        return node.text
    return json.dumps(node.text, ensure_ascii=False)


def _means_itself(text: str, unquoted: re.Pattern[str]) -> bool:
    """Whether a text may stand without quotes."""
    is_special = word(text).is_null or text in ("true", "false") or trap(text)
    return bool(unquoted.fullmatch(text)) and not is_special
