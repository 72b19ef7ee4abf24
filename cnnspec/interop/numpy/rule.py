"""A layer kind that is a call of a function of `definitions` with the layer's tensors."""

from __future__ import annotations

from ..code.functions import Rule, Written
from ..code.layout import call
from ..code.place import Of, Place


def with_tensors(function: str, **options: tuple[object, Of]) -> Rule:
    """A function that takes the layer's tensors, and options that are left out where they have their defaults."""

    def rule(at: Place, name: str) -> Written:
        given: dict[str, str] = {}
        for argument, (default, of) in options.items():
            given |= at.option(argument, default, of)
        return lambda x: call(function, *x, "tensors", name, **given)

    return rule
