"""Where one value of a layer's output comes from, as data: a formula, and what each name in it is worked out from.

A layer's `explain` makes it of shapes alone; terminal and JSON have their numbers by it. It says what
`forward` computes, cell by cell, and a contract test holds one to the other. Places count from 0, without the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from .shape import Shape
from .window import AxisRange

How = Literal["cell", "number", "dot", "sum", "mean", "variance", "largest", "exp_sum", "square_sum"]
"""What is done with the cells that are read; `exp_sum` adds up exp(v - the largest v)."""


class Read(NamedTuple):
    """A block of cells of one tensor: that which arrives as number `of`, or the layer's own of that name.

    There is one range for each axis; `flat` counts the cells of all axes in C, H, W order as one. Cells beside an
    arriving tensor are padding and read 0.
    """

    of: int | str
    axes: tuple[AxisRange, ...]
    flat: bool = False


class Part(NamedTuple):
    """What a name of the formula stands for. A `dot` multiplies the cells of `read` with those of `by`, in order, or
    with the `shares` of its axes, and adds up; a `number` reads nothing."""

    how: How
    read: Read | None = None
    by: Read | None = None
    shares: tuple[tuple[float, ...], ...] = ()
    number: float = 0.0


class Explanation(NamedTuple):
    """One output value: `formula` over the names of `parts`. `reports.inspection.formula` tells what it may hold."""

    formula: str
    parts: Mapping[str, Part]


def at(of: int | str, place: Shape) -> Part:
    """The value of a single cell."""
    return Part("cell", Read(of, cells(place)))


def cells(place: Shape) -> tuple[AxisRange, ...]:
    """The ranges that hold one cell alone."""
    return tuple(AxisRange(index) for index in place)


def number(value: float) -> Part:
    return Part("number", number=float(value))


def dot(read: Read, by: Read) -> Part:
    """The sum of products, cell by cell, of two blocks of as many cells."""
    return Part("dot", read, by)


def biased(products: Part, bias: bool, place: Shape) -> Explanation:
    """A sum of products, and the bias of its filter or neuron where there is one."""
    if not bias:
        return Explanation("sum", {"sum": products})
    return Explanation("sum + bias", {"sum": products, "bias": at("bias", place[:1])})


def over(how: How, of: int | str, axes: Iterable[AxisRange]) -> Part:
    """All cells of a block together."""
    return Part(how, Read(of, tuple(axes)))


def whole(shape: Shape) -> tuple[AxisRange, ...]:
    """Every cell of an axis of each size."""
    return tuple(AxisRange(0, 1, size) for size in shape)


def copied(place: Shape, of: int = 0) -> Explanation:
    """The value at a place of an arriving tensor, unchanged."""
    return Explanation("x", {"x": at(of, place)})


def flat_index(place: Shape, shape: Shape) -> int:
    """How many cells of `shape` come before the place, in C, H, W order."""
    index = 0
    for i, size in zip(place, shape, strict=True):
        index = index * size + i
    return index
