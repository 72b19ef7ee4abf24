"""The keys of a spec that are not layers, as pydantic models."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...graph.layer import STRICT, Count
from ...graph.shape import Shape
from ...graph.together import both_or_neither
from ..values.array_literal import ArrayLiteral
from ..values.field_types import Spelled
from .preprocess import Preprocess
from .train import Train

BUDGET = r"(<=|>=|<|>)\s*([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([KMG]?)"
Budget = Annotated[int | str, Spelled(BUDGET, '"<= 1M"')]
Extents = tuple[int, ...]

OPERATORS: dict[str, Callable[[int, Fraction], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
}
POWERS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}


def bound(budget: int | str) -> tuple[str, Fraction]:
    """A budget as an operator and a number: `"<= 1M"` is `("<=", 1000000)`, a bare integer is `("=", n)`."""
    if isinstance(budget, int):
        return "=", Fraction(budget)
    match = re.fullmatch(BUDGET, budget)
    assert match is not None, budget
    sign, digits, power = match.groups()
    return sign, Fraction(digits) * POWERS[power]


class Strict(BaseModel):
    model_config = STRICT


class Input(Strict):
    """The tensor that the network takes: an image's depth, height and width, or the length of a vector."""

    C: Count = Field(description="depth: 1 for gray, 3 for colour; alone, the length of a vector")
    H: Count | None = Field(None, description="height, rows; without H and W the input is a vector")
    W: Count | None = Field(None, description="width, columns")

    model_config = ConfigDict(json_schema_extra=both_or_neither("H", "W"))

    @model_validator(mode="after")
    def rows_and_columns(self) -> Self:
        if (self.H is None) != (self.W is None):
            raise ValueError("give both H and W for an image, neither for a vector")
        return self

    @classmethod
    def of(cls, shape: Shape) -> Input:
        """The section for an image (C, H, W) or a vector (C,)."""
        return cls(**dict(zip("CHW", shape, strict=False)))

    @property
    def shape(self) -> Shape:
        return (self.C,) if self.H is None or self.W is None else (self.C, self.H, self.W)

    @staticmethod
    def order_of(values: Sequence[int]) -> Sequence[int] | None:
        """Where C, H and W stand among three numbers whose order nobody has said: depth is 1 or 3, or what differs
        where the others are equal, and comes first or last. None where that may be either. One number is C."""
        if len(values) != 3:
            return (0,) if len(values) == 1 else None
        first, middle, last = values
        leads, trails = (0, 1, 2), (2, 0, 1)
        if first == middle == last:
            return leads
        told = {leads: first in (1, 3) and last not in (1, 3), trails: last in (1, 3) and first not in (1, 3)}
        square = {leads: middle == last, trails: first == middle}
        found = [order for order in (leads, trails) if told[order] or square[order]]
        return found[0] if len(found) == 1 else None


class Expect(Strict):
    """The contract: `validate` fails when one is broken."""

    output: Extents | dict[str, Extents] | None = Field(None, description="shape of the output, `[10]`")
    params: Budget | None = Field(None, description='learnable values, 61706 or `"<= 1M"`')
    buffers: Budget | None = Field(None, description="running statistics of batch-norm")
    macs: Budget | None = Field(None, description="multiply-accumulates for one input")
    weight_bytes: Budget | None = Field(None, description="bytes of params and buffers as float32")
    peak_activation_bytes: Budget | None = Field(None, description="largest sum of live activations, float32")


class Header(Strict):
    """A spec without its layers and blocks."""

    cnnspec: Literal[1] = Field(1, description="version of the language")
    name: str = Field("", description="what people call the network")
    about: str = Field("", description="a line on where it comes from")
    input: Input = Field(description="`{C: 3, H: 224, W: 224}`, or a vector, `{C: 10}`")
    rounding: Literal["floor", "exact"] | None = Field(
        None, description="for windows that do not divide: `floor` accepts them, `exact` refuses them"
    )
    outputs: tuple[str, ...] | None = Field(None, description="names of several outputs; default: the last layer")
    preprocess: Preprocess | None = Field(None, description="how an image file becomes `input`")
    classes: tuple[str, ...] | str | None = Field(
        None, description="names of the classes, or the path of a text file with a name a line"
    )
    weights: str | dict[str, ArrayLiteral] | None = Field(
        None, description="path of a .safetensors or .npz file, or the numbers of each tensor, `{conv1.bias: [0, 1]}`"
    )
    sample: str | ArrayLiteral | None = Field(
        None, description="what `run` takes when no input is given: a path, or the numbers themselves, row by row"
    )
    train: Train | None = Field(None, description="how the weights are learned")
    expect: Expect | None = Field(None, description="shapes and budgets that must hold")
