"""Evaluated values -> a pydantic model, or its complaints in plain words at their places in the YAML."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ...diagnostics import Diagnostic
from ...diagnostics.wording import spelled
from ..syntax.nodes import Mapping, Node, Sequence

M = TypeVar("M", bound=BaseModel)


def validate_model(model: type[M], values: dict[str, Any], body: Mapping) -> tuple[M | None, list[Diagnostic]]:
    """The model of evaluated values, or its mistakes at the places they have in `body`.

    Where values that were written could not be read there is no model, and nothing is said that may hang on them.
    """
    unread = {key.text for key, _ in body.items} - values.keys()
    try:
        made = model.model_validate(values)
        return (None if unread else made), []
    except ValidationError as invalid:
        found: dict[object, Diagnostic] = {}
        said: set[tuple[int | str, ...]] = set()
        # One mistake in a field of several forms is a mistake in each of them: the broken bound tells most.
        for details in sorted(invalid.errors(include_url=False), key=lambda details: details["type"] not in BOUNDS):
            missing = details["type"] == "missing" and details["loc"][0] not in unread
            if details["type"] in BOUNDS:
                finding = _invalid(model, details, body)
                found.setdefault(finding.span, finding)
                said.add(details["loc"][:1])
            elif (missing or not unread) and details["loc"][:1] not in said:
                found[details["loc"][:1]] = _invalid(model, details, body)
                said.add(details["loc"][:1])
        return None, list(found.values())


BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def _invalid(model: type[BaseModel], details: ErrorDetails, body: Node) -> Diagnostic:
    first = str(details["loc"][0]) if details["loc"] else ""
    keys, node = _walk(body, details["loc"])
    name = ".".join(keys) or first
    if details["type"] == "missing":
        missing = ".".join(str(part) for part in details["loc"])
        return Diagnostic("E103", f"`{missing}` is missing", span=node.span, help=_example(model, first))
    if details["type"] in BOUNDS:
        bound, words = BOUNDS[details["type"]]
        limit = spelled(details["ctx"][bound])
        return Diagnostic(
            "E104", f"`{name}` must be {words} {limit}", span=node.span, label=f"this is {details['input']}"
        )
    if details["type"] == "literal_error":
        expected = details["ctx"]["expected"]
        message = f"`{name}` must be {expected}"
        return Diagnostic(
            "E104", message, span=node.span, label=f"this is {details['input']}", help=_example(model, first)
        )
    message = details["msg"].removeprefix("Value error, ")
    return Diagnostic("E104", f"`{name}`: {message}" if name else message, span=node.span)


def _example(model: type[BaseModel], name: str) -> str:
    for key, info in model.model_fields.items():
        if name in (key, info.alias) and info.description:
            return f"`{name}`: {info.description}"
    return ""


def _walk(body: Node, location: tuple[int | str, ...]) -> tuple[list[str], Node]:
    """The node that a pydantic location points at, or the nearest one around it, and the keys that lead there."""
    keys, node = [], body
    for part in location:
        if isinstance(node, Mapping) and (inner := node.get(str(part))):
            keys.append(str(part))
            node = inner
        elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
    return keys, node
