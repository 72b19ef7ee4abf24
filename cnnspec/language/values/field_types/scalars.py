"""Types of fields that one scalar is: nothing at all, text, a word, true or false, a number, text of a pattern."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ....diagnostics import Failure, instead
from ....diagnostics.wording import spelled
from ...syntax.nodes import Node, Scalar, text, word
from ..arithmetic import located, number
from ..expression import ExpressionError, whole
from ..numeral import numeral
from ..scope import Scope, SizeArgument, WordArgument
from ..unknown_field import renamed, word_meant
from .contract import FieldType, Slot

if TYPE_CHECKING:
    from ..names import Names, Schema

SIGNS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
"""The bounds of numbers, as pydantic calls them."""
LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
"""The same in a JSON Schema."""
NUMERAL = r"[-+]?[0-9][0-9.]*(e[-+]?[0-9]+)?"
TEXT: Schema = {"type": ["string", "number", "boolean"]}
"""A scalar that is taken as it is written."""


NOTHING = "none"


class Null(FieldType):
    """Nothing at all: an empty value, `~` or `null`."""

    rank = 2

    def reads(self, node: Node, scope: Scope) -> bool:
        return isinstance(node, Scalar) and node.is_null

    def read(self, node: Node, slot: Slot) -> None:
        if not self.reads(node, slot.scope):
            raise slot.unread(node)

    def holds(self, value: Any) -> bool:
        return value is None

    def write(self, value: Any) -> Node:
        return word("null")

    def descriptions(self) -> list[str]:
        return []

    def schemas(self, names: Names) -> list[Schema]:
        return [{"type": "null"}]


class Text(FieldType):
    """Any text, taken as it is written."""

    def reads(self, node: Node, scope: Scope) -> bool:
        return isinstance(node, Scalar) and not node.is_null

    def read(self, node: Node, slot: Slot) -> str:
        if isinstance(node, Scalar) and self.reads(node, slot.scope):
            return node.text
        raise slot.unread(node)

    def holds(self, value: Any) -> bool:
        return isinstance(value, str)

    def write(self, value: Any) -> Node:
        return text(value)

    def descriptions(self) -> list[str]:
        return ["text"]

    def each(self) -> str:
        return " of texts"

    def schemas(self, names: Names) -> list[Schema]:
        return [TEXT]


class Word(FieldType):
    """One of some words, written or held by an argument."""

    rank = 0

    def __init__(self, words: frozenset[str]) -> None:
        self.words = words

    def reads(self, node: Node, scope: Scope) -> bool:
        return self._word(node, scope) is not None

    def read(self, node: Node, slot: Slot) -> str:
        word = self._word(node, slot.scope)
        if word is None:
            raise slot.unread(node)
        return word

    def _word(self, node: Node, scope: Scope) -> str | None:
        if not isinstance(node, Scalar) or node.is_null:
            return None
        if node.text in self.words:
            return node.text
        match scope.argument(node.text):
            case WordArgument(Scalar(word)) | SizeArgument(letter=word) if word in self.words:
                return word
            case _:
                return None

    def holds(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.words

    def write(self, value: Any) -> Node:
        return word(value)

    def descriptions(self) -> list[str]:
        return [f"`{word}`" for word in sorted(self.words)]

    def schemas(self, names: Names) -> list[Schema]:
        return [{"enum": sorted(self.words)}, *names.argument()]


class Flag(FieldType):
    """true or false, written or held by an argument."""

    def reads(self, node: Node, scope: Scope) -> bool:
        return self._flag(node, scope) is not None

    def read(self, node: Node, slot: Slot) -> bool:
        flag = self._flag(node, slot.scope)
        if flag is None:
            raise slot.unread(node)
        return flag

    def _flag(self, node: Node, scope: Scope) -> bool | None:
        if not isinstance(node, Scalar):
            return None
        if is_flag(node):
            return node.text == "true"
        value = scope.argument(node.text)
        return value if isinstance(value, bool) else None

    def holds(self, value: Any) -> bool:
        return isinstance(value, bool)

    def write(self, value: Any) -> Node:
        return word("true" if value else "false")

    def descriptions(self) -> list[str]:
        return ["true or false"]

    def schemas(self, names: Names) -> list[Schema]:
        return [{"type": "boolean"}, *names.argument()]


class Number(FieldType):
    """A number or an expression; `is_whole` for integers alone. `limits` are told, and held by the model itself."""

    def __init__(self, is_whole: bool, limits: tuple[tuple[str, float], ...] = ()) -> None:
        self.is_whole = is_whole
        self.limits = limits

    def reads(self, node: Node, scope: Scope) -> bool:
        return isinstance(node, Scalar) and not node.is_null and not is_flag(node)

    def read(self, node: Node, slot: Slot) -> int | float:
        if not isinstance(node, Scalar):
            raise slot.unread(node)
        misread = slot.misread(node) or self._quoted(node, slot)
        if misread is not None:
            raise misread
        try:
            value = number(node, slot.scope)
        except Failure as failure:
            raise _or_word(failure, node, slot.type.words) from None
        if not self.is_whole:
            return value if isinstance(value, int) else float(value)
        try:
            return whole(value, node.text)
        except ExpressionError as error:
            raise Failure([located(node, error)]) from None

    def holds(self, value: Any) -> bool:
        return isinstance(value, int if self.is_whole else int | float) and not isinstance(value, bool)

    def write(self, value: Any) -> Node:
        return word(numeral(value))

    def _quoted(self, scalar: Scalar, slot: Slot) -> Failure | None:
        """What is wrong with a plain number in quotes."""
        text = scalar.text
        if scalar.plain or not re.fullmatch(NUMERAL, text) or slot.scope.argument(text) is not None:
            return None
        fixes = (instead(scalar.span, text, is_sure=True),)
        return slot.wrong(scalar, f'the text "{text}"', help=f"write {text} without quotes", fixes=fixes)

    def descriptions(self) -> list[str]:
        limits = dict(self.limits)
        if "ge" in limits and limits["ge"] == limits.get("le"):
            return [spelled(limits["ge"])]
        bounds = ", ".join(f"{SIGNS[name]} {spelled(limit)}" for name, limit in self.limits)
        return [("a whole number" if self.is_whole else "a number") + (f" ({bounds})" if bounds else "")]

    def schemas(self, names: Names) -> list[Schema]:
        return [self.plain_schema(), names.arithmetic()]

    def plain_schema(self) -> Schema:
        """A number that is written as one."""
        limits = {LIMITS[name]: limit for name, limit in self.limits}
        return {"type": "integer" if self.is_whole else "number", **limits}


class OneOfNumbers(Number):
    """A number of one of several kinds: a count or a share. It tells the limits of the first that has any."""

    def __init__(self, numbers: Sequence[Number]) -> None:
        limits = next((number.limits for number in numbers if number.limits), ())
        super().__init__(all(number.is_whole for number in numbers), limits)
        self.numbers = numbers

    def schemas(self, names: Names) -> list[Schema]:
        plain = [number.plain_schema() for number in self.numbers]
        return [*(schema for i, schema in enumerate(plain) if schema not in plain[:i]), names.arithmetic()]


class Pattern(FieldType):
    """A number, or text of a pattern such as `example`."""

    def __init__(self, number: Number, pattern: str, example: str) -> None:
        self.number = number
        self.pattern = pattern
        self.example = example

    def reads(self, node: Node, scope: Scope) -> bool:
        return self.number.reads(node, scope)

    def read(self, node: Node, slot: Slot) -> int | float | str:
        if isinstance(node, Scalar) and not node.is_null and re.fullmatch(self.pattern, node.text):
            return node.text
        try:
            return self.number.read(node, slot)
        except Failure as failure:
            if not isinstance(node, Scalar) or failure.diagnostics[0].code != "E105":
                raise
            capital = node.text.upper()
            cure = f'"{capital}"' if re.fullmatch(self.pattern, capital) else ""
            raise slot.wrong(node, f"`{node.text}`", cure=cure, help=", with a capital letter" * bool(cure)) from None

    def holds(self, value: Any) -> bool:
        return isinstance(value, str) or self.number.holds(value)

    def write(self, value: Any) -> Node:
        return text(value) if isinstance(value, str) else self.number.write(value)

    def descriptions(self) -> list[str]:
        return [*self.number.descriptions(), f"text such as `{self.example}`"]

    def schemas(self, names: Names) -> list[Schema]:
        return [*self.number.schemas(names), {"type": "string", "pattern": f"^(?:{self.pattern})$"}]


def is_flag(scalar: Scalar) -> bool:
    return scalar.plain and scalar.text in ("true", "false")


def _or_word(failure: Failure, scalar: Scalar, words: frozenset[str]) -> Failure:
    """Why a text is no number, where it may also be one of some `words`."""
    near = word_meant(scalar.text, words)
    if near:
        fixes = (renamed(scalar, near, words),)
        return Failure([replace(d, label=f"did you mean `{near}`?", fixes=fixes) for d in failure.diagnostics])
    if not words or not scalar.text.isalpha():
        return failure
    said = f"{', '.join(f'`{word}`' for word in sorted(words))} or a number"
    return Failure([replace(d, help="; ".join(filter(None, (said, d.help)))) for d in failure.diagnostics])
