"""The arguments of a block, found from what differs between its uses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, count

from ...layers import kinds
from ..document.document import unfit_for_argument
from ..syntax.emitter import flow
from ..syntax.nodes import Node, Scalar, word
from ..syntax.nodes import Sequence as SequenceNode
from ..values.names import AXIS_LETTERS
from .lines import Argument, Branch, LeftOut, Number, Reference, Value

TEXTBOOK = "FKSPDG"
"""The order of the textbook's letters."""
DEPTHS = ("K", "G")
"""Letters whose numbers are depths."""
PLACES = ("F", "S", "P", "D", "H", "W", "out", "factor", "top", "bottom", "left", "right")
"""Fields whose numbers are rows and columns; all others may go with the depth that arrives."""
PAIRS = (*PLACES, "to")
"""Fields that take one number or two, of rows and of columns."""
REQUIRED = ("F", "K")
"""Letters that every use of a block should give: they tell uses apart."""
FEW = 4
"""Parts at most of which a number is several, as in `3*C/4`."""
WHOLE = re.compile("[1-9][0-9]*")


class Arguments:
    """Gathers the arguments of one block. `taken` are names that mean something else in it, `known` the texts of the
    arguments that each use is known to have had: they give their names to what has their values."""

    def __init__(self, taken: Iterable[str], known: Sequence[Mapping[str, str]]) -> None:
        self.taken = {*kinds(), *taken}
        self.values: dict[str, list[Value]] = {}
        self.letters: dict[str, str] = {}
        names = dict.fromkeys(chain.from_iterable(known))
        self.known = {name: [each.get(name) for each in known] for name in names}

    def number(self, letter: str, values: Sequence[Number], depths: Sequence[int]) -> Number:
        """What stands for a scalar or a pair that has a value in each use: in a field of some letter, where some C
        arrive."""
        if len(set(values)) == 1:
            return values[0]
        for name, others in self.values.items():
            if others == list(values) and self._goes_with(letter, name):
                return word(name)
        texts = [value.text if isinstance(value, Scalar) else flow(value) for value in values]
        is_known = texts in self.known.values()
        if letter not in PLACES and not is_known and all(map(WHOLE.fullmatch, texts)):
            multiple = next(filter(None, self._multiples([int(text) for text in texts], list(depths))), None)
            if multiple:
                return word(multiple)
        return word(self._new(letter, letter, values, texts))

    def lines(self, name: str, values: Sequence[Branch]) -> Argument:
        """What stands for layers that differ, or for earlier tensors."""
        texts = [value.text if isinstance(value, Reference) else "" for value in values]
        return Argument(self._new(name, "", values, texts))

    def defaults(self) -> dict[str, Value | None]:
        """The arguments in their order with a default for each, None where it is required."""
        order = [*self.known, *TEXTBOOK]
        names = sorted(self.values, key=lambda name: order.index(name) if name in order else len(order))
        return {name: _default(self.letters[name], self.values[name]) for name in names}

    def _goes_with(self, letter: str, name: str) -> bool:
        return letter == self.letters[name] or {letter, self.letters[name]} <= set(DEPTHS)

    def _multiples(self, numbers: list[int], depths: list[int]) -> Iterator[str]:
        """What the numbers are times others: the depth that arrives, or arguments."""
        if numbers == depths:
            yield "C"
        for name, values in self.values.items():
            if self.letters[name] in DEPTHS:
                yield _multiple(numbers, [int(v.text) if isinstance(v, Scalar) else 1 for v in values], name)
        yield _multiple(numbers, depths, "C")

    def _new(self, name: str, letter: str, values: Sequence[Value], texts: list[str]) -> str:
        """The name of a new argument: the one that is known to have had these values, or `name` with a number."""
        alike = (each for each, known in self.known.items() if known == texts)
        names = chain(alike, [name], (f"{name}{number}" for number in count(2)))
        found = next(each for each in names if self._is_free(each, letter))
        self.values[found] = list(values)
        self.letters[found] = letter
        return found

    def _is_free(self, name: str, letter: str) -> bool:
        is_hidden = letter == "P" and name in AXIS_LETTERS  # in P these are the layer's own
        return not (is_hidden or name in self.taken or name in self.values or unfit_for_argument(name))


def is_pair(letter: str, node: Node) -> bool:
    """Whether a node is two numbers of rows and of columns, for which one number might stand as well."""
    return letter in PAIRS and isinstance(node, SequenceNode) and all(isinstance(item, Scalar) for item in node.items)


def _multiple(numbers: list[int], others: list[int], of: str) -> str:
    """`4*K`, `C/2` or `2*C/3` where each number is that; else nothing."""
    ratios = {Fraction(number, other) for number, other in zip(numbers, others, strict=True)}
    ratio = ratios.pop()
    times, parts = ratio.as_integer_ratio()
    if ratios or (1 not in (times, parts) and max(times, parts) > FEW):
        return ""
    return (f"{times}*" if times > 1 else "") + of + (f"/{parts}" if parts > 1 else "")


def _default(letter: str, values: list[Value]) -> Value | None:
    """The value of half the uses or more, or no layers, or no branch."""
    empty, left_out = values.count([]), sum(isinstance(value, LeftOut) for value in values)
    if empty or left_out:
        return [] if empty >= left_out else LeftOut()
    numbers = [value for value in values if isinstance(value, Number)]
    if letter in REQUIRED or len(numbers) < len(values):
        return None
    value, times = Counter(numbers).most_common(1)[0]
    return value if 2 * times >= max(len(values), 3) else None
