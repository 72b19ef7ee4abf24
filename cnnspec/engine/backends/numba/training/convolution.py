"""`conv` and `deconv` in training by native code; filters that are not all finite are left to NumPy, since a product of
theirs with the zeros around an image is no number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....graph.window import SlidingWindows
from .....kernels.training.convolution import ConvolutionPullback, Gradients, no_gradient, painted_windows
from .....kernels.training.padding import mirrored
from .....layers._filters import Filters
from . import tiles
from .bias import add_bias, bias_gradient
from .border import padded
from .calls import Native
from .correlation import adjoint, correlate
from .depthwise import depthwise
from .filter_gradient import by_filters
from .memory_order import as_images, channels_last

if TYPE_CHECKING:
    from .....graph.layer import Pullback, TrainingContext


def train(
    native: Native, layer: Filters, context: TrainingContext, x: Array, *, weight: Array, bias: Array | None = None
) -> tuple[Array, Pullback]:
    """`vjp_training` of a layer of filters."""
    offsets = {} if bias is None else {"bias": bias}
    if not (x.dtype == weight.dtype == np.float32 and native.is_finite(weight)):
        return native.left_to_numpy(layer, context, x, weight=weight, **offsets)
    seen = channels_last(x, native)
    y, back = layer.differentiable(NativeKernels(native, bias), seen, weight, context.needs_input_grad)

    def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        by_output = channels_last(dy, native)
        dx, dweight = back(by_output)
        offset = {} if bias is None else {"bias": bias_gradient(by_output, native)}
        return (as_images(dx),), {"weight": dweight} | offset

    return as_images(y), pull


class NativeKernels:
    """What `kernels/training/convolution.py` has, by native functions, with a layer's bias if it has one."""

    def __init__(self, native: Native, bias: Array | None = None) -> None:
        self.native = native
        self.bias = bias

    def convolution(
        self, x: Array, weight: Array, windows: SlidingWindows, G: int, needs_input_grad: bool = True
    ) -> tuple[Array, ConvolutionPullback]:
        if G > 1 and G == x.shape[3] == len(weight):
            y, pull = depthwise(x, weight, windows, self.native)
            return self._biased(y), pull
        if G == 1 and tiles.pays(windows, x.shape[3], len(weight), len(x)):
            return self.by_tiles(x, weight, windows, needs_input_grad)
        seen = padded(x, windows, self.native)

        def back(dy: Array) -> Gradients:
            dx = adjoint(dy, weight, windows, G, self.native) if needs_input_grad else no_gradient(x)
            return dx, by_filters(seen, dy, windows, G, self.native)

        return correlate(seen, weight, windows, G, self.native, self.bias), back

    def by_tiles(
        self, x: Array, weight: Array, windows: SlidingWindows, needs_input_grad: bool
    ) -> tuple[Array, ConvolutionPullback]:
        """`convolution` of 3x3 at stride 1 in one group."""
        rows, columns = windows
        y = self.native.empty((len(x), rows.outputs, columns.outputs, len(weight)))
        tiles.convolve(x, weight, windows, y, self.native)

        def back(dy: Array) -> Gradients:
            dweight = tiles.by_filters(x, dy, windows, self.native)
            if not needs_input_grad:
                return no_gradient(x), dweight
            dx = self.native.empty(x.shape)
            tiles.convolve_back(dy, weight, mirrored(windows), dx, self.native)
            return dx, dweight

        return self._biased(y), back

    def transposed(self, x: Array, weight: Array, windows: SlidingWindows, G: int) -> tuple[Array, ConvolutionPullback]:
        windows = painted_windows(windows, x)

        def back(dy: Array) -> Gradients:
            seen = padded(dy, windows, self.native)
            dx = correlate(seen, weight, windows, G, self.native)
            return dx, by_filters(seen, x, windows, G, self.native)

        return self._biased(adjoint(x, weight, windows, G, self.native)), back

    def _biased(self, y: Array) -> Array:
        if self.bias is not None:
            add_bias(y, self.bias, self.native)
        return y
