"""Images of another size in ONNX."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from ...graph.layer import image
from ...graph.shape import FLOAT
from .expression import OperatorCall, call, ensure_room
from .node import OnnxNode, shortest
from .translation import Fields, Translation, both_ways

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...graph.graph import Step
    from ...graph.shape import Shape
    from ...layers.resize import Resize
    from ...layers.upsample import Upsample

UPSAMPLING = {
    "nearest": {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"},
    "bilinear": {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
}
MODES = {"nearest": "nearest", "bilinear": "linear", "cubic": "cubic"}
PLACES = {"half-pixel": "half_pixel", "align-corners": "align_corners", "asymmetric": "asymmetric"}
ROUNDING = {
    "round-half-down": "round_prefer_floor",
    "round-half-up": "round_prefer_ceil",
    "floor": "floor",
    "ceil": "ceil",
}
"""Words of the layer as ONNX has them."""
ATTRIBUTES = (
    *("mode", "coordinate_transformation_mode", "nearest_mode"),
    *("cubic_coeff_a", "exclude_outside", "antialias"),
)


def upsample(layer: Upsample, step: Step) -> OperatorCall:
    """Nearest by rounding down: no half-way case, so programs cannot differ."""
    return call("Resize", *step.inputs, "", _scales(layer.factor), **UPSAMPLING[layer.mode])


def read_upsample(node: OnnxNode) -> Fields | None:
    """By whole factors: nearest by rounding down, or bilinear."""
    mode = {"nearest": "nearest", "linear": "bilinear"}.get(node["mode"], "")
    usual = UPSAMPLING.get(mode, {})
    match node.operands:
        case (x, None, scales) if x and scales and usual and all(node.says(*item) for item in usual.items()):
            batch, channels, *factor = scales.values or (0.0, 0.0)
            if (batch, channels, len(factor)) == (1, 1, 2) and all(f >= 1 and f == int(f) for f in factor):
                return {"factor": tuple(map(int, factor)), "mode": mode}
    return None


def resize(layer: Resize, step: Step) -> OperatorCall:
    """By factors, or to sizes, which take those of the batch and the channels from what arrives. The operator knows
    antialiasing since opset 18 only: then rows and columns are weighed by matrices."""
    (x,), (_, H, W), (_, *sizes) = step.inputs, image(step.arriving[0]), step.shape
    if layer.antialias:
        ensure_room(step, FLOAT * (H * sizes[0] + W * sizes[1]))
        from ...kernels.reference.resampling import matrix

        rows, columns = layer.axes(step.arriving[0])
        return call("MatMul", call("MatMul", matrix(rows), x), matrix(columns).T)
    said = {"mode": MODES[layer.mode], "coordinate_transformation_mode": PLACES[layer.place]}
    if layer.mode == "nearest":
        said["nearest_mode"] = ROUNDING[layer.near]
    cubic = {"cubic_coeff_a": layer.a, "exclude_outside": int(layer.outside == "none")} if layer.mode == "cubic" else {}
    if layer.factor is not None and layer.place != "align-corners":  # there programs differ on what is dropped
        return call("Resize", x, "", _scales(layer.factor), **said, **cubic)
    kept = call("Slice", call("Shape", x), (0,), (2,))
    return call("Resize", x, "", "", call("Concat", kept, tuple(sizes), axis=0), **said, **cubic)


def _scales(factor: tuple[float, float]) -> NDArray[np.float32]:
    import numpy as np

    return np.array((1, 1, *factor), np.float32)


def read_resize(node: OnnxNode) -> Fields | None:
    """By factors or to sizes of rows and columns."""
    fields = _fields(node)
    match node.operands:
        case (x, None, None, sizes) if x and sizes and fields is not None and len(sizes.whole) == 4:
            return {"to": sizes.whole[2:], **fields} if sizes.whole[:2] == (1, x.shape[0]) else None
        case (x, None, scales, *_) if x and scales and fields is not None and len(scales.values) == 4:
            factor = tuple(map(shortest, scales.values[2:]))
            is_said = scales.values[:2] == (1, 1) and fields.get("place") != "align-corners"  # see `resize`
            return {"factor": factor, **fields} if is_said else None
    return None


def _fields(node: OnnxNode) -> Fields | None:
    """The fields that no size is."""
    words = (("mode", MODES), ("place", PLACES), ("near", ROUNDING))
    said: Fields = {}
    for (field, known), attribute in zip(words, ATTRIBUTES, strict=False):
        ours = next((word for word, theirs in known.items() if theirs == node[attribute]), None)
        if ours is None:
            return None
        if ours not in ("nearest", "half-pixel", "round-half-down"):
            said[field] = ours
    if said.get("mode") is not None:
        said.pop("near", None)
    if said.get("mode") == "cubic":
        said |= {} if node.says("cubic_coeff_a", -0.75) else {"a": shortest(node["cubic_coeff_a"])}
    if node["antialias"]:
        said["antialias"] = True
    return said | ({"outside": "none"} if node["exclude_outside"] else {})


def weighed(arriving: Shape, rows: NDArray[np.float32], columns: NDArray[np.float32]) -> tuple[str, Fields] | None:
    """The layer that mixes rows by one matrix (new, old), and columns by another."""
    import numpy as np

    from ...kernels.reference.pooling import bin_shares
    from ...kernels.reference.resampling import matrix
    from ...layers.resize import Resize

    _, H, W = arriving
    to = (len(rows), len(columns))
    if rows.shape[1] != H or columns.shape[1] != W:
        return None
    if np.array_equal(rows, bin_shares(H, to[0])) and np.array_equal(columns, bin_shares(W, to[1])):
        return "adaptiveavgpool", {"out": to}
    smooth = product(PLACES, ("edge", "none"), (("bilinear", -0.75), ("cubic", -0.75), ("cubic", -0.5)))
    for place, outside, (mode, a) in smooth:
        fields = {"to": to, "mode": mode, "place": place, "outside": outside, "antialias": True, "a": a}
        axes = Resize.model_validate(fields).axes(arriving)
        if all(np.array_equal(matrix(axis), given) for axis, given in zip(axes, (rows, columns), strict=True)):
            return "resize", fields
    return None


KINDS: dict[str, Translation] = {
    "upsample": both_ways(upsample, "Resize", read_upsample, *ATTRIBUTES[:3]),
    "resize": both_ways(resize, "Resize", read_resize, *ATTRIBUTES),
}
