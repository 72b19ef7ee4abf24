"""Layers that move values, or leave them alone, in ONNX. In a Reshape, 0 keeps the batch as it arrives."""

from __future__ import annotations

from itertools import chain
from math import prod
from typing import TYPE_CHECKING

from ...graph.layer import image
from .expression import OperatorCall, Value, call
from .node import OnnxNode, Operand, shortest
from .translation import Fields, Translation, both_ways, direct

if TYPE_CHECKING:
    from ...graph.graph import Step
    from ...graph.layer import Layer
    from ...layers.channelshuffle import ChannelShuffle
    from ...layers.crop import Crop
    from ...layers.pad import Pad
    from ...layers.permute import Permute
    from ...layers.pixelunshuffle import PixelUnshuffle
    from ...layers.reshape import Reshape
    from ...layers.slice import Slice


def reshape(_: Reshape, step: Step) -> OperatorCall:
    return call("Reshape", *step.inputs, (0, *step.shape))


def read_reshape(node: OnnxNode) -> Fields | None:
    """To a vector or an image. 0 stands for the size that arrives, -1 for what is left."""
    match node.arriving, node.stored:
        case (x,), (target,) if len(target.whole) in (2, 4):
            sizes = [size or x[axis] if axis < len(x) else size for axis, size in enumerate(target.whole[1:])]
            left = prod(x) // prod(size for size in sizes if size != -1)
            return dict(zip("CHW", (left if size == -1 else size for size in sizes), strict=False))
    return None


def permute(layer: Permute, step: Step) -> OperatorCall:
    return call("Transpose", *step.inputs, perm=(0, *(1 + axis for axis in layer.axes)))


def read_permute(node: OnnxNode) -> Fields | None:
    match node["perm"]:
        case (0, *axes) if len(axes) == 3 and not node.stored:
            return {"order": tuple("CHW"[axis - 1] for axis in axes)}
    return None


def pad(layer: Pad, step: Step) -> OperatorCall:
    if layer.mode == "wrap":
        return wrapped(layer, step)
    before, after = zip(*layer.widths(step.arriving[0]), strict=True)
    mode = {} if layer.mode == "constant" else {"mode": layer.mode}
    fill = [layer.value] if layer.value else []
    return call("Pad", *step.inputs, (0, *before, 0, *after), *fill, **mode)


def wrapped(layer: Pad, step: Step) -> OperatorCall:
    """Written out, an axis after the other: the mode came with opset 19."""
    (name,), shape = step.inputs, step.arriving[0]
    made: Value = name
    for axis, (size, (before, after)) in enumerate(zip(shape, layer.widths(shape), strict=True), 1):
        if before or after:
            ahead = [call("Slice", made, (size - before,), (size,), (axis,))] if before else []
            behind = [call("Slice", made, (0,), (after,), (axis,))] if after else []
            made = call("Concat", *ahead, made, *behind, axis=axis)
    return made if isinstance(made, OperatorCall) else call("Identity", name)


def read_pad(node: OnnxNode) -> Fields | None:
    """With a value or with copies; an amount below 0 cuts off, which is no `pad`."""
    match node.arriving, node.stored:
        case (x,), (amounts, *fill) if node["mode"] in PADDING:
            half = 1 + len(x)
            if len(amounts.whole) == 2 * half and min(amounts.whole) >= 0:
                both = zip(amounts.whole[:half], amounts.whole[half:], strict=True)
                edges = _edges(tuple(both))
                return edges if edges is None else edges | _filled(node, fill)
    return None


PADDING = ("constant", "reflect", "edge", "wrap")


def _filled(node: OnnxNode, fill: list[Operand]) -> Fields:
    """What the cells around hold."""
    if node["mode"] != "constant":
        return {"mode": node["mode"]}
    values = [shortest(v) for operand in fill for v in operand.values]
    return {"value": values[0]} if any(values) else {}


def _edges(widths: tuple[tuple[int, int], ...]) -> Fields | None:
    """Cells (before, after) of each axis, the batch first, as fields of `pad` and `crop`; these take the channels or
    the rest."""
    batch, (before, after), *rest = widths
    sides = dict(zip(("top", "bottom", "left", "right"), chain(*rest), strict=False))
    if any(batch) or ((before or after) and any(sides.values())):
        return None
    if rest and not (before or after):
        return {side: cells for side, cells in sides.items() if cells}
    return {"axis": "C"} | {name: n for name, n in (("before", before), ("after", after)) if n}


def crop(layer: Crop, step: Step) -> OperatorCall:
    shape = step.arriving[0]
    before, after = zip(*layer.widths(shape), strict=True)
    ends = tuple(size - cut for size, cut in zip(shape, after, strict=True))
    return call("Slice", *step.inputs, before, ends, tuple(range(1, 1 + len(shape))))


def slice(layer: Slice, step: Step) -> OperatorCall:
    axis = "CHW".index(layer.axis)
    first, end = layer.bounds(step.arriving[0][axis])
    steps = [] if layer.step == 1 else [(layer.step,)]
    return call("Slice", *step.inputs, (first,), (end,), (1 + axis,), *steps)


def _ranges(node: OnnxNode) -> dict[int, tuple[int, int]] | None:
    """Of a Slice, by axis the first cell and the one to stop before."""
    match node.arriving, [operand.whole for operand in node.stored]:
        case (x,), [starts, ends, axes, *_]:
            sizes = (0, *x)
            places = [axis % len(sizes) for axis in axes]
            if len(starts) == len(ends) == len(places) and 0 not in places:
                return {
                    axis: (_cell(first, sizes[axis]), _cell(end, sizes[axis]))
                    for axis, first, end in zip(places, starts, ends, strict=True)
                }
    return None


def _cell(place: int, size: int) -> int:
    """A place on an axis, which may be counted from behind or lie beyond the end."""
    return min(size, max(0, place + size if place < 0 else place))


def _steps(node: OnnxNode) -> tuple[int, ...]:
    """The steps of a Slice that has any."""
    return node.stored[3].whole if len(node.stored) > 3 else ()


def read_slice(node: OnnxNode) -> Fields | None:
    """Along one axis, forwards."""
    match list((_ranges(node) or {}).items()), _steps(node) or (1,):
        case [(axis, (first, end))], (step,) if step > 0:
            whole = {} if end == node.arriving[0][axis - 1] else {"to": end}
            return {"axis": "CHW"[axis - 1], "from": first, **whole, **({} if step == 1 else {"step": step})}
    return None


def read_crop(node: OnnxNode) -> Fields | None:
    """Along several axes."""
    ranges = _ranges(node) or {}
    if len(ranges) < 2 or any(step != 1 for step in _steps(node)):
        return None
    ends = enumerate(node.arriving[0], 1)
    cut = ((ranges[a][0], size - ranges[a][1]) if a in ranges else (0, 0) for a, size in ends)
    return _edges(((0, 0), *cut))


def pixelunshuffle(layer: PixelUnshuffle, step: Step) -> OperatorCall:
    """Written out: SpaceToDepth puts the cells of a block before the channels."""
    (C, H, W), r = image(step.arriving[0]), layer.factor
    blocks = call("Reshape", *step.inputs, (0, C, H // r, r, W // r, r))
    return call("Reshape", call("Transpose", blocks, perm=(0, 1, 3, 5, 2, 4)), (0, *step.shape))


def absent(_: Layer, step: Step) -> OperatorCall:
    """What does something in training only."""
    return call("Identity", *step.inputs)


def channelshuffle(layer: ChannelShuffle, step: Step) -> OperatorCall:
    C, *size = step.arriving[0]
    table = call("Reshape", *step.inputs, (0, layer.G, C // layer.G, *size))
    turned = call("Transpose", table, perm=(0, 2, 1, *range(3, 3 + len(size))))
    return call("Reshape", turned, (0, C, *size))


KINDS: dict[str, Translation] = {
    "channelshuffle": Translation(channelshuffle),
    "crop": both_ways(crop, "Slice", read_crop),
    "dropout": Translation(absent),
    "droppath": Translation(absent),
    "flatten": direct("Flatten", axis=1),
    "identity": direct("Identity"),
    "pad": both_ways(pad, "Pad", read_pad, "mode"),
    "permute": both_ways(permute, "Transpose", read_permute, "perm"),
    "pixelshuffle": direct("DepthToSpace", {"blocksize": "factor"}, mode="CRD"),
    "pixelunshuffle": Translation(pixelunshuffle),
    "reshape": both_ways(reshape, "Reshape", read_reshape),
    "slice": both_ways(slice, "Slice", read_slice),
}
