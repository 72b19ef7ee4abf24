"""A layer's explanations for all places of its output as small tables, for programs that do not have the layer.

Every number of an explanation hangs on the place in a simple way: it is the same everywhere, or it is looked up along
one axis of the output, or it is a sum of such look-ups. So the explanations of a million cells fit in as many numbers
as the output's axes are long. The laws are found by asking the layer along each axis, and checked at places between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from math import prod
from random import Random
from typing import NamedTuple

from ...graph.explanation import Explanation, Part, Read
from ...graph.layer import Layer
from ...graph.shape import Shape
from ...graph.window import AxisRange

CHECKED = 50
"""Places at which laws are compared with the layer itself."""

Number = int | float | str | tuple[float, ...]
"""What may differ from place to place: cells and lengths, whose tensor it is, a constant, the shares of an axis."""


class Along(NamedTuple):
    """Looked up along one axis of the output."""

    axis: int
    values: tuple[Number, ...]

    def at(self, place: Shape) -> Number:
        return self.values[place[self.axis]]


class Total(NamedTuple):
    """A whole number that is added up of a constant and look-ups along several axes: (axis, values)."""

    constant: int
    terms: tuple[tuple[int, tuple[int, ...]], ...]

    def at(self, place: Shape) -> Number:
        return self.constant + sum(offsets[place[axis]] for axis, offsets in self.terms)


Law = Number | Along | Total


class Laws(NamedTuple):
    """An explanation of some place, and for each of its numbers, in order, the law by which it follows from a place."""

    model: Explanation
    laws: tuple[Law, ...]

    def at(self, place: Shape) -> Explanation:
        """The explanation of any place."""
        found = (law.at(place) if isinstance(law, Along | Total) else law for law in self.laws)
        return _rebuilt(self.model, found)


def laws(layer: Layer, shape: Shape, arriving: Sequence[Shape]) -> Laws | None:
    """The laws of a layer that makes an output of `shape`; None where its explanations have none of this form."""
    origin = (0,) * len(shape)
    model = layer.explain(origin, *arriving)
    first = tuple(_numbers(model))
    columns: list[list[Along]] = [[] for _ in first]
    for axis, size in enumerate(shape):
        probed = [layer.explain((*origin[:axis], i, *origin[axis + 1 :]), *arriving) for i in range(size)]
        if any(_form(said) != _form(model) for said in probed):
            return None
        for column, values in zip(columns, zip(*map(_numbers, probed), strict=True), strict=True):
            if values.count(values[0]) < len(values):
                column.append(Along(axis, values))
    found = [_law(value, column) for value, column in zip(first, columns, strict=True)]
    if any(law is None for law in found):
        return None
    candidate = Laws(model, tuple(law for law in found if law is not None))
    return candidate if all(candidate.at(p) == layer.explain(p, *arriving) for p in _places(shape)) else None


def _law(origin: Number, columns: Sequence[Along]) -> Law | None:
    """What a number follows that is `origin` at the first place and so along the axes on which it differs."""
    if len(columns) < 2:
        return columns[0] if columns else origin
    terms = []
    for axis, values in columns:
        offsets = tuple(value - origin for value in values if isinstance(value, int) and isinstance(origin, int))
        if len(offsets) < len(values):
            return None
        terms.append((axis, offsets))
    assert isinstance(origin, int)
    return Total(origin, tuple(terms))


def _places(shape: Shape) -> Iterator[Shape]:
    """The last place and others drawn at random, always the same ones."""
    yield tuple(size - 1 for size in shape)
    random = Random(0)
    for _ in range(min(CHECKED, prod(shape))):
        yield tuple(random.randrange(size) for size in shape)


def _form(said: Explanation) -> object:
    """What must be the same at all places."""
    return said.formula, [
        (name, part.how, len(part.shares), [(len(r.axes), r.flat) for r in (part.read, part.by) if r])
        for name, part in said.parts.items()
    ]


def _numbers(said: Explanation) -> Iterator[Number]:
    """All that may differ, in the order in which `_rebuilt` takes it."""
    for part in said.parts.values():
        yield part.number
        for read in (part.read, part.by):
            if read is not None:
                yield read.of
                for axis in read.axes:
                    yield from axis
        yield from part.shares


def _rebuilt(model: Explanation, numbers: Iterator[Number]) -> Explanation:
    def read(like: Read | None) -> Read | None:
        if like is None:
            return None
        of = next(numbers)
        return Read(of, tuple(AxisRange(*islice(numbers, 3)) for _ in like.axes), like.flat)  # type: ignore[arg-type]

    parts = {}
    for name, part in model.parts.items():
        number = next(numbers)
        reads = read(part.read), read(part.by)
        shares = tuple(islice(numbers, len(part.shares)))
        parts[name] = Part(part.how, *reads, shares, number)  # type: ignore[arg-type]
    return Explanation(model.formula, parts)
