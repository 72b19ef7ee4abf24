"""Expressions of a program, and how they are broken into lines: as `ruff format` and `black` do it by default."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH = 88
INDENT = "    "
FEW = 4
"""Values whose types are told one by one."""


@dataclass(frozen=True, slots=True)
class Call:
    """`function(arguments)`, or with other `brackets`. Arguments are texts or calls, those by name as `Named`."""

    function: str
    arguments: tuple[Expression | Named, ...] = ()
    brackets: str = "()"

    def __str__(self) -> str:
        opening, closing = self.brackets[0], self.brackets[1]
        return f"{self.function}{opening}{', '.join(map(str, self.arguments))}{closing}"


@dataclass(frozen=True, slots=True)
class Named:
    """An argument that is given by name, or with other signs between (`: ` of a dict)."""

    name: str
    value: Expression
    sign: str = "="

    def __str__(self) -> str:
        return f"{self.name}{self.sign}{self.value}"


@dataclass(frozen=True, slots=True)
class Loop:
    """`element for name in ...`, with brackets and a star where it is one argument among several."""

    element: Expression
    header: str
    starred: bool = True

    def __str__(self) -> str:
        text = f"{self.element} {self.header}"
        return f"*({text})" if self.starred else text


Expression = str | Call | Loop


def call(function: str, /, *arguments: Expression | Named, **named: Expression) -> Call:
    return Call(function, (*arguments, *(Named(name, value) for name, value in named.items())))


def statement(start: str, expression: Expression | Named, indent: str, end: str = "") -> list[str]:
    """The lines of `start expression end`, broken inside of brackets where they are too long for one."""
    lines = _broken(start, expression, indent, end)
    return [indent + lines[0], *lines[1:]]


def _broken(start: str, expression: Expression | Named, indent: str, end: str) -> list[str]:
    """The same, the first line without its indent."""
    flat = f"{start}{expression}{end}"
    if len(indent) + len(flat) <= WIDTH:
        return [flat]
    if isinstance(expression, Named):
        return _broken(f"{start}{expression.name}{expression.sign}", expression.value, indent, end)
    if isinstance(expression, Loop):
        return _loop(start, expression, indent, end)
    if isinstance(expression, str) or not expression.arguments:
        return [flat]
    opening, closing = expression.brackets[0], expression.brackets[1]
    inner = indent + INDENT
    together = ", ".join(map(str, expression.arguments))
    if len(inner) + len(together) <= WIDTH and not _is_listing(expression):
        return [f"{start}{expression.function}{opening}", inner + together, f"{indent}{closing}{end}"]
    lines = [f"{start}{expression.function}{opening}"]
    # A loop that stands alone has no comma behind it.
    comma = "" if isinstance(expression.arguments[0], Loop) and not expression.arguments[0].starred else ","
    for argument in expression.arguments:
        first, *rest = _broken("", argument, inner, comma)
        lines += [inner + first, *rest]
    return [*lines, f"{indent}{closing}{end}"]


def _is_listing(expression: Call) -> bool:
    """A list or a dict has a line for each item as soon as it needs several."""
    return not expression.function and len(expression.arguments) > 1


def _loop(start: str, loop: Loop, indent: str, end: str) -> list[str]:
    """A loop whose element and header have lines of their own."""
    if not loop.starred:
        return [*_broken(start, loop.element, indent, ""), f"{indent}{loop.header}{end}"]
    inner = indent + INDENT
    first, *rest = _broken("", loop.element, inner, "")
    return [f"{start}*(", inner + first, *rest, f"{inner}{loop.header}", f"{indent}){end}"]


def definition(start: str, parameters: Sequence[str], returns: str, indent: str = "") -> list[str]:
    """`def name(parameters) -> returns:`"""
    return statement(f"def {start}", Call("", tuple(parameters)), indent, f" -> {returns}:")


def several(type: str, count: int) -> str:
    """The type of what returns so many values of one type."""
    if count == 1:
        return type
    return f"tuple[{', '.join([type] * count)}]" if count <= FEW else f"tuple[{type}, ...]"


def paragraph(words: str, indent: str = "", width: int = WIDTH) -> list[str]:
    """Text in lines."""
    import textwrap

    return textwrap.wrap(words, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def listing(opening: str, items: Iterable[Expression | Named], brackets: str = "[]") -> Call:
    return Call(opening, tuple(items), brackets)
