"""What differs between the uses of a block -> parameters of its function, and expressions over them.

A value that all uses share is written as it is. Others are looked for among the parameters, first among the arguments
that the spec gave, under their names; then as a multiple or a sum of these; what is left becomes a new parameter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .bodies import Body
from .names import is_reserved

DEPTHS = frozenset("CKG")
"""Letters whose values are numbers of channels: one may be a multiple of another."""
TELLING = frozenset("CFK")
"""Letters that every use gives: they tell uses apart."""
ORDER = "CKFSPDG"

Values = tuple[Any, ...]
"""One for each use; None for those that do not need it."""


def literal(value: Any) -> str:
    """A number, word or pair as it stands in a program."""
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        mantissa, e, exponent = repr(value).partition("e")
        return f"{mantissa}e{int(exponent)}" if e else mantissa
    return repr(value)


@dataclass(slots=True)
class Parameter:
    """A parameter of a function: its value in each use, its type, its default or nothing."""

    name: str
    letter: str
    values: Values
    is_flag: bool = False

    @property
    def type(self) -> str:
        types = {type(value) for value in self.values if value is not None}
        if tuple in types:
            size = next(len(value) for value in self.values if isinstance(value, tuple))
            whole = f"tuple[{', '.join(['int'] * size)}]"
            return f"int | {whole}" if int in types else whole
        return "float" if types == {int, float} else next(iter(types)).__name__

    @property
    def default(self) -> Any:
        """What most uses have; where some do not need it, what most others have."""
        given = [value for value in self.values if value is not None]
        (value, times), *_ = Counter(given).most_common(1)
        if len(given) < len(self.values):
            return value
        is_told = self.letter in TELLING and not self.is_flag
        return value if 2 * times > len(given) and not is_told else None

    def values_in(self, uses: Sequence[int | None]) -> list[Any]:
        """The values in some of the body's uses."""
        return [None if use is None else self.values[use] for use in uses]

    @property
    def declared(self) -> str:
        default = self.default
        return f"{self.name}: {self.type}" + ("" if default is None else f" = {literal(default)}")


@dataclass(slots=True)
class Parameters:
    """Those of one body. `taken` are names that mean something else in it, `renamed` those that the language of the
    program has another word for."""

    body: Body
    taken: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    own: dict[str, Parameter] = field(default_factory=dict)
    flags: dict[tuple[bool, ...], str] = field(default_factory=dict)

    def text(self, letter: str, values: Sequence[Any]) -> str:
        """An expression for a value of some letter in each use."""
        wanted = tuple(values)
        given = [value for value in wanted if value is not None]
        if all(value == given[0] and type(value) is type(given[0]) for value in given):
            # In a part that some uses leave out it may be what a parameter is there.
            name = self._known(letter, wanted) if len(given) < len(wanted) else ""
            return name if name and _go_together(name[0], letter) else literal(given[0])
        return self._known(letter, wanted) or self._derived(letter, wanted) or self._new(letter, letter, wanted).name

    def flag(self, present: tuple[bool, ...]) -> str:
        """The name of the parameter that says in which uses something is there."""
        if present not in self.flags:
            uses = self.body.uses
            empty = (name for name in uses[0].arguments if all(use.arguments.get(name) == "" for use in uses))
            name = next(empty, "extra")
            self.flags[present] = self._new(name, "", present, is_flag=True).name
        return self.flags[present]

    def ordered(self) -> list[Parameter]:
        """Those without a default first."""

        def place(each: Parameter) -> tuple[bool, int]:
            at = ORDER.find(each.letter) if each.letter else -1
            return each.default is not None, len(ORDER) if at < 0 else at

        return sorted(self.own.values(), key=place)

    def _known(self, letter: str, wanted: Values) -> str:
        given, own = list(self._spelled()), list(self.own.values())
        candidates = own + given if letter == "C" else given + own
        fitting = [each for each in candidates if _equal(wanted, each.values) and not each.is_flag]
        for each in sorted(fitting, key=lambda each: each.name[0] != letter):
            if letter in DEPTHS or each.letter not in DEPTHS:
                return each.name if each.name in self.own else self._new(each.name, letter, each.values).name
        return ""

    def _spelled(self) -> Iterator[Parameter]:
        """The arguments that the spec gives all uses, by their names there."""
        uses = self.body.uses
        for name in uses[0].arguments:
            values = tuple(_number(use.arguments.get(name, "")) for use in uses)
            if None not in values and self._free(name) == self.renamed.get(name, name):
                yield Parameter(name, name[0], values)

    def _derived(self, letter: str, wanted: Values) -> str:
        """A multiple, a fraction or a sum of others; the middle of a window."""
        if not all(value is None or type(value) is int for value in wanted):
            return ""
        others = [each for each in self.own.values() if all(type(value) is int for value in each.values)]
        if letter == "P":
            windows = (each for each in others if each.letter == "F")
            return next((f"{f.name} // 2" for f in windows if _equal(wanted, tuple(n // 2 for n in f.values))), "")
        if letter not in DEPTHS:
            return ""
        depths = sorted((each for each in others if each.letter in DEPTHS), key=lambda each: each.letter != "K")
        for each in depths:
            ratios = {Fraction(n, m) if m else None for n, m in zip(wanted, each.values, strict=True) if n is not None}
            ratio = ratios.pop()
            if not ratios and ratio is not None and 1 in ratio.as_integer_ratio():
                whole = ratio.denominator == 1
                return f"{ratio} * {each.name}" if whole else f"{each.name} // {ratio.denominator}"
        for each in depths:
            rest = {n - m for n, m in zip(wanted, each.values, strict=True) if n is not None}
            if len(rest) == 1 and (more := rest.pop()):
                return f"{each.name} {'+' if more > 0 else '-'} {abs(more)}"
        for i, one in enumerate(depths):
            for two in depths[i + 1 :]:
                if _equal(wanted, tuple(n + m for n, m in zip(one.values, two.values, strict=True))):
                    return f"{one.name} + {two.name}"
        return ""

    def _new(self, name: str, letter: str, values: Values, is_flag: bool = False) -> Parameter:
        name = self._free(name)
        made = self.own[name] = Parameter(name, letter, values, is_flag)
        return made

    def _free(self, name: str) -> str:
        name = self.renamed.get(name, name).replace("-", "_")
        if is_reserved(name) or name in self.taken:
            name += "_"
        found, count = name, 1
        while found in self.own:
            count += 1
            found = f"{name}{count}"
        return found


def _go_together(one: str, two: str) -> bool:
    return one == two or (one in DEPTHS and two in DEPTHS)


def _equal(wanted: Values, values: Values) -> bool:
    """Whether values are those that are wanted, where some are."""
    return all(
        want is None or (want == value and type(want) is type(value))
        for want, value in zip(wanted, values, strict=True)
    )


def _number(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None
