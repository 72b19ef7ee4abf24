"""Activations: layers of their own, and the functions that other layers end with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....graph.shape import times
from ...faults import Unsaid
from .values import Held, Turning, along

Said = tuple[str, dict[str, Any]]
FUNCTIONS: dict[str, Said] = {
    "celu": ("celu", {}),
    "elu": ("elu", {}),
    "exponential": ("exp", {}),
    "gelu": ("gelu", {}),
    "hard_sigmoid": ("hardsigmoid", {}),
    "hard_silu": ("hardswish", {}),
    "hard_swish": ("hardswish", {}),
    "leaky_relu": ("leakyrelu", {"slope": 0.2}),
    "log_softmax": ("logsoftmax", {}),
    "mish": ("mish", {}),
    "relu": ("relu", {}),
    "relu6": ("relu6", {}),
    "selu": ("selu", {}),
    "sigmoid": ("sigmoid", {}),
    "silu": ("silu", {}),
    "softmax": ("softmax", {}),
    "softplus": ("softplus", {}),
    "softsign": ("softsign", {}),
    "swish": ("silu", {}),
    "tanh": ("tanh", {}),
}
OLD: dict[str, Said] = {"hard_sigmoid": ("hardsigmoid", {"slope": 0.2})}
"""What Keras 2 meant by the same words."""


def activated(turning: Turning, held: Held) -> Held:
    """The function that a layer ends with."""
    said = turning["activation"]
    if said in (None, "linear"):
        return held
    known = FUNCTIONS | OLD if turning.version.startswith(("1.", "2.")) else FUNCTIONS
    if not isinstance(said, str) or said not in known:
        raise Unsaid(f"the activation {said!r:.60} is no function of the language, and code in files is not executed")
    kind, fields = known[said]
    return held._replace(value=turning.add(kind, held.value, fields=fields))


def activation(turning: Turning) -> Held:
    return activated(turning, turning.held)


def relu(turning: Turning) -> Held:
    """min(max_value, x) above the threshold, times the slope below it."""
    most, slope, threshold = (turning[name] for name in ("max_value", "negative_slope", "threshold"))
    if slope and most is None and not threshold:
        return plain(turning, "leakyrelu", slope=float(slope))
    if slope or (threshold and most is not None):
        raise Unsaid("with a slope or a threshold beside a largest value it is no layer")
    if threshold:
        return plain(turning, "thresholdedrelu", alpha=float(threshold))
    if most is None:
        return plain(turning, "relu")
    return plain(turning, "relu6") if most == 6 else plain(turning, "clip", min=0.0, max=float(most))


def leaky(turning: Turning) -> Held:
    slope = turning["negative_slope"] if turning["negative_slope"] is not None else turning["alpha"]
    return plain(turning, "leakyrelu", slope=float(0.3 if slope is None else slope))


def elu(turning: Turning) -> Held:
    return plain(turning, "elu", alpha=float(1.0 if turning["alpha"] is None else turning["alpha"]))


def thresholded(turning: Turning) -> Held:
    return plain(turning, "thresholdedrelu", alpha=float(1.0 if turning["theta"] is None else turning["theta"]))


def prelu(turning: Turning) -> Held:
    """One slope a channel, as Keras has it where rows and columns are shared axes."""
    held = turning.held
    slope = turning.array("alpha", "0")
    channels = 0 if turning.channels_first else -1
    if slope.size != held.shape[-1] or slope.shape[channels] != slope.size:
        raise Unsaid(f"it has {times(slope.shape)} slopes, not one a channel")
    return turning.same_shape(
        turning.add("prelu", held.value, tensors={"weight": along(slope.reshape(-1), held.order)})
    )


def along_axis(kind: str) -> Callable[[Turning], Held]:
    """Over channels, or over the rows or columns of an image."""

    def layer(turning: Turning) -> Held:
        held = turning.held
        axis = turning.axis(len(held.shape))
        if axis in (None, -1, len(held.shape)):
            return plain(turning, kind)
        if len(held.shape) != 3 or axis not in (1, 2):
            raise Unsaid(f"it goes over the axis {turning['axis']!r:.20}, not over channels, rows or columns")
        return plain(turning, kind, axis="HW"[axis - 1])

    return layer


def plain(turning: Turning, kind: str, **fields: Any) -> Held:
    return turning.same_shape(turning.add(kind, turning.held.value, fields=fields))


def activation_of(kind: str) -> Callable[[Turning], Held]:
    """A function of `keras.ops` that is a layer as it is."""
    return lambda turning: plain(turning, kind)


KINDS: dict[str, Callable[[Turning], Held]] = {
    "Activation": activation,
    "ELU": elu,
    "LeakyReLU": leaky,
    "PReLU": prelu,
    "ReLU": relu,
    "LogSoftmax": along_axis("logsoftmax"),
    "Softmax": along_axis("softmax"),
    "ThresholdedReLU": thresholded,
}
