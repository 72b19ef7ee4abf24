"""`conv` and `deconv` in training by native code; filters that are not all finite are left to NumPy, since a product of
theirs with the zeros around an image is no number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .....graph.array import Array
from .....graph.window import SlidingWindows
from .....kernels.channels_last import add_to_cells, cells_total
from .....kernels.training.convolution import ConvolutionPullback, Gradients, no_gradient, painted_windows
from .....kernels.training.padding import mirrored
from .....layers._filters import Filters
from . import tiles
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
    y, back = layer.differentiable(NativeKernels(native), seen, weight, context.needs_input_grad)
    if bias is not None:
        native.by_numpy(add_to_cells, y, bias)

    def pull(dy: Array) -> tuple[tuple[Array, ...], dict[str, Array]]:
        by_output = channels_last(dy, native)
        dx, dweight = back(by_output)
        found = {"weight": dweight}
        if bias is not None:
            found["bias"] = native.empty(bias.shape)
            native.by_numpy(_put_totals, found["bias"], by_output)
        return (as_images(dx),), found

    return as_images(y), pull


def _put_totals(target: Array, cells: Array) -> None:
    target[...] = cells_total(cells)


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
        seen = padded(x, windows, self.native)

        def back(dy: Array) -> Gradients:
            dx = adjoint(dy, weight, windows, G, self.native) if needs_input_grad else no_gradient(x)
            return dx, by_filters(seen, dy, windows, G, self.native)

        return correlate(seen, weight, windows, G, self.native), back

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

        return y, back

    def transposed(self, x: Array, weight: Array, windows: SlidingWindows, G: int) -> tuple[Array, ConvolutionPullback]:
        windows = painted_windows(windows, x)

        def back(dy: Array) -> Gradients:
            seen = padded(dy, windows, self.native)
            dx = correlate(seen, weight, windows, G, self.native)
            return dx, by_filters(seen, x, windows, G, self.native)

        return adjoint(x, weight, windows, G, self.native), back
