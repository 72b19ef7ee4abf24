"""Lists that are values of arguments: two numbers, of rows and of columns. All others are layers."""

from __future__ import annotations

import re
from collections.abc import Container

from ..syntax.nodes import Scalar, Sequence
from ..values.expression import IDENTIFIER, ExpressionError, parse

FLAGS = ("true", "false")


def holds_values(node: Sequence, blocks: Container[str]) -> bool:
    """Whether a list holds values and no layers: one is a number, arithmetic, a size of an earlier layer, or a flag."""
    texts = _texts(node)
    is_plain = bool(texts) and len(texts) == len(node.items) and not any(text in blocks for text in texts)
    return is_plain and any(text in FLAGS or _is_value(text) for text in texts)


def fault(node: Sequence) -> str:
    """Why a list of values is no pair, or nothing."""
    flag = next((text for text in _texts(node) if text in FLAGS), "")
    if flag:
        return f"`{flag}` is no number"
    count = len(node.items)
    return "" if count == 2 else "here is one" if count == 1 else f"here are {count}"


def _texts(node: Sequence) -> list[str]:
    return [item.text for item in node.items if isinstance(item, Scalar) and item.plain and not item.is_null]


def _is_value(text: str) -> bool:
    try:
        return text not in parse(text).names or "." in text
    except ExpressionError:
        return re.fullmatch(f"{IDENTIFIER}[.]{IDENTIFIER}", text) is not None
