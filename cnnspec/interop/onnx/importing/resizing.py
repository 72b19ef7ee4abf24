"""`Resize` and `Upsample` in one spelling: by factors or to a size, with no region and no axes of its own."""

from __future__ import annotations

import numpy as np

from .static import Node, StaticModel

NEAREST = {
    ("asymmetric", "floor"),
    ("half_pixel", "round_prefer_floor"),
    ("half_pixel", "round_prefer_ceil"),
}
"""Places and roundings by which each cell of an image that grows by whole factors is copied so many times."""
STRETCHED = "stretch"
WEIGHING = ("cubic_coeff_a", "exclude_outside", "antialias")


def resize(node: Node, model: StaticModel) -> Node | None:
    """By whole factors where that says the same, as `upsample` has it; else by factors or to the size, as they are
    given. What lies outside of a region has no value here."""
    before, after = model.shapes.get(node.inputs[0], ()), model.shapes.get(node.output, ())
    said = dict(node.attributes)
    if len(before) != 4 or len(after) != 4 or before[:2] != after[:2]:
        return None
    factors = _factors(node, model, before) or _kept_aspect(node, model, before, after)
    place = said.get("coordinate_transformation_mode", "half_pixel" if node.op == "Resize" else "asymmetric")
    mode = {"bilinear": "linear"}.get(said.get("mode", "nearest"), said.get("mode", "nearest"))
    near = said.get("nearest_mode", "round_prefer_floor" if node.op == "Resize" else "floor")
    place = _placed(place, factors, before, after)
    if place is None or (factors is None and said.get("keep_aspect_ratio_policy", STRETCHED) != STRETCHED):
        return None
    sizes = np.array(after, np.int64)
    whole = _exact(factors, before, after) and not any(y % x for x, y in zip(before, after, strict=True))
    if whole and mode != "cubic" and not said.get("antialias"):
        scales = model.hold(f"{node.output}/scales", (sizes / np.array(before)).astype(np.float32))
        if mode == "nearest" and (place, near) in NEAREST:
            plain = {"mode": mode, "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}
            return node.to("Resize", node.inputs[0], "", scales, **plain)
        if mode == "linear" and place == "half_pixel":
            return node.to("Resize", node.inputs[0], "", scales, mode=mode, coordinate_transformation_mode=place)
    more = {name: said[name] for name in WEIGHING if name in said}
    more |= {"nearest_mode": near} if mode == "nearest" else {}
    if factors is None or place == "align_corners":
        operands = ["", model.hold(f"{node.output}/sizes", sizes)]
    else:
        operands = [model.hold(f"{node.output}/scales", np.array((1, 1, *factors), np.float32))]
    return node.to("Resize", node.inputs[0], "", *operands, mode=mode, coordinate_transformation_mode=place, **more)


def _factors(node: Node, model: StaticModel, before: tuple[int, ...]) -> tuple[float, ...] | None:
    """By how much rows and columns are scaled; None where a size is given."""
    index = 2 if node.op == "Resize" else 1
    given = model.constants.get(node.inputs[index]) if len(node.inputs) > index else None
    if given is None and node.op == "Resize" and len(node.inputs) == 2:  # the operands of opset 10
        given = model.constants.get(node.inputs[1])
    if given is None:
        given = np.array(node.attributes["scales"], np.float32) if "scales" in node.attributes else None
    if given is None or not given.size:
        return None
    scales = [1.0] * len(before)
    for axis, factor in zip(node.attributes.get("axes", range(len(before))), given.ravel(), strict=True):
        scales[axis % len(before)] = float(factor)
    return tuple(scales[2:])


def _kept_aspect(
    node: Node, model: StaticModel, before: tuple[int, ...], after: tuple[int, ...]
) -> tuple[float, ...] | None:
    """The one factor by which an image grows that is to fit a size; None where it has none, or a side is rounded up."""
    policy = {"not_larger": min, "not_smaller": max}.get(node.attributes.get("keep_aspect_ratio_policy", STRETCHED))
    wanted = model.constants.get(node.inputs[3]) if len(node.inputs) > 3 else None
    if policy is None or wanted is None:
        return None
    axes = [axis % len(before) for axis in node.attributes.get("axes", range(len(before)))]
    factor = policy(size / before[axis] for axis, size in zip(axes, wanted.ravel().tolist(), strict=True))
    factors = tuple(factor if axis in axes else 1.0 for axis in (2, 3))
    fits = all(int(x * f) == y for x, f, y in zip(before[2:], factors, after[2:], strict=True))
    return factors if fits else None


def _placed(
    place: str, factors: tuple[float, ...] | None, before: tuple[int, ...], after: tuple[int, ...]
) -> str | None:
    """The word for where cells lie, among those that are read; None where no word says it."""
    exact = _exact(factors, before, after)
    if place == "half_pixel_symmetric" or (place == "align_corners" and not exact):
        return {"half_pixel_symmetric": "half_pixel"}.get(place) if exact else None  # programs differ
    if place == "pytorch_half_pixel":
        if min(after[2:]) > 1:
            return "half_pixel"
        return "asymmetric" if max(after[2:]) == 1 else None
    return place


def _exact(factors: tuple[float, ...] | None, before: tuple[int, ...], after: tuple[int, ...]) -> bool:
    """Whether a size is as many times as large as the factors say, with nothing dropped."""
    return factors is None or all(x * f == y for x, f, y in zip(before[2:], factors, after[2:], strict=True))
