"""Each class of Keras in the words of the language: a table. What is not in it is refused, and never executed."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ....graph.shape import is_image, times
from ...faults import Unsaid
from . import activations, operations, windows
from .activations import activated
from .topology import FIRST
from .values import Array, Held, Turning, along, held_image, last, unrolled_order

Layer = Callable[[Turning], Held]


def dense(turning: Turning) -> Held:
    """Kernels C x K become K x C; over an image they are a convolution of single cells."""
    held = turning.held
    kernel = turning.array("kernel", "0")
    bias = {"bias": turning.array("bias", "1")} if turning["use_bias"] is not False else {}
    fields: dict[str, Any] = {"K": kernel.shape[-1]} | ({} if bias else {"bias": False})
    if kernel.ndim != 2 or kernel.shape[0] != held.shape[-1]:
        raise Unsaid(f"its kernel has the shape {times(kernel.shape)}, {times(held.shape)} arrives")
    if len(held.shape) > 1:
        turning.wants_channels_last()
        weight = kernel.T[:, :, np.newaxis, np.newaxis]
        made = turning.add("conv", held.value, fields={"F": 1, **fields}, tensors={"weight": weight, **bias})
        return activated(turning, held_image(made, held))
    weight = (kernel if held.order is None else kernel[held.order]).T
    made = turning.add("dense", turning.vector(held), fields=fields, tensors={"weight": weight, **bias})
    return activated(turning, Held(made, made.shape))


def batchnorm(turning: Turning) -> Held:
    held = turning.held
    _over_channels(turning, held)
    center, scaled = (turning[name] is not False for name in ("center", "scale"))
    numbers = iter(map(str, range(4)))
    gamma = turning.array("gamma", next(numbers)) if scaled else None
    beta = turning.array("beta", next(numbers)) if center else None
    mean, variance = turning.array("moving_mean", next(numbers)), turning.array("moving_variance", next(numbers))
    learned = {
        "weight": np.ones_like(mean) if gamma is None else gamma,
        "bias": np.zeros_like(mean) if beta is None else beta,
    }
    tensors = (learned if center or scaled else {}) | {"running_mean": mean, "running_var": variance}
    eps, momentum = _number(turning, "epsilon", 1e-3), _number(turning, "momentum", 0.99)
    fields = {"eps": eps, "momentum": round(1 - momentum, 12), "affine": center or scaled}
    turned = {key: along(array, held.order) for key, array in tensors.items()}
    value = held.value if is_image(held.value.shape) else turning.vector(held)
    return turning.same_shape(turning.add("batchnorm", value, fields=_unusual(fields, "batchnorm"), tensors=turned))


def layernorm(turning: Turning) -> Held:
    held = turning.held
    _over_channels(turning, held)
    turning.only(rms_scaling=False)
    if held.order is not None:
        raise Unsaid("it stands behind an image that is unrolled")
    return _normalized(turning, "layernorm", {})


def groupnorm(turning: Turning) -> Held:
    _over_channels(turning, turning.held)
    groups = turning["groups"]
    return _normalized(turning, "groupnorm", {"G": turning.image.shape[-1] if groups == -1 else groups})


def _normalized(turning: Turning, kind: str, fields: dict[str, Any]) -> Held:
    held = turning.held
    scaled, center = (turning[name] is not False for name in ("scale", "center"))
    numbers = iter(("0", "1"))
    gamma = turning.array("gamma", next(numbers)) if scaled else None
    beta = turning.array("beta", next(numbers)) if center else None
    fields |= _unusual({"eps": _number(turning, "epsilon", 1e-3)}, kind)
    if gamma is None and beta is None:
        return turning.same_shape(turning.add(kind, held.value, fields={**fields, "affine": False}))
    C = held.shape[-1]
    weight, bias = (np.ones(C, "f4") if gamma is None else gamma), (np.zeros(C, "f4") if beta is None else beta)
    return turning.same_shape(turning.add(kind, held.value, fields=fields, tensors={"weight": weight, "bias": bias}))


def rescaling_line(turning: Turning) -> tuple[Array, Array]:
    """x * scale + offset: one number for all, or one a channel."""
    scale, offset = (np.asarray(turning[name] or 0, np.float64) for name in ("scale", "offset"))
    return scale, offset


def normalization_line(turning: Turning) -> tuple[Array, Array]:
    """(x - mean) / sqrt(variance), with the numbers that it has learned or was given."""
    turning.only(invert=False)
    _over_channels(turning, turning.held)
    given = [turning["mean"], turning["variance"]]
    mean, variance = (
        np.asarray(said, np.float64) if said is not None else turning.array(name, number).astype(np.float64)
        for said, name, number in zip(given, ("mean", "variance"), "01", strict=True)
    )
    factor = 1 / np.maximum(np.sqrt(variance), 1e-7)
    return factor, -mean * factor


def affine(line: Callable[[Turning], tuple[Array, Array]]) -> Layer:
    return lambda turning: _affine(turning, turning.held, *line(turning))


def _affine(turning: Turning, held: Held, factor: Array, offset: Array) -> Held:
    C = held.shape[-1]
    if any(array.size not in (1, C) for array in (factor, offset)):
        raise Unsaid(f"it has {max(factor.size, offset.size)} numbers for {C} channels")
    weight, bias = (along(np.broadcast_to(array.reshape(-1), (C,)), held.order) for array in (factor, offset))
    if not bias.any():
        return turning.same_shape(turning.add("scale", held.value, tensors={"weight": weight}))
    return turning.same_shape(
        turning.add("scale", held.value, fields={"bias": True}, tensors={"weight": weight, "bias": bias})
    )


def left_out(turning: Turning) -> Held:
    """What does nothing when a network runs."""
    return turning.held


def dropout(turning: Turning) -> Held:
    p = _number(turning, "rate", 0.5)
    return turning.same_shape(turning.add("dropout", turning.held.value, fields={"p": p} if p != 0.5 else {}))


def flatten(turning: Turning) -> Held:
    held = turning.held
    if len(held.shape) == 1:
        return held
    C, H, W = held.value.shape
    if turning.channels_first and turning["data_format"] != FIRST:  # as it lies there: C, H, W
        return Held(turning.add("flatten", held.value), (prod(held.shape),))
    order = unrolled_order(C, H, W)
    if order is None or turning.is_unrolled:
        return Held(turning.add("flatten", held.value), (prod(held.shape),), order)
    channels_last = turning.add("permute", held.value, fields={"order": ("H", "W", "C")})
    return Held(turning.add("flatten", channels_last), (prod(held.shape),))


def reshape(turning: Turning) -> Held:
    held = turning.held
    target = list(turning["target_shape"])
    if target.count(-1) == 1:
        target[target.index(-1)] = prod(held.shape) // max(1, prod(size for size in target if size != -1))
    shape = (*target[1:], target[0]) if turning.channels_first else tuple(target)
    if prod(shape) != prod(held.shape) or not 1 <= len(shape) <= 3 or min(shape) < 1:
        raise Unsaid(f"{times(held.shape)} does not become {times(shape)}")
    if [size for size in shape if size != 1] == [size for size in held.shape if size != 1] and (
        shape[-1] == held.shape[-1] == prod(shape)
    ):
        return Held(turning.pixel(held), shape, held.order)
    turning.wants_channels_last()
    if len(shape) == 1:
        return flatten(turning)
    if held.order is not None:
        raise Unsaid("it stands behind an image that is unrolled in another order")
    flat = held.value if len(held.shape) == 1 else turning.add("permute", held.value, fields={"order": ("H", "W", "C")})
    H, W, C = (1, *shape) if len(shape) == 2 else shape
    rows = turning.add("reshape", flat, fields={"C": H, "H": W, "W": C})
    return Held(turning.add("permute", rows, fields={"order": ("W", "C", "H")}), shape)


def permute(turning: Turning) -> Held:
    """Axes in another order, counted from 1 as Keras has them: H, W, C, or of a signal T, C."""
    held, dims = turning.image, turning["dims"]
    rank = len(held.shape)
    if sorted(dims) != list(range(1, rank + 1)):
        raise Unsaid(f"the order {dims!r:.40} is not of {rank} axes")
    if turning.channels_first:
        dims = [last(number, rank) for number in (*dims[1:], dims[0])]
    axes = (*"HWC",)[-rank:]
    *others, channels = (axes[number - 1] for number in dims)
    rows, columns = ("H", *others)[-2:]
    return held_image(turning.add("permute", held.value, fields={"order": (channels, rows, columns)}), held)


def repeated(turning: Turning) -> Held:
    """A vector n times, as a signal: an image of one cell whose columns are made more."""
    held, n = turning.held, turning["n"]
    if len(held.shape) != 1 or type(n) is not int or n < 1:
        raise Unsaid(f"{times(held.shape)} arrives, to be repeated {n!r:.20} times")
    turning.wants_channels_last()
    if held.order is not None:
        raise Unsaid("it stands behind an image that is unrolled in another order")
    made = turning.pixel(held)
    made = turning.add("upsample", made, fields={"factor": (1, n)}) if n > 1 else made
    return Held(made, (n, *held.shape))


def joined(kind: str) -> Layer:
    """Branches value by value; a value for each channel weighs an image in a product."""

    def layer(turning: Turning) -> Held:
        held = [each for each in turning.inputs if isinstance(each, Held)]
        numbers = [each for each in turning.inputs if not isinstance(each, Held)]
        if numbers:
            return _with_number(turning, kind, held, numbers)
        if len(held) == 1:
            return held[0]
        largest = max(held, key=lambda each: prod(each.shape))
        orders = {None if each.order is None else each.order.tobytes() for each in held}
        if len(orders) > 1:
            raise Unsaid("its branches are images that are unrolled in different orders")
        if len({len(each.shape) for each in held}) > 1:
            raise Unsaid(f"its branches are {' and '.join(times(each.shape) for each in held)}")
        vectors = len(largest.shape) == 1
        values = [turning.vector(each) if vectors else each.value for each in held]
        return largest._replace(value=turning.add(kind, *values))

    return layer


def _with_number(turning: Turning, kind: str, held: list[Held], numbers: list[Any]) -> Held:
    """One image and one number, as `keras.ops` has them."""
    line = LINES.get((kind, isinstance(turning.inputs[0], Held)))
    if len(held) != 1 or len(numbers) != 1 or line is None or not numbers[0]:
        raise Unsaid(f"it takes {len(held)} values and the numbers {numbers!r:.40}")
    factor, offset = line(float(numbers[0]))
    C = held[0].shape[-1]
    fields = {"bias": True} if offset else {}
    tensors = {"weight": np.full(C, factor, "f4")} | ({"bias": np.full(C, offset, "f4")} if offset else {})
    return held[0]._replace(value=turning.add("scale", held[0].value, fields=fields, tensors=tensors))


LINES: dict[tuple[str, bool], Callable[[float], tuple[float, float]]] = {
    ("add", True): lambda number: (1.0, number),
    ("add", False): lambda number: (1.0, number),
    ("sub", True): lambda number: (1.0, -number),
    ("sub", False): lambda number: (-1.0, number),
    ("mul", True): lambda number: (number, 0.0),
    ("mul", False): lambda number: (number, 0.0),
    ("div", True): lambda number: (1 / number, 0.0),
}
"""What a join with a number is, factor and summand; whether the number stands behind."""


def concatenated(turning: Turning) -> Held:
    held = [each for each in turning.inputs if isinstance(each, Held)]
    rank = len(held[0].shape)
    said = turning.axis(rank)
    axis = -1 if said is None else said
    axis = axis - 1 if axis > 0 else axis + rank
    if len(held) == 1:
        return held[0]
    if rank == 1:
        starts = np.cumsum([0, *(each.shape[0] for each in held)])
        pieces = [
            start + (np.arange(each.shape[0]) if each.order is None else each.order)
            for start, each in zip(starts, held, strict=False)
        ]
        is_turned = any(each.order is not None for each in held)
        made = turning.add("concat", *(turning.vector(each) for each in held))
        return Held(made, made.shape, np.concatenate(pieces) if is_turned else None)
    letter = ("W", "C")[axis] if rank == 2 else ("H", "W", "C")[axis]
    return held_image(turning.add("concat", *(each.value for each in held), fields={"axis": letter}), held[0])


def _over_channels(turning: Turning, held: Held) -> None:
    rank = len(held.shape)
    if turning.axis(rank) not in (None, -1, [-1], rank, [rank]):
        raise Unsaid(f"it goes over the axis {turning['axis']!r:.20}, not over channels")


def _number(turning: Turning, field: str, usual: float) -> float:
    said = turning[field]
    if said is None:
        return usual
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise Unsaid(f"its `{field}` is {said!r:.40}")
    return float(said)


def _unusual(fields: dict[str, Any], kind: str) -> dict[str, Any]:
    """The fields that are not what the layer has by itself."""
    from ....layers import find

    usual = find(kind).model_fields
    return {name: value for name, value in fields.items() if usual[name].default != value}


LINES_OF_CHANNELS = {"Normalization": normalization_line, "Rescaling": rescaling_line}
"""Layers that are a factor and a summand, one for all or one a channel."""
NOTHING = (
    "ActivityRegularization", "AlphaDropout", "GaussianDropout", "GaussianNoise", "Identity", "RandomBrightness",
    "RandomContrast", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom",
    "SpatialDropout1D", "SpatialDropout2D",
)  # fmt: skip
KINDS: dict[str, Layer] = {
    **windows.KINDS,
    **activations.KINDS,
    **operations.KINDS,
    **dict.fromkeys(NOTHING, left_out),
    "Add": joined("add"),
    "Average": joined("mean"),
    "BatchNormalization": batchnorm,
    "BatchNormalizationV1": batchnorm,
    "Concatenate": concatenated,
    "Dense": dense,
    "Divide": joined("div"),
    "Dropout": dropout,
    "Flatten": flatten,
    "GroupNormalization": groupnorm,
    "LayerNormalization": layernorm,
    "Maximum": joined("max"),
    "Minimum": joined("min"),
    "Multiply": joined("mul"),
    "Normalization": affine(normalization_line),
    "Permute": permute,
    "Rescaling": affine(rescaling_line),
    "RepeatVector": repeated,
    "Reshape": reshape,
    "Subtract": joined("sub"),
    "TrueDivide": joined("div"),
}
TURNABLE = {"Dense", "Activation", "ReLU", "LeakyReLU", "ELU", "Concatenate", "Dropout", "BatchNormalization", *NOTHING}
"""What can read an unrolled image in another order, as its weights are turned or as it reads each value by itself."""
PASSES = TURNABLE - {"Dense"}
"""Of these, what gives the values on in the order in which they arrive."""
