"""Concatenation: the branches one behind another along an axis, in the order in which they are written.

    output  (C1 + C2 + ...) x H x W; of vectors, one that is as long as all together

With `axis: H`, which stands beside the branches, they lie below each other, with `axis: W` side by side. Images must
agree along the two other axes; the one along which they are joined may differ.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from ..graph.explanation import Explanation, copied
from ..graph.layer import Example, Join, LayerError, SavedForBackward, image
from ..graph.receptive_field import IDENTITY, NOT_SPATIAL, ReceptiveFields
from ..graph.shape import Shape, axis_index
from ._branches import KEEPS, unequal

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback


class Concat(Join):
    """Two or more branches, one behind another along an axis, C by default."""

    zh: ClassVar[str] = "把两个或更多分支沿一个轴（默认是 C，即通道）接在一起。"
    axis: Literal["C", "H", "W"] = Field("C", description="the axis: C, H or W")

    examples: ClassVar[tuple[Example, ...]] = (
        Example("concat: [[], [relu]]", (2, 3, 4), (4, 3, 4)),
        Example("concat: {a: [{conv: {F: 1, K: 3}}], b: [{maxpool: {F: 3, S: 1, P: 1}}]}", (2, 3, 4), (5, 3, 4)),
        Example("concat: [[], [{dense: {K: 3}}], []]", (5,), (13,)),
        Example("{concat: [[], [{maxpool: {F: [2, 1]}}]], axis: H}", (2, 4, 3), (2, 6, 3)),
        Example("{concat: {left: [relu], right: []}, axis: W}", (2, 3, 4), (2, 3, 8)),
        Example("concat: [[], [{maxpool: {F: 2}}]]", (2, 4, 4), "E205"),
        Example("{concat: [[], [{conv: {F: 1, K: 3}}]], axis: H}", (2, 4, 4), "E205"),
        Example("concat: [[], [flatten]]", (2, 4, 4), "E205"),
        Example("{concat: [[], []], axis: W}", (5,), "E204"),
    )

    @property
    def index(self) -> int:
        """Of the axis in (N, C, H, W)."""
        return axis_index(self.axis)

    def output(self, *arriving: Shape) -> Shape:
        first, along = arriving[0], self.index - 1
        if along:
            first, *_ = map(image, arriving)
        compared = [(*shape[:along], 0, *shape[along + 1 :]) for shape in arriving]
        if len(set(compared)) > 1:
            rule, cure = RULES[self.axis]
            raise LayerError(unequal(self.kind, arriving, compared, rule, cure))
        return (*first[:along], sum(shape[along] for shape in arriving), *first[along + 1 :])

    @property
    def keeps_places(self) -> bool:
        return self.axis == "C"

    def receptive_field(self, *arriving: Shape) -> ReceptiveFields:
        return (IDENTITY, IDENTITY) if self.keeps_places else NOT_SPATIAL

    def explain(self, place: Shape, *arriving: Shape) -> Explanation:
        along = self.index - 1
        ends = list(accumulate(shape[along] for shape in arriving))
        i = bisect_right(ends, place[along])
        own = place[along] - ends[i] + arriving[i][along]
        return copied((*place[:along], own, *place[along + 1 :]), i)

    def forward(self, *inputs: Array) -> Array:
        import numpy as np

        return np.concatenate(inputs, axis=self.index)

    def vjp(self, *inputs: Array) -> tuple[Array, Pullback]:
        import numpy as np

        ends = np.cumsum([x.shape[self.index] for x in inputs[:-1]]).tolist()

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            return tuple(np.split(dy, ends, axis=self.index)), {}

        return self.forward(*inputs), pull

    def saved_for_backward(self, *arriving: Shape) -> SavedForBackward:
        return SavedForBackward()


_PROJECTS = "`conv: {F: 1, K: ...}` changes the channels"
RULES = {
    "C": (
        "`concat` joins channels, rows and columns must agree",
        f"{KEEPS}; `upsample`, `crop` or `pad` mends what is left",
    ),
    "H": ("along H it joins rows, channels and columns must agree", f"{_PROJECTS}; `crop` or `pad` the columns"),
    "W": ("along W it joins columns, channels and rows must agree", f"{_PROJECTS}; `crop` or `pad` the rows"),
}
"""What must agree along an axis, and what helps where it does not."""
