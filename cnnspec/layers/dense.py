"""Fully connected layer: each of K neurons weighs every value of the vector and adds its bias.

output  K
weight  K x C, bias K
MACs    K*C
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..diagnostics import Issue
from ..graph.explanation import Explanation, Read, biased, dot
from ..graph.layer import Count, Example, Family, LayerError, SavedForBackward, TensorSpec
from ..graph.receptive_field import NOT_SPATIAL, ReceptiveFields
from ..graph.shape import Shape, is_image, times
from ..graph.window import AxisRange
from ._affine import Absorbs

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Dense(Absorbs):
    """K neurons, each connected to every value of a vector."""

    zh: ClassVar[str] = "全连接：K 个神经元，每个都与向量里的每一个数相连。"
    family: ClassVar[Family] = "dense"
    K: Count = Field(description="number of neurons = length of the output")
    bias: bool = Field(True, description="add one learned value to each neuron")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("dense: {K: 3}", (8,), (3,)),
        Example("dense: {K: C/2, bias: false}", (8,), (4,)),
        Example("dense: {K: 120}", (16, 5, 5), "E204"),
    )

    def output(self, arriving: Shape) -> Shape:
        if is_image(arriving):
            raise LayerError(self.not_a_vector(arriving))
        return (self.K,)

    def not_a_vector(self, arriving: Shape) -> Issue:
        length = prod(arriving)
        bias = f" + {self.K}" if self.bias else ""
        params = self.K * length + (self.K if self.bias else 0)
        return Issue(
            "E204",
            f"`dense` needs a vector, but {times(arriving)} arrives",
            before="flatten",
            help=f"insert `- flatten` before this line: {times(arriving).replace('x', '*')} = {length:,}, "
            f"so this layer has {length}*{self.K}{bias} = {params:,} parameters",
            shows_input=True,
        )

    def tensors(self, arriving: Shape) -> dict[str, TensorSpec]:
        weight = TensorSpec((self.K, arriving[0]), fan=(arriving[0], self.K))
        return {"weight": weight} | ({"bias": TensorSpec((self.K,))} if self.bias else {})

    def macs(self, arriving: Shape) -> int:
        return self.K * arriving[0]

    def receptive_field(self, arriving: Shape) -> ReceptiveFields:
        return NOT_SPATIAL

    def explain(self, place: Shape, arriving: Shape) -> Explanation:
        every = AxisRange(0, 1, arriving[0])
        products = dot(Read(0, (every,)), Read("weight", (AxisRange(place[0]), every)))
        return biased(products, self.bias, place)

    def forward(self, x: Array, *, weight: Array, bias: Array | None = None) -> Array:
        y = x @ weight.T
        return y if bias is None else y + bias

    def vjp(self, x: Array, *, weight: Array, bias: Array | None = None) -> tuple[Array, Pullback]:
        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            offset = {} if bias is None else {"bias": dy.sum(axis=0)}
            return (dy @ weight,), {"weight": dy.T @ x} | offset

        return self.forward(x, weight=weight, bias=bias), pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        return SavedForBackward(inputs=True)
