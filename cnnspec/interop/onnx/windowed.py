"""Layers with weights or windows in ONNX: convolutions, dense, pooling.

Padding is always explicit, and ONNX's own ceil_mode is not used: programs differ in what the last window's mean
counts. A window that hangs over the edge becomes padding, and the divisor is put right where it would be wrong.
"""

from __future__ import annotations

from math import inf, prod
from typing import TYPE_CHECKING, Any

from ...graph.layer import image
from ...graph.shape import FLOAT
from ...graph.window import SlidingWindow, bins, transposed_size
from ..window_fields import NodeWindow
from .expression import OperatorCall, Value, call, ensure_room, own
from .node import OnnxNode, Operand
from .translation import Fields, Translation, both_ways, direct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ...graph.graph import Step
    from ...graph.shape import Shape
    from ...layers._pool import Pool
    from ...layers.adaptiveavgpool import AdaptiveAvgPool
    from ...layers.adaptivemaxpool import AdaptiveMaxPool
    from ...layers.avgpool import AvgPool
    from ...layers.conv import Conv
    from ...layers.deconv import Deconv
    from ...layers.dense import Dense
    from ...layers.l2pool import L2Pool
    from ...layers.sumpool import SumPool


_TAPS = ("kernel_shape", "strides", "dilations", "group", "pads")
_POOLING = ("kernel_shape", "strides", "dilations", "pads", "ceil_mode")
"""Attributes that are read."""


def conv(layer: Conv, step: Step) -> OperatorCall:
    pads = ((window.before, window.after) for window in layer.windows(step.arriving[0]))
    return call("Conv", *step.inputs, *own(step), **_taps(layer), pads=_pads(*pads))


def read_conv(node: OnnxNode) -> Fields | None:
    filters = _filters(node)
    if filters is None:
        return None
    window = NodeWindow.of(node, filters.shape[2:])
    return {
        "K": filters.shape[0],
        **window.letters(),
        **window.padding(upper=True),
        **window.rounding(),
        **_shared(node),
    }


def deconv(layer: Deconv, step: Step) -> OperatorCall:
    """ONNX is told how many rows and columns are missing behind those that are painted. A whole stride or more is
    refused by ONNX Runtime: then zeros behind the image paint them."""
    (x,), (_, H, W) = step.inputs, image(step.arriving[0])
    pads, zeros, missing = [], [], []
    for size, window in zip((H, W), layer.windows(step.arriving[0]), strict=True):
        short = window.size - transposed_size(size, window.F, window.S, window.D, window.before, window.after, extra=0)
        zeros.append(-(-short // window.S) if short >= window.S else 0)
        short -= zeros[-1] * window.S
        pads.append((window.before, window.after + max(0, -short)))
        missing.append(max(0, short))
    painted = call("Pad", x, (0, 0, 0, 0, 0, 0, *zeros)) if any(zeros) else x
    return call("ConvTranspose", painted, *own(step), **_taps(layer), pads=_pads(*pads), output_padding=missing)


def read_deconv(node: OnnxNode) -> Fields | None:
    filters = _filters(node)
    if filters is None:
        return None
    window = NodeWindow.of(node, filters.shape[2:])
    extra = tuple(node["output_padding"] or (0, 0))
    more = {"extra": extra} if any(extra) else {}
    return {"K": filters.shape[1] * node["group"], **window.letters(), **window.padding(), **more, **_shared(node)}


def _filters(node: OnnxNode) -> Operand | None:
    """The weight of a convolution of images, behind which a bias may stand."""
    if len(node.arriving) != 1 or len(node.stored) not in (1, 2) or len(node.stored[0].shape) != 4:
        return None
    return node.stored[0]


def _shared(node: OnnxNode) -> Fields:
    """The fields of a convolution that are no window's."""
    group = {"G": node["group"]} if node["group"] != 1 else {}
    return group | ({} if len(node.stored) == 2 else {"bias": False})


def dense(_: Dense, step: Step) -> OperatorCall:
    return call("Gemm", *step.inputs, *own(step), transB=1)


def read_dense(node: OnnxNode) -> Fields | None:
    plain = node.says("alpha", 1.0) and node.says("beta", 1.0) and node.says("transA", 0) and node.says("transB", 1)
    match node.arriving, node.stored:
        case ((_,),), (weight, *bias) if plain and len(bias) < 2:
            return {"K": weight.shape[0]} | ({} if bias else {"bias": False})
    return None


def _taps(layer: Conv | Deconv) -> dict[str, Any]:
    return {"kernel_shape": layer.F, "strides": layer.S, "dilations": layer.D, "group": layer.G}


def _pads(rows: tuple[int, int], columns: tuple[int, int]) -> tuple[int, ...]:
    """(before, after) of both axes in ONNX's order: top, left, bottom, right."""
    return rows[0], columns[0], rows[1], columns[1]


def maxpool(layer: Pool, step: Step) -> OperatorCall:
    """ONNX Runtime wants less padding than F, which is little beside a window whose cells lie apart."""
    said = _window(layer, step)
    if all(cells < F for cells, F in zip(said["pads"], 2 * layer.F, strict=True)):
        return call("MaxPool", *step.inputs, **said)
    top, left, bottom, right = said.pop("pads")
    return call("MaxPool", call("Pad", *step.inputs, (0, 0, top, left, 0, 0, bottom, right), -inf), **said)


def read_maxpool(node: OnnxNode) -> Fields | None:
    if len(node.arriving) != 1 or node.stored or len(node["kernel_shape"]) != 2:
        return None
    window = NodeWindow.of(node, node["kernel_shape"])
    return {**window.letters(window.F), **window.padding(upper=True), **window.rounding()}


def sumpool(layer: SumPool, step: Step) -> OperatorCall:
    return _total(layer, step, *step.inputs)


def _total(layer: Pool, step: Step, x: Value) -> OperatorCall:
    """The sum over each window."""
    if layer.D != (1, 1):
        return _weighed(layer, step, x, 1.0)
    return call("Mul", _padded_mean(layer, step, x), float(prod(layer.F)))


def l2pool(layer: L2Pool, step: Step) -> OperatorCall:
    """Written out: LpPool knows dilation since opset 18 only, and OpenCV not at all."""
    (x,) = step.inputs
    return call("Sqrt", _total(layer, step, call("Mul", x, x)))


def read_l2pool(node: OnnxNode) -> Fields | None:
    return read_maxpool(node) if node["p"] == 2 else None


def avgpool(layer: AvgPool, step: Step) -> OperatorCall:
    """AveragePool divides by the cells on the input, or by all of the window's; others are put right after it."""
    import numpy as np

    _, H, W = image(step.arriving[0])
    ensure_room(step, FLOAT * H * W)
    share = layer.forward(np.ones((1, 1, H, W), np.float32))
    if (share == 1).all() and layer.D == (1, 1):
        return call("AveragePool", *step.inputs, **_window(layer, step), count_include_pad=0)
    mean, factors = _padded_mean(layer, step, *step.inputs), _mended(layer, step.arriving[0])
    return mean if (factors == 1).all() else call("Mul", mean, factors)


def read_avgpool(node: OnnxNode) -> Fields | None:
    """Under `same-upper` padding never counts, so it stands for no pads that do."""
    counted = bool(node["count_include_pad"])
    if (fields := read_maxpool(node)) is None:
        return None
    if counted and fields.get("P") == "same-upper":
        fields |= NodeWindow.of(node, node["kernel_shape"]).padding()
    uncounted = not counted and fields.get("P", "same-upper") != "same-upper"
    return fields | ({"count_padding": False} if uncounted else {})


def hanging(read: Fields, pads: tuple[int, ...], arriving: Shape, factors: NDArray[np.float32]) -> Fields | None:
    """The fields of the `avgpool` whose windows hang over the edge, of what is read of an AveragePool with `pads` whose
    means are put right by `factors` (rows, columns): so much of the padding behind is none."""
    from itertools import product

    import numpy as np

    from ...graph.layer import LayerError
    from ...layers.avgpool import AvgPool

    top, left, bottom, right = pads
    for rows, columns in product(range(bottom + 1), range(right + 1)):
        sides = {"top": top, "left": left, "bottom": bottom - rows, "right": right - columns}
        for counted in (True, False):
            fields = {key: value for key, value in read.items() if key not in ("P", "rounding", "count_padding")}
            fields |= {"rounding": "ceil", **({} if counted else {"count_padding": False})}
            layer = AvgPool.model_validate(fields | {"P": sides})
            try:
                wanted = _mended(layer, arriving) if layer.output(arriving)[1:] == factors.shape[-2:] else None
            except LayerError:
                continue
            if wanted is not None and np.array_equal(wanted, factors.reshape(wanted.shape)):
                return fields | {"P": _shortest(sides)}
    return None


def _shortest(sides: dict[str, int]) -> int | tuple[int, int] | dict[str, int]:
    """Padding in few words."""
    if sides["top"] == sides["bottom"] and sides["left"] == sides["right"]:
        return sides["top"] if sides["top"] == sides["left"] else (sides["top"], sides["left"])
    return {side: cells for side, cells in sides.items() if cells}


def _mended(layer: AvgPool, arriving: Shape) -> NDArray[np.float32]:
    """By what the mean over all cells of each window, padding and all, is multiplied to be that of the layer: its share
    of cells on the input, which is what the layer makes of ones."""
    import numpy as np

    from ...kernels.reference.pooling import coverage

    share = layer.forward(np.ones((1, 1, *arriving[1:]), np.float32))
    padded = coverage(layer.windows(arriving), padding=False).astype(np.float32) / np.float32(prod(layer.F))
    return np.asarray(share / padded, np.float32)


def _padded_mean(layer: Pool, step: Step, x: Value) -> OperatorCall:
    if layer.D != (1, 1):
        return _weighed(layer, step, x, 1 / prod(layer.F))
    said = _window(layer, step)
    top, left, bottom, right = said["pads"]
    if not any(said["pads"]):
        return call("AveragePool", x, **said, count_include_pad=1)
    # OpenCV up to 4.12 never counts padding: cells of a node of its own it does.
    padded = call("Pad", x, (0, 0, top, left, 0, 0, bottom, right))
    return call("AveragePool", padded, **said | {"pads": (0, 0, 0, 0)}, count_include_pad=1)


def _weighed(layer: Pool, step: Step, x: Value, weight: float) -> OperatorCall:
    """The sum over each window of cells times a weight, as a convolution of each channel: AveragePool knows dilation
    since opset 19 only."""
    import numpy as np

    C = step.arriving[0][0]
    return call("Conv", x, np.full((C, 1, *layer.F), weight, np.float32), group=C, **_window(layer, step))


def _window(layer: Pool, step: Step) -> dict[str, Any]:
    pads = ((window.before, _behind(window)) for window in layer.windows(step.arriving[0]))
    dilations = {} if layer.D == (1, 1) else {"dilations": layer.D}
    return {"kernel_shape": layer.F, "strides": layer.stride, **dilations, "pads": _pads(*pads)}


def _behind(window: SlidingWindow) -> int:
    """Padding behind the input, with what a window hangs over. ONNX Runtime wants less than F on each side, which the
    last window's share always is."""
    after = window.after + window.overhang
    return after if after < window.F else max(0, after - window.left_over)


def adaptiveavgpool(layer: AdaptiveAvgPool, step: Step) -> OperatorCall:
    """Bins of one size are windows; others are weighed together by a matrix for each axis."""
    _, H, W = image(step.arriving[0])
    rows, columns = layer.out
    if H % rows == W % columns == 0:
        F = (H // rows, W // columns)
        return call("AveragePool", *step.inputs, kernel_shape=F, strides=F)
    ensure_room(step, FLOAT * (rows * H + columns * W))
    from ...kernels.reference.pooling import bin_shares

    return call("MatMul", call("MatMul", bin_shares(H, rows), *step.inputs), bin_shares(W, columns).T)


def adaptivemaxpool(layer: AdaptiveMaxPool, step: Step) -> OperatorCall:
    """Bins of one size are windows; others are cut out and put together again, along the rows and then the columns."""
    (name,), (_, H, W) = step.inputs, image(step.arriving[0])
    rows, columns = layer.out
    if H % rows == W % columns == 0:
        F = (H // rows, W // columns)
        return call("MaxPool", name, kernel_shape=F, strides=F)
    return _largest(_largest(name, 2, bins(H, rows)), 3, bins(W, columns))


def _largest(x: Value, axis: int, cut: list[tuple[int, int]]) -> OperatorCall:
    """The largest values of bins of an axis."""
    found = []
    for first, end in cut:
        F = (end - first, 1) if axis == 2 else (1, end - first)
        found.append(call("MaxPool", call("Slice", x, (first,), (end,), (axis,)), kernel_shape=F, strides=(1, 1)))
    return call("Concat", *found, axis=axis) if len(found) > 1 else found[0]


KINDS: dict[str, Translation] = {
    "adaptiveavgpool": Translation(adaptiveavgpool),
    "adaptivemaxpool": Translation(adaptivemaxpool),
    "avgpool": both_ways(avgpool, "AveragePool", read_avgpool, *_POOLING, "count_include_pad"),
    "conv": both_ways(conv, "Conv", read_conv, *_TAPS),
    "deconv": both_ways(deconv, "ConvTranspose", read_deconv, *_TAPS, "output_padding"),
    "dense": both_ways(dense, "Gemm", read_dense, "alpha", "beta", "transA", "transB"),
    "globalavgpool": direct("GlobalAveragePool"),
    "globall2pool": direct("GlobalLpPool", p=2),
    "globalmaxpool": direct("GlobalMaxPool"),
    "l2pool": both_ways(l2pool, "LpPool", read_l2pool, *_POOLING, "p"),
    "maxpool": both_ways(maxpool, "MaxPool", read_maxpool, *_POOLING),
    "sumpool": Translation(sumpool),
}
