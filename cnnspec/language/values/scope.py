"""What a name in a spec stands for: block arguments, then the letters of the arriving tensor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Self

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


class SizeArgument(int):
    """An argument that is a size of what arrives where it was written. Its letter is a word for fields that have it:
    `H` is a number of rows, or the axis along which they lie."""

    letter: str

    def __new__(cls, size: int, letter: str) -> Self:
        made = super().__new__(cls, size)
        made.letter = letter
        return made


@dataclass(frozen=True, slots=True, eq=False)
class LayersArgument:
    """An argument that holds layers, with the scope of the place where they are written."""

    items: tuple[Entry, ...]
    scope: Scope


class PairArgument(NamedTuple):
    """An argument that is two numbers, of rows and of columns."""

    rows: int | Fraction
    columns: int | Fraction


Value = int | Fraction | bool | WordArgument | LayersArgument | PairArgument


class UnknownValue(Exception):  # noqa: N818 - a signal, not an error
    """A value that hangs on a shape which an earlier mistake left unknown."""


class Scope:
    """Lexical scope: the arguments of the enclosing block and the blocks around it. It does not change.

    `arriving` is the shape whose C, H and W are visible; None when it is unknown, empty where no tensor arrives.
    `within` are the blocks around, the outermost first; `used` collects which of their arguments have been asked for.
    `hidden` are names whose values an earlier mistake left unknown. `sizes` are those of earlier layers that are asked
    for (`stem.H`), None where an earlier mistake left one unknown.
    """

    __slots__ = ("arguments", "arriving", "hidden", "sizes", "used", "within")

    def __init__(
        self,
        arguments: Mapping[str, Value] = MappingProxyType({}),
        arriving: Shape | None = None,
        within: tuple[str, ...] = (),
        used: set[tuple[str, str]] | None = None,
        hidden: frozenset[str] = frozenset(),
        sizes: Mapping[str, int | None] = MappingProxyType({}),
    ) -> None:
        self.arguments = arguments
        self.arriving = arriving
        self.within = within
        self.used = set[tuple[str, str]]() if used is None else used
        self.hidden = hidden
        self.sizes = sizes

    def at(self, arriving: Shape | None) -> Scope:
        """The same place with another arriving tensor."""
        return Scope(self.arguments, arriving, self.within, self.used, sizes=self.sizes)

    def knowing(self, sizes: Mapping[str, int | None]) -> Scope:
        """The same place with sizes of earlier layers."""
        return Scope(self.arguments, self.arriving, self.within, self.used, self.hidden, sizes)

    def along(self, axis: int) -> Scope:
        """The same place as rows (0) or columns (1) see it: with one number of each pair."""
        pairs = {name: value[axis] for name, value in self.arguments.items() if isinstance(value, PairArgument)}
        if not pairs:
            return self
        arguments = {**self.arguments, **pairs}
        return Scope(arguments, self.arriving, self.within, self.used, self.hidden, self.sizes)

    def argument(self, name: str) -> Value | None:
        """The argument called `name`, marked as used; None when there is none."""
        value = self.arguments.get(name)
        if value is not None and self.within:
            self.used.add((self.within[-1], name))
        return value

    def value(self, name: str) -> Value | None:
        """What `name` stands for, None where it stands for nothing. Raises `UnknownValue`."""
        if name in self.hidden or self.sizes.get(name, 0) is None:
            raise UnknownValue
        if name in self.sizes:
            return self.sizes[name]
        argument = self.argument(name)
        if argument is not None:
            return argument
        if self.arriving is None and name in LETTERS:
            raise UnknownValue
        return dict(zip(LETTERS, self.arriving or (), strict=False)).get(name)

    def names(self) -> tuple[str, ...]:
        """The names that have a value here."""
        return (*self.arguments, *(LETTERS if self.arriving is None else LETTERS[: len(self.arriving)]))
