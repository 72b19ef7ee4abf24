"""What a name in a spec stands for: block arguments, then the letters of the arriving tensor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from ...graph.shape import Shape
from ..syntax.nodes import Scalar

if TYPE_CHECKING:
    from ..syntax.tree import Entry

LETTERS = ("C", "H", "W")


class WordArgument(NamedTuple):
    """An argument that is a word: one of a field's words, or an earlier layer's name, looked up where it was
    written (`places`)."""

    scalar: Scalar
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class LayersArgument:
    """An argument that holds layers, with the scope of the place where they are written."""

    items: tuple[Entry, ...]
    scope: Scope


Value = int | Fraction | bool | WordArgument | LayersArgument


class UnknownValue(Exception):  # noqa: N818 - a signal, not an error
    """A value that hangs on a shape which an earlier mistake left unknown."""


class UndefinedName(Exception):  # noqa: N818 - becomes a Diagnostic at the name's place
    """A name that stands for nothing here; `known` are those that do."""

    def __init__(self, name: str, known: Iterable[str], why: str = "") -> None:
        super().__init__(name)
        self.name, self.known, self.why = name, tuple(known), why


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Lexical scope: the arguments of the enclosing block and the blocks around it.

    `arriving` is the shape whose C, H and W are visible; None when it is unknown, empty where no tensor arrives.
    `hidden` are names whose values an earlier mistake left unknown.
    """

    arguments: Mapping[str, Value] = field(default_factory=dict)
    arriving: Shape | None = None
    within: tuple[str, ...] = ()
    used: set[tuple[str, str]] = field(default_factory=set)
    hidden: frozenset[str] = frozenset()

    def at(self, arriving: Shape | None) -> Scope:
        """The same place with another arriving tensor."""
        return Scope(self.arguments, arriving, self.within, self.used)

    def argument(self, name: str) -> Value | None:
        """The argument called `name`, marked as used; None when there is none."""
        value = self.arguments.get(name)
        if value is not None and self.within:
            self.used.add((self.within[-1], name))
        return value

    def value(self, name: str) -> Value:
        """What `name` stands for, or raise `UndefinedName` or `UnknownValue`."""
        if name in self.hidden:
            raise UnknownValue
        argument = self.argument(name)
        if argument is not None:
            return argument
        if self.arriving is None and name in LETTERS:
            raise UnknownValue
        letters = dict(zip(LETTERS, self.arriving or (), strict=False))
        if name not in letters:
            is_vector = name in LETTERS and letters
            raise UndefinedName(
                name, self.names(), f"a vector of {letters['C']} arrives: its length is C" if is_vector else ""
            )
        return letters[name]

    def names(self) -> tuple[str, ...]:
        """The names that have a value here."""
        return (*self.arguments, *(LETTERS if self.arriving is None else LETTERS[: len(self.arriving)]))
