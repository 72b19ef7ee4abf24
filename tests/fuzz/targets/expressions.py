"""Arithmetic in fields, beside Python's own, whose numbers are made exact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction

from fuzz.target import Target

from cnnspec.language.values.expression import MAX_VALUE, ExpressionError, Number, evaluate, parse, whole

SCOPE: dict[str, Number] = {"C": 7, "H": 28, "F": 5, "half": Fraction(1, 2), "_x1": -3, "zero": 0}
EXACT = {name: Fraction(value) for name, value in SCOPE.items()}
NUMBER = re.compile(r"(?<![A-Za-z0-9_.])[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?")


def seeds() -> Iterator[bytes]:
    for text in ("C", "(F-1)/2", "-C//2 + H%4", "2 + 3*(4 - half)/7", "1e-3*1.5", "--(C)", "24/4/2//1", "127/255"):
        yield text.encode()


def check(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    expression = parse(text)
    if expression.names <= SCOPE.keys():
        value = evaluate(expression, SCOPE.__getitem__)
        found = Fraction(value)
        assert found == by_python(text)
        assert abs(found) <= MAX_VALUE
        with suppress(ExpressionError):
            assert whole(value, text) == value


def in_form(refusal: Exception, data: bytes) -> None:
    assert isinstance(refusal, ExpressionError)
    assert refusal.issue.code in ("E105", "E106")
    assert 0 <= refusal.start <= refusal.end <= len(data.decode("utf-8", "replace"))


def by_python(text: str) -> Fraction:
    exact = NUMBER.sub(lambda number: f"Fraction('{number[0]}')", text)
    return Fraction(eval(f"({exact}\n)", {"Fraction": Fraction, "__builtins__": {}}, EXACT))


WORDS = (*b"C H F half _x1 zero other + - * / // % ( ) ** 1e24 1e-24 0.5 1000000000000 , [ ] = if".split(), b" ", b"\n")
TARGET = Target(seeds, check, WORDS, is_text=True, refusal=ExpressionError, in_form=in_form)
