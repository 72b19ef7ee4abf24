"""A fully connected layer, for few inputs: the weights stay as they are stored, a neuron's side by side.

Cost: that of `dot_tile`, for each input.
"""

from __future__ import annotations

from .dot_tile import COUNT, NEURONS, emit
from .memory import Kernel, fields, micro_kernel
from .vectors import Vectors

FIELDS = (
    "x", "out", "plus", "weights", "bias", "limits",
    "images", "neurons", "values", "x_image", "out_image", "plus_image",
)  # fmt: skip
"""Addresses; inputs, neurons, values of an input; bytes from one input's to the next one's."""


def dense(vectors: Vectors) -> Kernel:
    """Neurons some at a time, and for these all inputs."""
    lanes = vectors.lanes
    of = fields(FIELDS)
    tile = micro_kernel(lambda module, size: emit(module, vectors, size), range(1, NEURONS + 1), COUNT)

    def kernel(p: int) -> None:
        values, neurons, plus = of(p, "values"), of(p, "neurons"), of(p, "plus")
        for k in range(0, neurons, NEURONS):
            for n in range(of(p, "images")):
                tile(
                    min(NEURONS, neurons - k),
                    (
                        of(p, "x") + n * of(p, "x_image"), of(p, "weights") + 4 * k * values, 4 * values,
                        values // lanes, values % lanes, of(p, "bias") + 4 * k,
                        plus + n * of(p, "plus_image") + 4 * k if plus != 0 else 0,
                        of(p, "out") + n * of(p, "out_image") + 4 * k, of(p, "limits"),
                    ),
                )  # fmt: skip

    return kernel
