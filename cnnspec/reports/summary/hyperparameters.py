"""A layer's fields in the spec's own letters, in little room: `F 3x3 S 2 P same K 64`."""

from __future__ import annotations

from typing import Any

from ...diagnostics.wording import spelled
from .summary import Row


def kind(row: Row) -> str:
    """What a row is, with the fields that differ from their default."""
    return f"{row.kind} {fields(row)}".rstrip()


def fields(row: Row) -> str:
    """The fields that differ from their default."""
    return " ".join(f"{name} {value(name, row.fields[name])}" for name in row.given)


def value(name: str, given: Any) -> str:
    """A field's value; a pair of equal numbers is one number, save for a window's size."""
    if isinstance(given, bool) or given is None:
        return {True: "true", False: "false", None: "none"}[given]
    if isinstance(given, float):
        return spelled(given)
    if isinstance(given, dict):
        return "{" + ", ".join(f"{key} {cells}" for key, cells in given.items() if cells) + "}"
    if isinstance(given, list):
        if isinstance(given[0], str):
            return f"[{', '.join(given)}]"
        alike = name != "F" and len(given) == 2 and given[0] == given[1]
        return str(given[0]) if alike else "x".join(map(str, given))
    return str(given)
