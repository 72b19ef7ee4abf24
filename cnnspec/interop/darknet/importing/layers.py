"""Each kind of section in the words of the language: a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ....graph.builder import Value
from ....graph.shape import is_image, times
from ....graph.window import SlidingWindow
from ...draft import Draft
from ...faults import Unsaid
from ...window_fields import NodeWindow
from .cfg import Section
from .numbers import Numbers

EPS = 1e-6
"""What Darknet adds to a deviation."""
ACTIVATIONS: dict[str, tuple[str, dict[str, Any]] | None] = {
    "linear": None,
    "elu": ("elu", {}),
    "gelu": ("gelu", {"approx": "tanh"}),
    "leaky": ("leakyrelu", {"slope": 0.1}),
    "logistic": ("sigmoid", {}),
    "mish": ("mish", {}),
    "relu": ("relu", {}),
    "relu6": ("relu6", {}),
    "selu": ("selu", {}),
    "swish": ("silu", {}),
    "tanh": ("tanh", {}),
}


@dataclass(slots=True)
class Reading:
    """A section on its way into the language: what stands before it, what all others have made, its numbers."""

    section: Section
    before: Value
    made: list[Value]
    draft: Draft
    numbers: Numbers | None

    @property
    def what(self) -> str:
        return f"`[{self.section.kind}]`, layer {len(self.made)}"

    def take(self, key: str, *shape: int) -> Any:
        return None if self.numbers is None else self.numbers.take(f"{key} of {self.what}", *shape)

    def add(
        self,
        kind: str,
        *inputs: Value,
        fields: Mapping[str, Any] | None = None,
        tensors: Mapping[str, Any] | None = None,
    ) -> Value:
        return self.draft.add(kind, inputs or [self.before], fields, tensors)

    def image(self) -> tuple[int, int, int]:
        if not is_image(self.before.shape):
            raise Unsaid(f"a vector of {times(self.before.shape)} arrives, no image")
        C, H, W = self.before.shape
        return C, H, W

    def others(self, field: str) -> list[Value]:
        """The layers that a field names: from the first on, or backwards from this one."""
        places = self.section.numbers(field)
        here = len(self.made)
        found = [place + here if place < 0 else place for place in places]
        if not found or any(not 0 <= place < here for place in found):
            text, line = self.section.fields.get(field, ("", self.section.line))
            raise self.section.fault(f"`{field}={text[:60]}` of {self.what} names no layer before it", line)
        return [self.made[place] for place in found]

    def activated(self, value: Value, usual: str) -> Value:
        name = self.section.word("activation", usual)
        if name not in ACTIVATIONS:
            raise Unsaid(f"the activation `{name[:40]}` is none of the language")
        said = ACTIVATIONS[name]
        return value if said is None else self.add(said[0], value, fields=said[1])

    def normed(self, value: Value, bias: Any, *numbers: Any) -> Value:
        """A batch norm, whose bias is the layer's."""
        keys = ("weight", "running_mean", "running_var")
        tensors = {"bias": bias} | dict(zip(keys, numbers, strict=True))
        return self.add("batchnorm", value, fields={"eps": EPS}, tensors=tensors)


def convolutional(reading: Reading) -> Value:
    """Numbers: biases, then scales, means and variances of a batch norm, then filters."""
    said, (C, H, W) = reading.section, reading.image()
    K, F = said.number("filters", 1, 1), said.number("size", 1, 1)
    S, G, D = said.number("stride", 1, 1), said.number("groups", 1, 1), said.number("dilation", 1, 1)
    steps = said.number("stride_y", S, 1), said.number("stride_x", S, 1)
    if any(said.number(name, 0) for name in ("binary", "xnor", "deform", "antialiasing")):
        raise Unsaid("binary, deformed and smoothed convolutions are none of the language")
    P = D * (F // 2 if said.number("pad", 0) else said.number("padding", 0))
    has_norm = bool(said.number("batch_normalize", 0))
    bias = reading.take("biases", K)
    norm = [reading.take(key, K) for key in ("scales", "means", "variances")] if has_norm else []
    weight = reading.take("filters", K, C // G, F, F)
    window = NodeWindow((H, W), (F, F), steps, (D, D), (P, P, P, P), False)
    fields = {"K": K, **window.letters(), **window.padding(), **window.rounding()} | ({"G": G} if G != 1 else {})
    if not has_norm:
        made = reading.add("conv", fields=fields, tensors={"weight": weight, "bias": bias})
    else:
        made = reading.normed(
            reading.add("conv", fields={**fields, "bias": False}, tensors={"weight": weight}), bias, *norm
        )
    return reading.activated(made, "logistic")


def maxpool(reading: Reading) -> Value:
    """All padding together is `padding`, F - 1 by default; the smaller half stands before."""
    said, (_, H, W) = reading.section, reading.image()
    S = said.number("stride", 1, 1)
    steps = said.number("stride_y", S, 1), said.number("stride_x", S, 1)
    F = said.number("size", S, 1)
    total = said.number("padding", F - 1)
    if said.number("maxpool_depth", 0) or said.number("antialiasing", 0):
        raise Unsaid("a maximum over channels and a smoothed one are none of the language")
    befores, afters = [], []
    for size, step in zip((H, W), steps, strict=True):
        outputs = SlidingWindow(size, F, step, before=total).outputs
        befores.append(total // 2)
        afters.append(max(0, (outputs - 1) * step + F - size - total // 2))
    window = NodeWindow((H, W), (F, F), steps, (1, 1), (*befores, *afters), False)
    stride = {} if steps == (F, F) else {"S": steps}
    return reading.add("maxpool", fields={"F": F, **stride, **window.padding(upper=True), **window.rounding()})


def avgpool(reading: Reading) -> Value:
    return reading.add("globalavgpool")


def connected(reading: Reading) -> Value:
    """Numbers: biases, weights, then scales, means and variances of a batch norm."""
    K, has_norm = reading.section.number("output", 1, 1), bool(reading.section.number("batch_normalize", 0))
    flat = reading.add("flatten") if is_image(reading.before.shape) else reading.before
    (C,) = flat.shape
    bias = reading.take("biases", K)
    is_turned = reading.numbers is not None and reading.numbers.is_turned
    weight = reading.take("weights", C, K).T if is_turned else reading.take("weights", K, C)
    norm = [reading.take(key, K) for key in ("scales", "means", "variances")] if has_norm else []
    if not has_norm:
        made = reading.add("dense", flat, fields={"K": K}, tensors={"weight": weight, "bias": bias})
    else:
        dense = reading.add("dense", flat, fields={"K": K, "bias": False}, tensors={"weight": weight})
        made = reading.normed(dense, bias, *norm)
    return reading.activated(made, "logistic")


def batchnorm(reading: Reading) -> Value:
    C = reading.before.shape[0]
    bias, *norm = (reading.take(key, C) for key in ("biases", "scales", "means", "variances"))
    return reading.normed(reading.before, bias, *norm)


def route(reading: Reading) -> Value:
    """Other layers behind each other, or one of equal parts of their channels."""
    parts, part = reading.section.number("groups", 1, 1), reading.section.number("group_id", 0)
    found = []
    for value in reading.others("layers"):
        C = value.shape[0]
        if part >= parts or C % parts:
            raise reading.section.fault(f"{reading.what} wants part {part} of {parts} of {C} channels")
        size = C // parts
        bounds = {"from": part * size, "to": (part + 1) * size}
        found.append(reading.add("slice", value, fields=bounds) if parts > 1 else value)
    return found[0] if len(found) == 1 else reading.add("concat", *found)


def shortcut(reading: Reading) -> Value:
    if reading.section.word("weights_type", "none") != "none":
        raise Unsaid("a sum whose parts have learned weights is none of the language")
    others = reading.others("from")
    return reading.activated(reading.add("add", reading.before, *others), "linear")


def gated(reading: Reading) -> Value:
    """Another layer times this one, value by value or channel by channel."""
    (other,) = reading.others("from")[:1]
    return reading.activated(reading.add("mul", other, reading.before), "linear")


def upsample(reading: Reading) -> Value:
    if reading.section.real("scale", 1.0) != 1:
        raise Unsaid("with a `scale` it is none of the language")
    return reading.add("upsample", fields={"factor": reading.section.number("stride", 2, 1)})


def dropout(reading: Reading) -> Value:
    return reading.add("dropout", fields={"p": reading.section.real("probability", 0.5)})


def softmax(reading: Reading) -> Value:
    if reading.section.number("groups", 1) != 1 or reading.section.real("temperature", 1.0) != 1:
        raise Unsaid("with groups or a temperature it is none of the language")
    return reading.add("softmax", reading.add("flatten") if is_image(reading.before.shape) else reading.before)


def reorg(reading: Reading) -> Value:
    """Darknet reads the image as one of fewer, larger channels, takes squares of cells apart, and reads what it has as
    one of more, smaller channels."""
    C, H, W = reading.image()
    S = reading.section.number("stride", 1, 1)
    if any(reading.section.number(name, 0) for name in ("reverse", "flatten", "extra")):
        raise Unsaid("backwards, flat or with more cells it is none of the language")
    if C % (S * S) or H % S or W % S:
        raise Unsaid(f"{times((C, H, W))} does not divide by {S}")
    large = reading.add("reshape", fields={"C": C // (S * S), "H": H * S, "W": W * S})
    apart = reading.add("pixelunshuffle", large, fields={"factor": S})
    ordered = reading.add("channelshuffle", apart, fields={"G": C // (S * S)}) if C > S * S else apart
    return reading.add("reshape", ordered, fields={"C": C * S * S, "H": H // S, "W": W // S})


KINDS: dict[str, Callable[[Reading], Value]] = {
    "avgpool": avgpool,
    "batchnorm": batchnorm,
    "connected": connected,
    "conv": convolutional,
    "convolutional": convolutional,
    "dropout": dropout,
    "max": maxpool,
    "maxpool": maxpool,
    "reorg": reorg,
    "route": route,
    "sam": gated,
    "scale_channels": gated,
    "shortcut": shortcut,
    "soft": softmax,
    "softmax": softmax,
    "upsample": upsample,
}
HEADS = ("yolo", "region", "detection", "Gaussian_yolo")
"""What makes boxes of an output: the language ends before it."""
NOTHING = ("cost", "empty", "silence")
