"""Layers that move values in PyTorch."""

from __future__ import annotations

from typing import Any

from ...graph.graph import Step
from ...graph.shape import axis_index
from ..code.layout import Expression, call
from ..code.place import Of, Place, field, single
from .rule import Said, function

MODES = {"reflect": "reflect", "edge": "replicate", "wrap": "circular"}


def flatten(_: Place) -> Said:
    return function(lambda x: call("torch.flatten", x, "1"), call("nn.Flatten"))


def reshape(at: Place) -> Said:
    sizes = [at.value("size", _size(axis)) for axis in range(len(at.item.step.shape))]
    return function(lambda x: call(f"{x}.reshape", "-1", *sizes), call("nn.Unflatten", "1", f"({', '.join(sizes)},)"))


def _size(axis: int) -> Of:
    return lambda _, step: step.shape[axis]


def permute(at: Place) -> Said:
    order = ", ".join(str(axis_index(axis)) for axis in at.layer.order)
    return function(lambda x: f"{x}.permute(0, {order})")


def _around(layer: Any, step: Step) -> tuple[int, ...]:
    """Cells before and after, last axis first, down to the first axis that has some."""
    widths = layer.widths(step.arriving[0])
    while len(widths) > 1 and not any(widths[0]):
        widths = widths[1:]
    return tuple(cells for pair in reversed(widths) for cells in pair)


def pad(at: Place) -> Said:
    if at.layer.mode == "constant":
        if at.layer.axis == "C" and at.is_image:
            ends = [at.value("K", field(end)) for end in ("before", "after")]
            around = f"(0, 0, 0, 0, {', '.join(ends)})"
        else:
            around = at.value("sides", _around)
        given = at.option("value", 0.0, field("value"))
        return function(lambda x: call("F.pad", x, around, **given))
    if at.is_image and at.all(lambda layer, step: len(_around(layer, step)) <= 4):
        around = at.value("sides", lambda layer, step: (*_around(layer, step), 0, 0)[:4])
        mode = MODES[at.layer.mode]
        return function(lambda x: call("F.pad", x, around, mode=f'"{mode}"'))
    before, after = (at.value(name, field(name)) for name in ("before", "after"))
    return function(lambda x: call("pad_channels", x, before, after, f'"{at.layer.mode}"'))


def crop(at: Place) -> Said:
    around = at.value("sides", lambda layer, step: tuple(-cells for cells in _around(layer, step)))
    return function(lambda x: call("F.pad", x, around))


def slice(at: Place) -> Said:
    axis = axis_index(at.layer.axis)
    size = at.each(lambda _, step: step.arriving[0][axis - 1])
    first = at.value("first", field("first"))
    end = at.value("end", lambda layer, step: layer.bounds(step.arriving[0][axis - 1])[1])
    step = at.value("step", field("step"))
    whole = all(
        n is None or layer is None or layer.end in (None, n)
        for n, layer in zip(size, at.each(lambda layer, _: layer), strict=True)
    )
    taken = f"{'' if first == '0' else first}:{'' if whole else end}" + ("" if step == "1" else f":{step}")
    return function(lambda x: f"{x}[{':, ' * axis}{taken}]")


def upsample(at: Place) -> Said:
    factor = at.value("factor", field("factor", single))
    given = {"scale_factor": factor} | at.option("mode", "nearest", field("mode"))
    return function(lambda x: call("F.interpolate", x, **given), call("nn.Upsample", **given))


def pixelshuffle(at: Place) -> Said:
    factor = at.value("factor", field("factor"))
    return function(lambda x: call("F.pixel_shuffle", x, factor), call("nn.PixelShuffle", factor))


def pixelunshuffle(at: Place) -> Said:
    factor = at.value("factor", field("factor"))
    return function(lambda x: call("F.pixel_unshuffle", x, factor), call("nn.PixelUnshuffle", factor))


def channelshuffle(at: Place) -> Said:
    G = at.value("G", field("G"))

    def written(x: Expression) -> Expression:
        return call("channel_shuffle", x, G)

    return function(written)


KINDS = {
    "channelshuffle": channelshuffle,
    "crop": crop,
    "flatten": flatten,
    "pad": pad,
    "permute": permute,
    "pixelshuffle": pixelshuffle,
    "pixelunshuffle": pixelunshuffle,
    "reshape": reshape,
    "slice": slice,
    "upsample": upsample,
}
