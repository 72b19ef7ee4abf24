"""Rules of kinds that are a call of a function, or an operator between what arrives, whatever the language calls it."""

from __future__ import annotations

from functools import reduce

from .functions import Rule, Written
from .layout import call
from .place import Place, field


def plain(function: str) -> Rule:
    """A function of what arrives alone."""
    return lambda at, name: lambda x: call(function, *x)


def with_fields(function: str, **fields: str) -> Rule:
    """A function with arguments by name, from fields of the layer."""

    def rule(at: Place, name: str) -> Written:
        given = {argument: at.value(of, field(of)) for argument, of in fields.items()}
        return lambda x: call(function, *x, **given)

    return rule


def infix(sign: str) -> Rule:
    """An operator between all that arrive."""
    return lambda at, name: lambda x: f" {sign} ".join(map(str, x))


def nested(function: str) -> Rule:
    """A function of two, over all that arrive."""
    return lambda at, name: lambda x: reduce(lambda one, two: call(function, one, two), x)


def mean(at: Place, name: str) -> Written:
    return lambda x: f"({' + '.join(map(str, x))}) / {len(x)}"


def identity(at: Place, name: str) -> Written:
    return lambda x: x[0]
