"""How a layer kind is said in NumPy: as a call of a function of `definitions`, or by an operator."""

from __future__ import annotations

from ..code.functions import Rule, Written
from ..code.layout import call
from ..code.place import Of, Place, field


def plain(function: str) -> Rule:
    """A function of what arrives alone."""
    return lambda at, name: lambda x: call(function, *x)


def with_fields(function: str, **fields: str) -> Rule:
    """A function with arguments by name, from fields of the layer."""

    def rule(at: Place, name: str) -> Written:
        given = {argument: at.value(of, field(of)) for argument, of in fields.items()}
        return lambda x: call(function, *x, **given)

    return rule


def with_tensors(function: str, **options: tuple[object, Of]) -> Rule:
    """A function that takes the layer's tensors, and options that are left out where they have their defaults."""

    def rule(at: Place, name: str) -> Written:
        given: dict[str, str] = {}
        for argument, (default, of) in options.items():
            given |= at.option(argument, default, of)
        return lambda x: call(function, *x, "tensors", name, **given)

    return rule
