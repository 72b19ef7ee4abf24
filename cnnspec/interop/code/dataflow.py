"""Items with values -> statements with variables.

A value that is used once, right behind where it is made, stands in the expression that uses it, as long as that fits on
a line and no layer with a window of its own begins there. Others get a variable: a branch of a join of three or more
its own, a value that others outlive the name of its layer, the rest that of the value that they come from, if nobody
needs it any more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from .layout import INDENT, WIDTH, Call, Expression, statement
from .names import is_reserved

DEEP = 3
"""Calls in each other at most."""
SHORT = 40
"""Characters of a call that may stand in a join."""
FREE = ("y", "z", "w", "v", "u")


@dataclass(slots=True, eq=False)
class Node:
    """Something that makes a value: `write` gives its expression for the inputs' own, or the statements of a `region`
    do. `name` is what it is called, `heavy` whether a line begins with it."""

    name: str
    inputs: tuple[int, ...]
    value: int
    write: Callable[[list[Expression]], Expression] = lambda inputs: inputs[0]
    heavy: bool = False
    is_join: bool = False
    region: Region | None = None


@dataclass(slots=True, eq=False)
class Region:
    """Statements under a `header` (`if ...:`, `for ...:`); its value is that of the last node, or of `origin`."""

    header: str
    nodes: list[Node]
    origin: int


@dataclass(slots=True)
class Statements:
    """The lines of a function's body. `arriving` are the names of what arrives, `outputs` values, `taken` names that
    mean something else in it."""

    nodes: Sequence[Node]
    arriving: tuple[str, ...]
    outputs: tuple[int, ...]
    taken: frozenset[str] = frozenset()
    indent: str = INDENT
    names: dict[int, str] = field(default_factory=dict)
    pending: dict[int, Expression] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def write(self) -> list[str]:
        self.names = {-1 - index: name for index, name in enumerate(self.arriving)}
        flat = list(_flat(self.nodes))
        self.places = {node.value: place for place, node in enumerate(flat)}
        self.order = flat
        self.readers: dict[int, list[int]] = {}
        for place, node in enumerate(flat):
            for value in node.inputs:
                self.readers.setdefault(value, []).append(place)
        for value in self.outputs:
            self.readers.setdefault(value, []).append(len(flat))
        self.regions: dict[int, int] = {}
        self.long = self._long_lived()
        self.goals = self._goals()
        self._sequence(self.nodes)
        returned = [self.pending.pop(value, "") or self.names[value] for value in self.outputs]
        self._flush_all()
        if len(returned) == 1:
            self.lines += statement("return ", returned[0], self.indent)
        else:
            line = f"{self.indent}return {', '.join(map(str, returned))}"
            is_short = len(line) <= WIDTH
            self.lines += [line] if is_short else statement("return ", Call("", tuple(returned)), self.indent)
        return self.lines

    order: list[Node] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    readers: dict[int, list[int]] = field(default_factory=dict)
    regions: dict[int, int] = field(default_factory=dict)
    long: set[int] = field(default_factory=set)
    goals: dict[int, str] = field(default_factory=dict)

    def _sequence(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            if node.region is None:
                self._node(node)
            else:
                self._region(node, node.region)

    def _node(self, node: Node) -> None:
        inputs = [self.pending.get(value, self.names.get(value, "")) for value in node.inputs]
        expression = node.write(inputs)
        nested = [value for value in node.inputs if value in self.pending]
        target = max((len(name) for name in self.names.values()), default=1)
        is_long = len(self.indent) + target + 3 + len(str(expression)) > WIDTH or _depth(expression) > DEEP
        if nested and (is_long or not self._is_nested(node, expression, [self.pending[value] for value in nested])):
            for value in nested:
                self._flush(value)
            expression = node.write([self.names[value] for value in node.inputs])
        for value in node.inputs:
            self.pending.pop(value, None)
        self.pending[node.value] = expression
        place = self.places[node.value]
        if self.readers.get(node.value, []) != [place + 1] or self._is_edge(node.value):
            self._flush(node.value)

    def _is_nested(self, node: Node, expression: Expression, nested: list[Expression]) -> bool:
        """Whether what has no variable yet may stand in the expression of a node that reads it."""
        if node.heavy:
            return False
        if node.is_join:
            return (
                len(node.inputs) == 2
                and len(nested) == 1
                and isinstance(nested[0], Call)
                and len(str(nested[0])) <= SHORT
            )
        return all(_holds(expression, each) for each in nested)

    def _is_edge(self, value: int) -> bool:
        """Whether a region begins or ends behind a value."""
        return value in self.edges

    edges: set[int] = field(default_factory=set)

    def _region(self, node: Node, region: Region) -> None:
        self._flush_all()
        last = region.nodes[-1].value
        start = self.places[region.nodes[0].value]
        source = self.names[region.origin]
        end = start + len(list(_flat(region.nodes)))
        is_free = all(reader < end for reader in self.readers.get(region.origin, []))
        name = source if is_free else self._new(last)
        if not is_free:
            self.lines.append(f"{self.indent}{name} = {source}")
        self.lines.append(f"{self.indent}{region.header}")
        outer, self.indent = self.indent, self.indent + INDENT
        before = dict(self.names)
        if not is_free:
            self.names[region.origin] = name
        self.forced = {last: name}
        self.edges.add(last)
        self._sequence(region.nodes)
        self._flush_all()
        self.forced = {}
        self.names |= before
        self.names[last] = name
        self.indent = outer

    forced: dict[int, str] = field(default_factory=dict)

    # variables

    def _flush_all(self) -> None:
        for value in list(self.pending):
            self._flush(value)

    def _flush(self, value: int) -> None:
        expression = self.pending.pop(value, None)
        if expression is None:
            return
        if value not in self.readers and value not in self.forced:
            return
        name = self._name(value)
        self.names[value] = name
        if str(expression) != name:
            self.lines += statement(f"{name} = ", expression, self.indent)

    def _name(self, value: int) -> str:
        if value in self.forced:
            return self.forced[value]
        if value in self.long:
            return self._unique(identifier(self.order[self.places[value]].name))
        goal = self.goals.get(value)
        if goal and goal not in self.taken and not self._is_live(goal, value):
            return goal
        for each in self._sources(value):
            name = self.names.get(each)
            if name and each not in self.long and not self._is_live(name, value):
                return name
        return self._new(value)

    def _sources(self, value: int) -> list[int]:
        """What a value comes from, through all that has no variable."""
        found: list[int] = []
        for each in self.order[self.places[value]].inputs:
            found += [each] if each in self.names else self._sources(each) if each in self.places else []
        return found

    def _is_live(self, name: str, value: int) -> bool:
        """Whether some value of that name is read behind the place where `value` is made."""
        place = self.places[value]
        return any(
            max(self.readers.get(each, [-1])) > place
            for each, own in self.names.items()
            if own == name and each != value
        )

    def _new(self, value: int) -> str:
        free = (*FREE, *(f"y{number}" for number in range(2, 10_000)))
        known = {*self.taken}
        return next(name for name in ("x", *free) if name not in known and not self._is_live(name, value))

    def _unique(self, name: str) -> str:
        used = {*self.taken, *self.names.values(), *FREE, "x", "self"}
        found, count = name, 1
        while found in used or is_reserved(found):
            count += 1
            found = f"{name}_{count}"
        return found

    def _long_lived(self) -> set[int]:
        """Values in whose time another one begins that is read several times, too, and outputs beside others."""
        spans = {
            value: (self.places[value], readers[-1])
            for value, readers in self.readers.items()
            if value in self.places and len(readers) > 1
        }
        found = {
            value
            for value, (start, end) in spans.items()
            if end > start + 3
            and any(start < other[0] < end or other[0] < start < other[1] for other in spans.values())
        }
        return found | ({each for each in self.outputs if each in self.places} if len(self.outputs) > 1 else set())

    def _goals(self) -> dict[int, str]:
        """For values on the way to a join of three or more, which of its branches they are."""
        found: dict[int, str] = {}
        for node in reversed(self.order):
            if node.is_join and len(set(node.inputs)) > 2:
                for index, value in enumerate(node.inputs, 1):
                    if value in self.places and len(self.readers[value]) == 1:
                        found[value] = f"branch{index}"
            goal = found.get(node.value)
            if goal and not node.is_join:
                for value in node.inputs:
                    if value in self.places and len(self.readers[value]) == 1:
                        found[value] = goal
        return found


def _flat(nodes: Sequence[Node]) -> list[Node]:
    found: list[Node] = []
    for node in nodes:
        found += _flat(node.region.nodes) if node.region else [node]
    return found


def _depth(expression: object) -> int:
    """How many calls are in each other."""
    return 1 + max(map(_depth, expression.arguments), default=0) if isinstance(expression, Call) else 0


def _holds(expression: Expression, argument: Expression) -> bool:
    """Whether a call has an expression as one of its arguments, so that no brackets are missing around it."""
    return isinstance(expression, Call) and any(
        each is argument or (isinstance(each, Call) and _holds(each, argument)) for each in expression.arguments
    )


def identifier(name: str) -> str:
    """A layer's name as that of a variable."""
    found = re.sub(r"\W", "_", name, flags=re.ASCII)
    return f"_{found}" if not found or found[0].isdigit() else found


def class_name(name: str) -> str:
    """A block's name as that of a class."""
    words = re.split(r"[^A-Za-z0-9]+", name)
    found = "".join(word[:1].upper() + word[1:] for word in words)
    return f"Net{found}" if not found or found[0].isdigit() else found
