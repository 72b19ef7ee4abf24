"""What `conv` and `deconv` share: K filters in G groups, moved by S, dilated by D."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from ..graph.layer import Count, Family, Pair, SavedForBackward, image
from ..graph.shape import FLOAT, Shape
from ._groups import divide
from ._windowed import Windowed

if TYPE_CHECKING:
    from ..graph.array import Array
    from ..graph.layer import Pullback, TrainingContext
    from ..kernels.training.convolution import ConvolutionKernels, ConvolutionPullback


class Filters(Windowed):
    """K filters over the image, each over the channels of its group."""

    family: ClassVar[Family] = "convolution"
    K: Count = Field(description="number of filters = output depth")
    S: Pair = Field((1, 1), description="stride")
    D: Pair = Field((1, 1), description="dilation: distance between neighbouring taps of the filter")
    G: Count = Field(1, description="groups; must divide C and K")
    bias: bool = Field(True, description="add one learned value to each map")

    @property
    def stride(self) -> tuple[int, int]:
        return self.S

    @property
    def dilation(self) -> tuple[int, int]:
        return self.D

    def divide(self, arriving: Shape) -> None:
        """Raise `LayerError` when the groups do not divide the channels and the filters of an image."""
        C, _, _ = image(arriving)
        for letter, count in (("C", C), ("K", self.K)):
            why = "each group takes C/G channels and makes K/G maps"
            divide(letter, count, self.G, why, "a G that divides both; `G: C` is a depthwise convolution")

    def differentiable(
        self, kernels: ConvolutionKernels, x: Array, weight: Array, needs_input_grad: bool
    ) -> tuple[Array, ConvolutionPullback]:
        """The output without bias and the way back by some kernels, on (N, H, W, C). Without `needs_input_grad` zeros
        do for the image's gradient."""
        raise NotImplementedError

    def vjp(self, x: Array, *, weight: Array, bias: Array | None = None) -> tuple[Array, Pullback]:
        return self._vjp(x, weight, bias, True)

    def vjp_training(
        self, context: TrainingContext, x: Array, *, weight: Array, bias: Array | None = None
    ) -> tuple[Array, Pullback]:
        return self._vjp(x, weight, bias, context.needs_input_grad)

    def _vjp(self, x: Array, weight: Array, bias: Array | None, needs_input_grad: bool) -> tuple[Array, Pullback]:
        from ..kernels.channels_last import add_to_cells, cells, cells_total, image
        from ..kernels.training import convolution

        y, back = self.differentiable(convolution, cells(x), weight, needs_input_grad)
        if bias is not None:
            add_to_cells(y, bias)

        def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
            by_output = cells(dy)
            dx, dweight = back(by_output)
            offset = {} if bias is None else {"bias": cells_total(by_output)}
            return (image(dx),), {"weight": dweight} | offset

        return image(y), pull

    def saved_for_backward(self, arriving: Shape) -> SavedForBackward:
        if self.F == (1, 1) or self.G == self.K:
            return SavedForBackward(inputs=True)
        # The filters as a matrix, their gradient as one, what a strip adds to it, and the strip's windows.
        return SavedForBackward(inputs=True, scratch=4 * FLOAT * prod(self.tensors(arriving)["weight"].shape))
