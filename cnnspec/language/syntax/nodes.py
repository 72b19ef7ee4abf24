"""What a text is made of once it is parsed: scalars, lists and mappings, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ...diagnostics import NOWHERE, Span


class Scalar(NamedTuple):
    """A text; `plain` when it was written without quotes, `|` or `>`."""

    text: str
    plain: bool
    span: Span

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


class Sequence(NamedTuple):
    items: tuple[Node, ...]
    span: Span


class Mapping(NamedTuple):
    """Keys are distinct, never null and never empty."""

    items: tuple[tuple[Scalar, Node], ...]
    span: Span

    def get(self, key: str) -> Node | None:
        return next((node for word, node in self.items if word.text == key), None)


Node = Scalar | Sequence | Mapping


def word(text: str) -> Scalar:
    """A text that stands without quotes: a number, a word of the language, arithmetic."""
    return Scalar(text, True, NOWHERE)


def text(content: str) -> Scalar:
    """A text that is to be read as it is, in quotes or, where that comes to the same, without."""
    return Scalar(content, False, NOWHERE)


def sequence(items: Iterable[Node] = ()) -> Sequence:
    return Sequence(tuple(items), NOWHERE)


def mapping(items: Iterable[tuple[str, Node]] = ()) -> Mapping:
    return Mapping(tuple((text(key), node) for key, node in items), NOWHERE)


def of_data(value: object, span: Span) -> Node:
    """Data as the node that it is read from. Raises ValueError for what no spec can hold."""
    match value:
        case bool():
            return Scalar(str(value).lower(), True, span)
        case None:
            return Scalar("null", True, span)
        case int() | float():
            return Scalar(repr(value), True, span)
        case str():
            return Scalar(value, False, span)
        case list() | tuple():
            return Sequence(tuple(of_data(item, span) for item in value), span)
        case dict():
            return Mapping(
                tuple((Scalar(str(key), True, span), of_data(item, span)) for key, item in value.items()), span
            )
        case _:
            raise ValueError(f"{value!r} cannot be written in a spec")
