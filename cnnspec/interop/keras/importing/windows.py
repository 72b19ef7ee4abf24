"""Layers with windows: convolutions, pooling, padding. A signal is an image of one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ....graph.window import same_upper
from ...faults import Unsaid
from ...window_fields import NodeWindow
from .activations import activated
from .values import Array, Held, Turning, held_image, rows_columns

Layer = Callable[[Turning], Held]


def conv(turning: Turning) -> Held:
    """Kernels FH x FW x C/G x K become K x C/G x FH x FW."""
    kernel = flat_kernel(turning.array("kernel", "0")).transpose(3, 2, 0, 1)
    return _convolved(turning, turning.image, kernel, turning["groups"] or 1)


def depthwise(turning: Turning) -> Held:
    """Kernels FH x FW x C x M become C*M x 1 x FH x FW."""
    kernel = depthwise_kernel(turning.array("depthwise_kernel", "kernel", "0"))
    return _convolved(turning, turning.image, kernel, turning.image.shape[-1])


def separable(turning: Turning) -> Held:
    """A convolution of each channel, and one of single cells."""
    held = turning.image
    kernel = depthwise_kernel(turning.array("depthwise_kernel", "0"))
    fields = {"K": len(kernel), **_window(turning, held, kernel.shape[2:]), "G": held.shape[-1], "bias": False}
    deep = turning.add("conv", held.value, fields=fields, part="depthwise", tensors={"weight": kernel})
    mixed = flat_kernel(turning.array("pointwise_kernel", "1")).transpose(3, 2, 0, 1)
    bias = _bias(turning, "2")
    fields = {"F": 1, "K": len(mixed)} | ({} if bias else {"bias": False})
    made = turning.add("conv", deep, fields=fields, part="pointwise", tensors={"weight": mixed, **bias})
    return activated(turning, held_image(made, held))


def transposed(turning: Turning) -> Held:
    """Kernels FH x FW x K x C become C x K x FH x FW. The output has H*S rows, or as many more as the window is
    larger than its step."""
    held = turning.image
    turning.only(output_padding=None, groups=1)
    kernel = flat_kernel(turning.array("kernel", "0")).transpose(3, 2, 0, 1)
    F, S, D = kernel.shape[2:], _pair(turning["strides"]), _pair(turning["dilation_rate"])
    if D != (1, 1):
        raise Unsaid("with a dilation it is no layer")
    window = NodeWindow(rows_columns(held), F, S, D, (0, 0, 0, 0), False)
    fields: dict[str, Any] = {"K": kernel.shape[1], **window.letters()}
    extra = tuple(max(0, s - f) for f, s in zip(F, S, strict=True))
    if turning["padding"] == "same":
        fields["P"] = "same-upper"
    elif any(extra):
        fields["extra"] = extra
    bias = _bias(turning, "1")
    fields |= {} if bias else {"bias": False}
    return activated(
        turning, held_image(turning.add("deconv", held.value, fields=fields, tensors={"weight": kernel, **bias}), held)
    )


def pooling(kind: str, padded: Mapping[str, Any] | None = None) -> Layer:
    """`padded` are the fields of a window with padding that is written out."""

    def layer(turning: Turning) -> Held:
        held = turning.image
        F = _pair(turning["pool_size"], len(held.shape) == 2)
        fields = _window(turning, held, F, turning["strides"] or turning["pool_size"])
        S = fields.pop("S", (1, 1))
        fields |= {"S": S} if S != F else {}
        if padded and fields.get("P", "same-upper") != "same-upper":
            fields |= padded
        return held_image(turning.add(kind, held.value, fields=fields), held)

    return layer


def over_all(kind: str) -> Layer:
    def layer(turning: Turning) -> Held:
        held = turning.image
        made = turning.add(kind, held.value)
        C = held.shape[-1]
        return Held(made, (*(1 for _ in held.shape[1:]), C) if turning["keepdims"] else (C,))

    return layer


def zero_padded(turning: Turning) -> Held:
    """Rows and columns of zeros, which become the padding of convolutions where only these read them."""
    held, (top, bottom, left, right) = turning.image, _sides(turning, "padding")
    return bordered(held, top, left, bottom, right) if turning.is_border else _edged(turning, "pad", "padding")


def cropped(turning: Turning) -> Held:
    return _edged(turning, "crop", "cropping")


def _edged(turning: Turning, kind: str, field: str) -> Held:
    held, sides = turning.image, _sides(turning, field)
    said = zip(("top", "bottom", "left", "right"), sides, strict=True)
    fields = {side: cells for side, cells in said if cells}
    return held_image(turning.add(kind, held.value, fields=fields), held) if fields else held


def _sides(turning: Turning, field: str) -> tuple[int, int, int, int]:
    """Amounts that are a number, one for rows and columns, or one for each side."""
    given = turning[field]
    sides = [given, given] if isinstance(given, int) else given
    if len(turning.image.shape) == 2:
        sides = [0, (given, given) if isinstance(given, int) else given]
    (top, bottom), (left, right) = ((side, side) if isinstance(side, int) else side for side in sides)
    return top, bottom, left, right


def bordered(held: Held, top: int, left: int, bottom: int, right: int) -> Held:
    """An image with zeros around it."""
    *rows, columns, C = held.shape
    shape = (*(size + top + bottom for size in rows), columns + left + right, C)
    return held._replace(shape=shape, zeros=(top, left, bottom, right))


def upsampled(turning: Turning) -> Held:
    held = turning.image
    factor = _pair(turning["size"], len(held.shape) == 2)
    mode = turning["interpolation"] or "nearest"
    if mode not in ("nearest", "bilinear"):
        raise Unsaid(f"with the interpolation {mode!r:.40} it is no layer")
    fields = {"factor": factor} | ({"mode": mode} if mode != "nearest" else {})
    return held_image(turning.add("upsample", held.value, fields=fields), held)


def _convolved(turning: Turning, held: Held, kernel: Array, G: int) -> Held:
    bias = _bias(turning, "1")
    fields: dict[str, Any] = {"K": len(kernel), **_window(turning, held, kernel.shape[2:])}
    fields |= ({"G": G} if G != 1 else {}) | ({} if bias else {"bias": False})
    made = turning.add("conv", held.value, fields=fields, tensors={"weight": kernel, **bias})
    return activated(turning, held_image(made, held))


def _window(turning: Turning, held: Held, F: tuple[int, ...], strides: Any = None) -> dict[str, Any]:
    """F, S, D, P and rounding."""
    is_signal = len(held.shape) == 2
    S = _pair(strides or turning["strides"], is_signal)
    D = _pair(turning["dilation_rate"] or 1, is_signal)
    size = rows_columns(held)
    pads = held.margin if any(held.margin) else held.zeros
    if turning["padding"] == "same":
        if any(pads):
            raise Unsaid("it has padding beside that which is written out")
        (top, bottom), (left, right) = (same_upper(*axis) for axis in zip(size, F, S, D, strict=True))
        pads = (top, left, bottom, right)
    elif turning["padding"] not in ("valid", None):
        raise Unsaid(f"with the padding {turning['padding']!r:.40} it is no layer")
    window = NodeWindow(size, F, S, D, pads, False)
    padding = window.padding(upper=True, is_same=turning["padding"] == "same")
    return {**window.letters(), **padding, **window.rounding()}


def _bias(turning: Turning, number: str) -> dict[str, Array]:
    return {"bias": turning.array("bias", number)} if turning["use_bias"] is not False else {}


def flat_kernel(kernel: Array) -> Array:
    """A kernel over images; one over signals has one row."""
    if kernel.ndim not in (3, 4):
        raise Unsaid(f"its kernel has {kernel.ndim} axes")
    return kernel if kernel.ndim == 4 else kernel[np.newaxis]


def depthwise_kernel(kernel: Array) -> Array:
    kernel = flat_kernel(kernel)
    FH, FW, C, M = kernel.shape
    return kernel.transpose(2, 3, 0, 1).reshape(C * M, 1, FH, FW)


def _pair(given: Any, is_signal: bool = False) -> tuple[int, int]:
    """Rows and columns: two numbers, or one for both; of a signal the columns alone."""
    numbers = [given] if isinstance(given, int) else list(given)
    if not all(type(number) is int and number > 0 for number in numbers) or len(numbers) not in (1, 2):
        raise Unsaid(f"{given!r:.60} is no size of a window")
    if is_signal:
        return 1, numbers[-1]
    return numbers[0], numbers[-1]


UNPADDED = frozenset({"Conv1D", "Conv2D", "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D"})
"""Convolutions that may have zeros around their image as their padding."""
KINDS: dict[str, Layer] = {
    "Conv2D": conv,
    "Conv1D": conv,
    "DepthwiseConv2D": depthwise,
    "DepthwiseConv1D": depthwise,
    "SeparableConv2D": separable,
    "SeparableConv1D": separable,
    "Conv2DTranspose": transposed,
    "MaxPooling2D": pooling("maxpool"),
    "MaxPooling1D": pooling("maxpool"),
    "AveragePooling2D": pooling("avgpool", {"count_padding": False}),
    "AveragePooling1D": pooling("avgpool", {"count_padding": False}),
    "GlobalAveragePooling2D": over_all("globalavgpool"),
    "GlobalAveragePooling1D": over_all("globalavgpool"),
    "GlobalMaxPooling2D": over_all("globalmaxpool"),
    "GlobalMaxPooling1D": over_all("globalmaxpool"),
    "ZeroPadding2D": zero_padded,
    "ZeroPadding1D": zero_padded,
    "Cropping2D": cropped,
    "Cropping1D": cropped,
    "UpSampling2D": upsampled,
    "UpSampling1D": upsampled,
}
