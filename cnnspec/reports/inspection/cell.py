"""One value of a network's layer with the numbers that it was made of, all in float64.

What is read and what is done with it says the layer's `Explanation`; here the numbers are fetched and it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...graph.array import Array
from ...graph.explanation import Explanation, How, Part, Read
from ...graph.graph import Step
from ...graph.shape import Shape
from ...graph.window import AxisRange
from . import formula

Numbers = NDArray[np.float64]

REDUCTIONS: dict[How, Callable[[Numbers], Any]] = {
    "cell": np.sum,
    "dot": np.sum,
    "sum": np.sum,
    "mean": np.mean,
    "variance": np.var,
    "largest": np.max,
    "exp_sum": lambda terms: np.exp(terms - terms.max()).sum(),
    "square_sum": lambda terms: (terms * terms).sum(),
}


@dataclass(frozen=True, eq=False)
class Block:
    """The cells of a `Read`: their `values`, one axis for each range, and which of them are `inside`, not padding."""

    read: Read
    values: Numbers
    inside: NDArray[np.bool_]

    def place(self, index: Shape) -> Shape:
        """Where in its tensor a cell of the block lies; of a flat read, its place in C, H, W order."""
        return tuple(axis.first + i * axis.step for axis, i in zip(self.read.axes, index, strict=True))


@dataclass(frozen=True, eq=False)
class PartNumbers:
    """A part of the formula in numbers: the cells read, what a `dot` multiplies them with, and what comes of all."""

    part: Part
    block: Block | None
    factors: Numbers | None

    @cached_property
    def terms(self) -> Numbers:
        """What is added up, or looked through: the products of a `dot`, else the cells read."""
        assert self.block is not None
        values = self.block.values
        return values if self.factors is None else values * self.factors

    @cached_property
    def value(self) -> float:
        if self.block is None:
            return self.part.number
        with np.errstate(all="ignore"):
            return float(REDUCTIONS[self.part.how](self.terms))


@dataclass(frozen=True, eq=False)
class Cell:
    """The value at a `place` of a step's output: as it was `executed`, and as it is worked out of its parts."""

    step: Step
    place: Shape
    executed: float
    explanation: Explanation
    parts: Mapping[str, PartNumbers]

    @cached_property
    def explained(self) -> float:
        return formula.value(self.explanation.formula, {name: part.value for name, part in self.parts.items()})


def explain_cell(
    step: Step, place: Shape, inputs: tuple[Array, ...], tensors: Mapping[str, Array], output: Array
) -> Cell:
    """The cell of a step's `output` (*shape), worked out of the `inputs` that arrived, one array (*arriving) each, and
    the layer's own `tensors` by their names. Raises IndexError for a place that is not in the output."""
    if len(place) != len(step.shape) or any(not 0 <= i < size for i, size in zip(place, step.shape, strict=True)):
        raise IndexError(f"{place} is no place in {step.shape}")
    explanation = step.layer.explain(place, *step.arriving)

    def array(of: int | str) -> Array:
        return inputs[of] if isinstance(of, int) else tensors[of]

    def numbers(part: Part) -> PartNumbers:
        if part.read is None:
            return PartNumbers(part, None, None)
        block = gather(part.read, array(part.read.of))
        return PartNumbers(part, block, _factors(part, block, array))

    parts = {name: numbers(part) for name, part in explanation.parts.items()}
    return Cell(step, place, float(output[place]), explanation, parts)


def gather(read: Read, array: Array) -> Block:
    """The cells of an array (*shape), 0 beside it."""
    whole = array.reshape(-1) if read.flat else array
    indices = [_indices(axis) for axis in read.axes]
    there = [(along >= 0) & (along < size) for along, size in zip(indices, whole.shape, strict=True)]
    inside = np.ones(tuple(map(len, indices)), bool)
    for axis, along in enumerate(there):
        inside &= along.reshape(-1, *(1,) * (len(indices) - 1 - axis))
    clipped = [np.clip(along, 0, size - 1) for along, size in zip(indices, whole.shape, strict=True)]
    return Block(read, np.where(inside, whole[np.ix_(*clipped)], 0).astype(np.float64), inside)


def _indices(axis: AxisRange) -> NDArray[np.intp]:
    return axis.first + axis.step * np.arange(axis.length)


def _factors(part: Part, block: Block, array: Callable[[int | str], Array]) -> Numbers | None:
    """What each cell of the block is multiplied with, in the block's shape."""
    if part.by is not None:
        return gather(part.by, array(part.by.of)).values.reshape(block.values.shape)
    if not part.shares:
        return None
    return _outer(np.array(along, np.float64) for along in part.shares)


def _outer(along: Iterator[Numbers]) -> Numbers:
    product = np.ones(())
    for shares in along:
        product = np.multiply.outer(product, shares)
    return product
