"""Concatenation over C: the branches' channels one behind another, in the order in which they are written.

    output  (C1 + C2 + ...) x H x W; of vectors, one that is as long as all together

Images must agree in H and W; their depths may differ.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

from ..graph.explanation import Explanation, copied
from ..graph.layer import Example, Join, LayerError, SavedForBackward
from ..graph.shape import Shape
from ._branches import KEEPS, unequal

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Concat(Join):
    """Two or more branches, channel behind channel."""

    zh: ClassVar[str] = "把两个或更多分支的通道接在一起。"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("concat: [[], [relu]]", (2, 3, 4), (4, 3, 4)),
        Example("concat: {a: [{conv: {F: 1, K: 3}}], b: [{maxpool: {F: 3, S: 1, P: 1}}]}", (2, 3, 4), (5, 3, 4)),
        Example("concat: [[], [{dense: {K: 3}}], []]", (5,), (13,)),
        Example("concat: [[], [{maxpool: {F: 2}}]]", (2, 4, 4), "E205"),
        Example("concat: [[], [flatten]]", (2, 4, 4), "E205"),
    )

    def output(self, *arriving: Shape) -> Shape:
        first = arriving[0]
        for other in arriving:
            if len(other) != len(first) or other[1:] != first[1:]:
                rule = "`concat` joins channels, rows and columns must agree"
                cure = f"{KEEPS}; `upsample`, `crop` or `pad` mends what is left"
                raise LayerError(
                    unequal(self.kind, arriving, [(first[0], *shape[1:]) for shape in arriving], rule, cure)
                )
        return (sum(shape[0] for shape in arriving), *first[1:])

    def explain(self, place: Shape, *arriving: Shape) -> Explanation:
        ends = list(accumulate(shape[0] for shape in arriving))
        i = bisect_right(ends, place[0])
        return copied((place[0] - ends[i] + arriving[i][0], *place[1:]), i)

    def forward(self, *inputs: Array) -> Array:
        import numpy as np

        return np.concatenate(inputs, axis=1)

    def vjp(self, *inputs: Array) -> tuple[Array, Pullback]:
        import numpy as np

        ends = np.cumsum([x.shape[1] for x in inputs[:-1]]).tolist()

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            return tuple(np.split(dy, ends, axis=1)), {}

        return self.forward(*inputs), pull

    def saved_for_backward(self, *arriving: Shape) -> SavedForBackward:
        return SavedForBackward()
