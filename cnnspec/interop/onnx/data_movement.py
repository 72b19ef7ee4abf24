"""Layers that move values, or leave them alone, in ONNX. In a Reshape, 0 keeps the batch as it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .expression import Call, Rule, call, direct

if TYPE_CHECKING:
    from ...graph.graph import Step
    from ...layers.channelshuffle import ChannelShuffle
    from ...layers.crop import Crop
    from ...layers.pad import Pad
    from ...layers.permute import Permute
    from ...layers.pixelshuffle import PixelShuffle
    from ...layers.reshape import Reshape
    from ...layers.slice import Slice
    from ...layers.upsample import Upsample


def reshape(_: Reshape, step: Step) -> Call:
    return call("Reshape", *step.inputs, (0, *step.shape))


def permute(layer: Permute, step: Step) -> Call:
    return call("Transpose", *step.inputs, perm=(0, *(1 + axis for axis in layer.axes)))


def pad(layer: Pad, step: Step) -> Call:
    before, after = zip(*layer.widths(step.arriving[0]), strict=True)
    return call("Pad", *step.inputs, (0, *before, 0, *after))


def crop(layer: Crop, step: Step) -> Call:
    shape = step.arriving[0]
    before, after = zip(*layer.widths(shape), strict=True)
    ends = tuple(size - cut for size, cut in zip(shape, after, strict=True))
    return call("Slice", *step.inputs, before, ends, tuple(range(1, 1 + len(shape))))


def slice(layer: Slice, step: Step) -> Call:
    axis = "CHW".index(layer.axis)
    first, end = layer.bounds(step.arriving[0][axis])
    return call("Slice", *step.inputs, (first,), (end,), (1 + axis,))


def upsample(layer: Upsample, step: Step) -> Call:
    """Nearest by rounding down: no half-way case, so programs cannot differ."""
    import numpy as np

    scales = np.array((1, 1, *layer.factor), np.float32)
    if layer.mode == "nearest":
        how = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
    else:
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
    return call("Resize", *step.inputs, "", scales, **how)


def pixelshuffle(layer: PixelShuffle, step: Step) -> Call:
    return call("DepthToSpace", *step.inputs, blocksize=layer.factor, mode="CRD")


def channelshuffle(layer: ChannelShuffle, step: Step) -> Call:
    C, *size = step.arriving[0]
    table = call("Reshape", *step.inputs, (0, layer.G, C // layer.G, *size))
    turned = call("Transpose", table, perm=(0, 2, 1, *range(3, 3 + len(size))))
    return call("Reshape", turned, (0, C, *size))


KINDS: dict[str, Rule] = {
    "channelshuffle": channelshuffle,
    "crop": crop,
    "dropout": direct("Identity"),
    "droppath": direct("Identity"),
    "flatten": direct("Flatten", axis=1),
    "identity": direct("Identity"),
    "pad": pad,
    "permute": permute,
    "pixelshuffle": pixelshuffle,
    "reshape": reshape,
    "slice": slice,
    "upsample": upsample,
}
