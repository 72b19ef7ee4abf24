"""What the name of a stored tensor tells: the layer that it belongs to, and so that it is learned there.

What programs store beside that (`/1/Constant_output_0`, `onnx::Conv_193`, `norm/constant_1`) has no such name.
"""

from __future__ import annotations

import re

from .static import StaticModel

WITHIN = re.compile(r"(.*)[._/](weight|bias|running_mean|running_var|kernel|gamma|beta|scale|B|W|w|b|w_0|b_0)(:0)?")
"""A tensor's name: its layer, and what it is there."""
ALONE = frozenset({"weight", "bias", "running_mean", "running_var"})
"""What those of a model that is one layer are called."""


def layer_of(name: str) -> str:
    """The layer that a stored tensor is called by; nothing where its name says none."""
    match = WITHIN.fullmatch(name)
    return match[1] if match else ""


def is_parameter(name: str, model: StaticModel) -> bool:
    """Whether a constant is, or was made of, a tensor that is called by its layer: that it is there does not hang on
    its values, which may be those before any training."""
    called = model.origins.get(name, name)
    return called in ALONE or bool(layer_of(called))


def are_none(model: StaticModel, weight: str, bias: str) -> bool:
    """Whether stored values stand for no weight and no bias of a norm, whose operator in ONNX wants them: 1 and 0
    throughout, and no layer's own."""
    is_plain = bool((model.constants[weight] == 1).all()) and not model.constants[bias].any()
    return is_plain and not (is_parameter(weight, model) or is_parameter(bias, model))
