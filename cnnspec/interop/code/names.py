"""Names of functions and classes, each its own, and none that means something already."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Callable, Iterable

from .bodies import Body

BUILTINS = frozenset(dir(builtins))


def is_reserved(name: str) -> bool:
    """Whether a name means something in every program."""
    return keyword.iskeyword(name) or name in BUILTINS


def body_names(bodies: Iterable[Body], styled: Callable[[str], str], taken: Iterable[str]) -> dict[Body, str]:
    """A name for each block's body, as `styled` makes one of words; others than those that are taken."""
    used = set(taken)
    found: dict[Body, str] = {}
    for body in bodies:
        found[body] = free(styled("_".join((body.title, *body.variant))), used)
    return found


def free(name: str, used: set[str]) -> str:
    """The name, or the name with a number; it is used then."""
    if is_reserved(name):
        name += "_"
    found, count = name, 1
    while found in used:
        count += 1
        found = f"{name}{count}"
    used.add(found)
    return found
