"""What stands beside the key of a layer, in an entry of a list of layers."""

from __future__ import annotations

from ...graph.layer import Join
from ...layers import find, kinds
from ..values.field_types import field_types

SIBLINGS = ("name", "repeat", "expect")


def placement(key: str) -> str:
    """Where the fields of a layer stand, and what else may: those of a join are beside its branches."""
    if key not in kinds() or not issubclass(find(key), Join):
        return "fields stand inside: `- conv: {F: 3, K: 8}`; beside it only `name`, `repeat` and `expect`"
    beside = [f"`{name}`" for name in (*field_types(find(key)), "name")]
    return f"beside the branches only {', '.join(beside)} and `expect`"
