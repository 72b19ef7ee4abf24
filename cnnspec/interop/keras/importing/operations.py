"""Functions of `keras.ops` in the words of the language, in models where they stand beside layers. Each is a class
in the file, whose fields are the function's arguments."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from ...faults import Unsaid
from . import windows
from .activations import activation_of, plain
from .values import Held, Turning, held_image

SIDES = ("top", "bottom", "left", "right")


def padded(turning: Turning) -> Held:
    """Cells along the axes. Those of minus infinity are for a maximum, which has them as its window's padding."""
    turning.wants_channels_last()
    held, mode, value = turning.held, turning["mode"], turning["constant_values"] or 0.0
    amounts = [tuple(each) for each in turning["pad_width"]]
    if len(amounts) != 1 + len(held.shape) or len(amounts) == 3 or any(amounts[0]) or held.order is not None:
        raise Unsaid(f"its amounts {amounts!r:.60} are not of rows, columns and channels")
    if mode not in ("constant", "reflect"):
        raise Unsaid(f"with the mode {mode!r:.40} it is no layer")
    if mode == "constant" and value == -inf and len(amounts) == 4 and not any(amounts[3]):
        (top, bottom), (left, right) = amounts[1:3]
        H, W, C = held.shape
        return Held(held.value, (H + top + bottom, W + left + right, C), margin=(top, left, bottom, right))
    if turning.is_border and mode == "constant" and not value and len(amounts) == 4 and not any(amounts[3]):
        (top, bottom), (left, right) = amounts[1:3]
        return windows.bordered(held, top, left, bottom, right)
    cells: dict[str, Any] = {"mode": mode} if mode != "constant" else {"value": float(value)} if value else {}
    made = held.value if len(amounts) == 4 else turning.vector(held)
    around = dict(zip(SIDES, sum(amounts[1:-1], ()), strict=False))
    if any(around.values()):
        made = turning.add("pad", made, fields={side: amount for side, amount in around.items() if amount} | cells)
    if any(amounts[-1]):
        ends = {end: amount for end, amount in zip(("before", "after"), amounts[-1], strict=True) if amount}
        made = turning.add("pad", made, fields={"axis": "C", **ends} | cells)
    return held_image(made, held) if len(amounts) == 4 else Held(made, made.shape)


def part(turning: Turning) -> Held:
    """`x[:, 1:5, 2:]`: rows, columns and channels between two bounds."""
    turning.wants_channels_last()
    held, bounds = turning.image, turning["slices"]
    if len(held.shape) != 3 or not isinstance(bounds, list) or not all(map(_is_slice, bounds)):
        raise Unsaid("what it takes is not of rows, columns and channels of an image")
    taken = [slice(*(each["config"][key] for key in ("start", "stop", "step"))) for each in bounds]
    taken += [slice(None)] * (4 - len(taken))
    rows, columns, channels = (range(size)[cells] for size, cells in zip(held.shape, taken[1:], strict=True))
    if taken[0] != slice(None) or any(axis.step != 1 or not axis for axis in (rows, columns, channels)):
        raise Unsaid("it takes nothing, images of a batch, or not each cell")
    H, W, C = held.shape
    sides = dict(zip(SIDES, (rows.start, H - rows.stop, columns.start, W - columns.stop), strict=True))
    made = held.value
    if any(sides.values()):
        made = turning.add("crop", made, fields={side: cells for side, cells in sides.items() if cells})
    if len(channels) < C:
        made = turning.add("slice", made, fields={"from": channels.start, "to": channels.stop})
    return held_image(made, held)


def _is_slice(given: Any) -> bool:
    return isinstance(given, dict) and given.get("class_name") == "__slice__"


def mean(turning: Turning) -> Held:
    """Over rows, over columns or over both, which stay as one."""
    turning.wants_channels_last()
    held, axis = turning.image, turning["axis"]
    axes = sorted([axis] if isinstance(axis, int) else axis or [])
    if len(held.shape) != 3 or axes not in ([1], [2], [1, 2]) or not turning["keepdims"]:
        raise Unsaid("it is not over rows or columns that stay as one")
    H, W, _ = held.shape
    window = (H if 1 in axes else 1, W if 2 in axes else 1)
    return held_image(turning.add("avgpool", held.value, fields={"F": window}), held)


def leaky(turning: Turning) -> Held:
    return plain(turning, "leakyrelu", slope=float(turning["negative_slope"]))


def with_alpha(kind: str) -> Callable[[Turning], Held]:
    return lambda turning: plain(turning, kind, alpha=float(turning["alpha"]))


def gelu(turning: Turning) -> Held:
    return plain(turning, "gelu", approx="tanh") if turning["approximate"] else plain(turning, "gelu")


def clipped(turning: Turning) -> Held:
    return plain(turning, "clip", min=float(turning["x_min"]), max=float(turning["x_max"]))


PLAIN = {
    "Absolute": "abs",
    "Exp": "exp",
    "HardSigmoid": "hardsigmoid",
    "HardSilu": "hardswish",
    "Relu": "relu",
    "Relu6": "relu6",
    "Selu": "selu",
    "Sigmoid": "sigmoid",
    "Silu": "silu",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Sqrt": "sqrt",
    "Tanh": "tanh",
}
KINDS: dict[str, Callable[[Turning], Held]] = {
    **{name: activation_of(kind) for name, kind in PLAIN.items()},
    "AveragePool": windows.pooling("avgpool", {"count_padding": False}),
    "Celu": with_alpha("celu"),
    "Clip": clipped,
    "Elu": with_alpha("elu"),
    "Gelu": gelu,
    "GetItem": part,
    "LeakyRelu": leaky,
    "MaxPool": windows.pooling("maxpool"),
    "Mean": mean,
    "Pad": padded,
}
