"""`conv` and `deconv` in training by native code; filters that are not all finite are left to NumPy, since a product of
theirs with the zeros around an image is no number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....graph.window import SlidingWindows
from .....kernels.training import convolution as by_numpy
from .....kernels.training.blocked_im2col import are_finite
from .....kernels.training.convolution import ConvolutionPullback, Gradients, no_gradient, painted_windows
from .....kernels.training.padding import mirrored, padded
from .....layers._filters import Filters
from . import tiles
from .border import reach
from .calls import Native
from .correlation import adjoint, by_filters, correlate
from .depthwise import depthwise

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext


def train(
    native: Native, layer: Filters, context: TrainingContext, x: Array, *, weight: Array, bias: Array | None = None
) -> tuple[Array, Pullback]:
    """`vjp_training` of a layer of filters."""
    is_ours = x.dtype == weight.dtype == np.float32 and are_finite(weight)
    kernels = NativeKernels(native) if is_ours else by_numpy
    return layer.vjp_by(kernels, x, weight, bias, context.needs_input_grad)


class NativeKernels:
    """What `kernels/training/convolution.py` has, by native functions."""

    def __init__(self, native: Native) -> None:
        self.native = native

    def convolution(
        self, x: Array, weight: Array, windows: SlidingWindows, G: int, needs_input_grad: bool = True
    ) -> tuple[Array, ConvolutionPullback]:
        if G > 1 and G == x.shape[3] == len(weight):
            return depthwise(x, weight, windows, self.native)
        if G == 1 and tiles.pays(windows, x.shape[3], len(weight), len(x)):
            return self.by_tiles(x, weight, windows, needs_input_grad)
        seen = padded(x, windows, reach(windows))

        def back(dy: Array) -> Gradients:
            dx = adjoint(dy, weight, windows, G, self.native) if needs_input_grad else no_gradient(x)
            return dx, by_filters(seen, dy, windows, G, self.native)

        return correlate(seen, weight, windows, G, self.native), back

    def by_tiles(
        self, x: Array, weight: Array, windows: SlidingWindows, needs_input_grad: bool
    ) -> tuple[Array, ConvolutionPullback]:
        """`convolution` of 3x3 at stride 1 in one group."""
        rows, columns = windows
        y = np.empty((len(x), rows.outputs, columns.outputs, len(weight)), np.float32)
        tiles.convolve(x, weight, windows, y, self.native)

        def back(dy: Array) -> Gradients:
            dweight = tiles.by_filters(x, dy, windows, self.native)
            if not needs_input_grad:
                return no_gradient(x), dweight
            dx = np.empty(x.shape, np.float32)
            tiles.convolve_back(dy, weight, mirrored(windows), dx, self.native)
            return dx, dweight

        return y, back

    def transposed(self, x: Array, weight: Array, windows: SlidingWindows, G: int) -> tuple[Array, ConvolutionPullback]:
        windows = painted_windows(windows, x)

        def back(dy: Array) -> Gradients:
            seen = padded(dy, windows, reach(windows))
            dx = correlate(seen, weight, windows, G, self.native)
            return dx, by_filters(seen, x, windows, G, self.native)

        return adjoint(x, weight, windows, G, self.native), back
