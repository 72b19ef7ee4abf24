"""Resizing in PyTorch, which has some of the ways in which an image changes its size."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...graph.graph import Step
from ...graph.resampling import ResampledAxis
from ..code.layout import call
from ..code.place import Place, single
from .rule import Said, function

if TYPE_CHECKING:
    from ...layers.resize import Resize

NEAREST: dict[str, Callable[[ResampledAxis, int], int]] = {
    "nearest": lambda axis, i: int(i * axis.step),
    "nearest-exact": lambda axis, i: min(axis.size - 1, int((2 * i + 1) * axis.step / 2)),
}
"""Which cell PyTorch's modes copy."""


def way(layer: Resize, step: Step) -> dict[str, str] | None:
    """The arguments of `F.interpolate` beside the size; None where it has none for this."""
    axes = layer.axes(step.arriving[0])
    if layer.mode == "nearest":
        for mode, cell in NEAREST.items():
            if all(axis.mixture(i).first == cell(axis, i) for axis in axes for i in range(axis.out)):
                return {} if mode == "nearest" else {"mode": f'"{mode}"'}
        return None
    mixing = {"mode": '"bilinear"' if layer.mode == "bilinear" else '"bicubic"'}
    shrinks = any(axis.step > 1 for axis in axes) and layer.antialias
    if layer.place == "half-pixel" and shrinks:
        is_own = layer.outside == "none" and (layer.mode == "bilinear" or layer.a == -0.5)
        return {**mixing, "antialias": "True"} if is_own else None
    if layer.outside != "edge" or layer.place == "asymmetric" or (layer.mode == "cubic" and layer.a != -0.75):
        return None
    return mixing | ({"align_corners": "True"} if layer.place == "align-corners" else {})


def unsaid(layer: Resize, step: Step) -> str:
    """Why PyTorch cannot resize like this; nothing where it can."""
    return "" if way(layer, step) is not None else "`interpolate` has no mode that mixes the same cells"


def resize(at: Place) -> Said:
    given = way(at.layer, at.item.step)
    assert given is not None
    if at.layer.to is None:
        size = {"scale_factor": at.value("factor", lambda layer, _: single(layer.factor))}
    else:
        size = {"size": at.value("to", lambda layer, _: layer.to)}
    return function(lambda x: call("F.interpolate", x, **size, **given))
