"""Data -> the nodes that it is in YAML."""

from __future__ import annotations

import json
from typing import Any

from cnnspec.diagnostics import Span
from cnnspec.language.syntax.nodes import Mapping, Node, Scalar, Sequence

HERE = Span(1, 1, 1, 2)


def node(data: Any, plain: bool = False) -> Node:
    """Data as it stands in YAML, texts in quotes unless they are `plain`."""
    if isinstance(data, list):
        return Sequence(tuple(node(item, plain) for item in data), HERE)
    if isinstance(data, dict):
        return Mapping(tuple((Scalar(key, True, HERE), node(value, plain)) for key, value in data.items()), HERE)
    if isinstance(data, str):
        return Scalar(data, plain, HERE)
    return Scalar("null" if data is None else json.dumps(data), True, HERE)
