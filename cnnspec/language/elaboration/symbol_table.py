"""Names of layers: given or counted, unique, looked up from the inside out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Generic, TypeVar

from ...diagnostics import Span

T = TypeVar("T")
ROOT = ("",)


class SymbolTable(Generic[T]):
    """What is known by which name. A place is the chain of scopes around it, outermost first, each a prefix that
    ends with a dot (`""` for the spec itself).

    Names given by hand win over counted ones, wherever they stand. A counted name that turns out to be given later
    sets `again`: the walk is then repeated with all given names `reserved`.
    """

    def __init__(self, reserved: frozenset[str] = frozenset()) -> None:
        self.reserved = reserved
        self.given: dict[str, Span] = {}
        self.counted: set[str] = set()
        self.again = False
        self._counts: dict[tuple[str, str], int] = {}
        self._known: dict[str, T] = {}

    def give(self, name: str, span: Span) -> Span | None:
        """Take `name` for the layer written at `span`; where it was given before, the place of that."""
        first = self.given.get(name)
        if first is None:
            self.again = self.again or name in self.counted
            self.given[name] = span
        return first

    def count(self, place: tuple[str, ...], kind: str) -> str:
        """The next free name of a kind in a scope: conv1, conv2, ..."""
        key = (place[-1], kind)
        while True:
            self._counts[key] = self._counts.get(key, 0) + 1
            name = f"{place[-1]}{kind}{self._counts[key]}"
            if name not in self.given and name not in self.reserved:
                self.counted.add(name)
                return name

    def set(self, name: str, value: T) -> None:
        self._known[name] = value

    def find(self, name: str, place: tuple[str, ...]) -> T | None:
        """What `name` means at a place: its own scope first, then outwards."""
        full = self.full_name(name, place)
        return None if full is None else self._known[full]

    def full_name(self, name: str, place: tuple[str, ...]) -> str | None:
        """The full name of what `name` means at a place."""
        for prefix in reversed(place):
            if prefix + name in self._known:
                return prefix + name
        return None

    def visible(self, place: tuple[str, ...]) -> Iterator[str]:
        """Names as they may be written at a place."""
        for name in self._known:
            yield from {name.removeprefix(prefix) for prefix in place if name.startswith(prefix)}


def repeated(name: str, index: int) -> str:
    """The name of repetition `index` (from 0): trailing digits count up, any other name gets .0, .1, ..."""
    match = re.fullmatch(r"(.*?)([0-9]+)", name)
    if match is None:
        return f"{name}.{index}"
    stem, digits = match.groups()
    return f"{stem}{int(digits) + index:0{len(digits)}}"
