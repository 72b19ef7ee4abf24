"""Arithmetic in fields: `4*K`, `(F-1)/2`, `1/255`.

Numbers are exact: an `int` is a whole number, a `Fraction` came from a decimal or from a division that
left a remainder. There are no calls, powers or conditions and every size is bounded, so the work always ends.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from ...diagnostics import Issue

Number = int | Fraction

IDENTIFIER = "[A-Za-z_][A-Za-z0-9_]*"
"""How a name in arithmetic is spelled."""
SIZE = rf"{IDENTIFIER}(?:\.[A-Za-z0-9_]+)*\.[CHW](?![A-Za-z0-9_.])"
"""How a size of an earlier layer is spelled: `stem.H`."""
MAX_LENGTH = 200
MAX_DEPTH = 32
MAX_VALUE = 10**12
MAX_TERM = 10**24  # of a fraction's numerator and denominator
MAX_EXPONENT = 24  # in a literal such as 1e-3; beyond it MAX_TERM is passed in any case


class ExpressionError(Exception):
    """An expression that cannot be read (E105) or has no valid value (E106): the `issue`, and the characters `start`
    to `end` of the expression's text, which are to blame."""

    def __init__(self, issue: Issue, start: int, end: int) -> None:
        super().__init__(issue.message)
        self.issue = issue
        self.start = start
        self.end = end


class Literal(NamedTuple):
    value: Number
    start: int
    end: int


class Name(NamedTuple):
    name: str
    start: int
    end: int


class Operation(NamedTuple):
    sign: str
    left: Term
    right: Term
    start: int
    end: int


Term = Literal | Name | Operation


class Expression(NamedTuple):
    """A parsed expression. `names` are the names it needs, `uses` their places in reading order."""

    text: str
    root: Term
    uses: tuple[Name, ...]
    names: frozenset[str]

    def where(self, name: str) -> tuple[int, int]:
        """Character offsets of the first use of `name`, which is one of `names`."""
        return next((use.start, use.end) for use in self.uses if use.name == name)


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read an expression. Raises ExpressionError: E105, or E106 for a literal past the bounds."""
    if len(text) > MAX_LENGTH:
        message = f"an expression of {len(text):,} characters is too long"
        why = f"an expression has at most {MAX_LENGTH} characters"
        raise ExpressionError(Issue("E105", message, why=why), 0, len(text))
    parser = _Parser(text)
    root = parser.everything()
    return Expression(text, root, tuple(parser.uses), frozenset(use.name for use in parser.uses))


def evaluate(expression: Expression, lookup: Callable[[str], Number]) -> Number:
    """The value, with `lookup` giving that of each name; what `lookup` raises goes through.

    Raises ExpressionError (E106) for a division by zero and for values past the bounds.
    """
    return _value(expression.root, lookup)


def whole(value: Number, text: str = "") -> int:
    """`value` as a whole number; `text` is what was written. Raises ExpressionError (E106) for a Fraction."""
    if isinstance(value, int):
        return value
    literal = not text or _NUMBER.fullmatch(text.strip(" +-"))
    written = text if text and literal else ""
    if value.denominator == 1:
        shown = written or " = ".join(filter(None, (text, f"{value}.0")))
        cure = f"write {value}" if literal else "leave decimals out: `C/2`, not `C*0.5`"
        raise ExpressionError(Issue("E106", f"{shown} is a decimal, not a whole number", help=cure), 0, len(text))
    steps = dict.fromkeys(filter(None, (text, str(value))))
    shown = written or " = ".join(steps) + _decimal(value)
    cure = "`//` divides and rounds down" if "/" in text else ""
    raise ExpressionError(Issue("E106", f"{shown} is not a whole number", help=cure), 0, len(text))


def _decimal(value: Fraction) -> str:
    digits = f"{float(value):.6g}"
    return f" = {digits}" if Fraction(digits) == value else f" ≈ {digits}"


def _value(term: Term, lookup: Callable[[str], Number]) -> Number:
    if isinstance(term, Literal):
        return term.value
    if isinstance(term, Name):
        return lookup(term.name)
    left = _value(term.left, lookup)
    right = _value(term.right, lookup)
    if right == 0 and term.sign in _DIVISIONS:
        issue = Issue("E106", "a division by zero has no value", why=f"{left} {term.sign} 0")
        raise ExpressionError(issue, term.right.start, term.right.end)
    value = _OPERATIONS[term.sign](left, right)
    if not _bounded(value):
        raise _unbounded(f"{left} {term.sign} {right}", term.start, term.end)
    return value


def _divide(left: Number, right: Number) -> Number:
    """Whole where two whole numbers leave no remainder."""
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return Fraction(left) / right


def _floor(left: Number, right: Number) -> Number:
    """Python's `//` gives an int for fractions too, which would pass a decimal off as a whole number."""
    quotient = left // right
    return quotient if isinstance(left, int) and isinstance(right, int) else Fraction(quotient)


_OPERATIONS: dict[str, Callable[[Number, Number], Number]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "//": _floor,
    "%": operator.mod,
}
_LEVELS = (("+", "-"), ("*", "/", "//", "%"))  # loosest first
_DIVISIONS = ("/", "//", "%")


def _bounded(value: Number) -> bool:
    if isinstance(value, int):
        return -MAX_VALUE <= value <= MAX_VALUE
    return abs(value) <= MAX_VALUE and abs(value.numerator) <= MAX_TERM and value.denominator <= MAX_TERM


def _unbounded(shown: str, start: int, end: int) -> ExpressionError:
    why = "a value is at most 10^12 in size, a fraction has at most 10^24 above and below its line"
    return ExpressionError(Issue("E106", f"`{shown}` is out of bounds", why=why), start, end)


def _unreadable(token: _Token, message: str, help: str = "") -> ExpressionError:
    return ExpressionError(Issue("E105", message, help=help), token.start, token.end)


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


# A number takes every letter, digit and dot that follows: `4K`, `010` and `1.2.3` are refused as one piece.
_TOKEN = re.compile(
    rf"[ \t\n]*(?:(?P<number>[0-9.](?:[eE][-+](?=[0-9])|[0-9A-Za-z_.])*)|(?P<name>{SIZE}|{IDENTIFIER})"
    r"|(?P<sign>//|\*\*|[-+*/%()])|(?P<other>[^ \t\n]))"
)
_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(\.[0-9]+)?(?:[eE]([-+]?[0-9]+))?")

_NUMBER_CURES = (  # what was written, and what to write instead
    (r"0[xXoObB].*", "the number in decimal digits"),
    (r"0+([0-9]+)", r"{}"),
    (r"(\.[0-9]+)", r"0{}"),
    (r"([0-9]+\.)", r"{}0"),
    (r"[0-9]+(?:_[0-9]+)+", "the digits without `_`"),
    (r"([0-9]+)[xX]([0-9]+)", "`[{}, {}]`"),
    (r"([0-9]+[A-Za-z_][A-Za-z0-9_]*)", "a `*` between number and name"),
)
_LIST = "a list has square brackets: `[2, 2]`"
_FOREIGN = (  # beginnings of what other languages have and this one has not, where an operator may stand
    (("**", "^"), "powers are", "write the product: 2*2*2 for 2^3"),
    (("[",), "subscripts are", ""),
    ((".",), "attributes are", "of an earlier layer there are `.C`, `.H` and `.W`"),
    (("=", "<", ">", "!"), "comparisons are", ""),
    (("if", "else", "and", "or", "not", "?", ":", "&", "|"), "conditions are", ""),
)


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        yield _Token(kind, match[kind], match.start(kind), match.end(kind))
    end = len(text.rstrip(" \t\n"))
    yield _Token("end", "", end, end)


class _Parser:
    """Recursive descent; `depth` counts the brackets and signs around a term."""

    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.at = 0
        self.uses: list[Name] = []

    def everything(self) -> Term:
        term = self.operation(0, 0)
        if self.token.kind != "end":
            raise self.refused(self.token)
        return term

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def operation(self, level: int, depth: int) -> Term:
        if level == len(_LEVELS):
            return self.operand(depth)
        left = self.operation(level + 1, depth)
        while self.token.text in _LEVELS[level]:
            sign = self.take().text
            right = self.operation(level + 1, depth)
            left = Operation(sign, left, right, left.start, right.end)
        return left

    def operand(self, depth: int) -> Term:
        token = self.token
        if depth > MAX_DEPTH:
            raise _unreadable(token, f"brackets and signs are nested more than {MAX_DEPTH} deep")
        if token.kind == "end" or token.text in (")", "*", "/", "//", "%"):
            raise _unreadable(token, "a number or a name is missing here")
        self.at += 1
        if token.kind == "number":
            return _literal(token)
        if token.kind == "name":
            self.uses.append(Name(token.text, token.start, token.end))
            return self.uses[-1]
        if token.text == "(":
            return self.bracket(token, depth)
        if token.text in ("+", "-"):
            zero, term = Literal(0, token.start, token.start), self.operand(depth + 1)
            return Operation(token.text, zero, term, token.start, term.end)
        raise self.refused(token)

    def bracket(self, opening: _Token, depth: int) -> Term:
        term = self.operation(0, depth + 1)
        closing = self.take()
        if closing.kind == "end":
            raise _unreadable(opening, "this bracket is never closed", _LIST if isinstance(term, Literal) else "")
        if closing.text != ")":
            raise self.refused(closing)
        return term._replace(start=opening.start, end=closing.end)

    def refused(self, token: _Token) -> ExpressionError:
        """`token` stands where an operator or the end is expected, or is known nowhere."""
        for beginnings, what, cure in _FOREIGN:
            if token.text.startswith(beginnings) and (token.kind != "name" or token.text in beginnings):
                return _unreadable(token, f"{what} not part of the arithmetic", cure)
        if token.text == ")":
            return _unreadable(token, "this bracket closes nothing")
        before = self.tokens[self.tokens.index(token) - 1]
        if token.text == "(" and before.kind == "name":
            cure = "a product needs a `*`" if len(before.text) == 1 else ""
            return _unreadable(token, "calls are not part of the arithmetic", cure)
        if token.text == ",":
            return _unreadable(token, "a list is not part of the arithmetic", _LIST)
        if token.kind == "other":
            return _unreadable(token, f"`{token.text}` is not part of the arithmetic", "operators are + - * / // %")
        return _unreadable(token, f"an operator is missing before `{token.text}`")


def _literal(token: _Token) -> Literal:
    match = _NUMBER.fullmatch(token.text)
    if match is None:
        cures = ((re.fullmatch(pattern, token.text), cure) for pattern, cure in _NUMBER_CURES)
        cure = next((cure.format(*found.groups()) for found, cure in cures if found), "")
        raise _unreadable(token, f"`{token.text}` is not a decimal number", cure and f"write {cure}")
    fraction, exponent = match.groups()
    if abs(int(exponent or 0)) <= MAX_EXPONENT:
        value = Fraction(token.text) if fraction or exponent else int(token.text)
        if _bounded(value):
            return Literal(value, token.start, token.end)
    raise _unbounded(token.text, token.start, token.end)
