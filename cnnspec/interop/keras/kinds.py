"""How each layer kind is said in Keras: one table. Kinds that are not in it are E419."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...graph.graph import Step
from ..code.calls import identity, infix, mean, nested, plain, with_fields
from ..code.functions import Rule, Written
from ..code.layout import Call, call
from ..code.place import Of, Place, channels, field, single
from ..code.windows import cut, painted_beyond, reached_sides, window_sides

CHW = {"C": -1, "H": 1, "W": 2}


def options(at: Place, **of: tuple[object, Of]) -> dict[str, str]:
    return {key: value for name, how in of.items() for key, value in at.option(name, *how).items()}


EPS = (1e-5, field("eps"))
BIAS = (True, field("bias"))


def conv(at: Place, name: str) -> Written:
    K, F = at.value("K", field("K")), at.value("F", field("F", single))
    stride, dilation = (1, field("S", single)), (1, field("D", single))
    given = options(at, S=stride, P=(0, window_sides), D=dilation, G=(1, field("G")), bias=BIAS)
    return lambda x: call("conv", *x, K, F, name, **given)


def deconv(at: Place, name: str) -> Written:
    K, F = at.value("K", field("K")), at.value("F", field("F", single))
    given = options(at, S=(1, field("S", single)), cut=(0, painted_beyond), bias=BIAS)
    return lambda x: call("deconv", *x, K, F, name, **given)


def dense(at: Place, name: str) -> Written:
    K, given = at.value("K", field("K")), options(at, bias=BIAS)
    return lambda x: call("dense", *x, K, name, **given)


def batchnorm(at: Place, name: str) -> Written:
    given = options(at, eps=EPS, momentum=(0.1, field("momentum")), affine=(True, field("affine")))
    return lambda x: call("batchnorm", *x, name, **given)


def layernorm(at: Place, name: str) -> Written:
    function = "layernorm_all" if at.layer.over == "all" and at.is_image else "layernorm"
    given = options(at, eps=EPS)
    return lambda x: call(function, *x, name, **given)


def groupnorm(at: Place, name: str) -> Written:
    G, given = at.value("G", field("G")), options(at, eps=EPS)
    return lambda x: call("groupnorm", *x, name, G, **given)


def instancenorm(at: Place, name: str) -> Written:
    C, given = at.value("C", channels), options(at, eps=EPS)
    return lambda x: call("groupnorm", *x, name, C, **given)


def named(function: str) -> Rule:
    return lambda at, name: lambda x: call(function, *x, name)


def pool(function: str) -> Rule:
    def rule(at: Place, name: str) -> Written:
        F, S = at.value("F", field("F", single)), at.value("S", field("stride", single))
        given = options(at, P=(0, reached_sides))
        return lambda x: call(function, *x, F, S, **given)

    return rule


def flatten(at: Place, name: str) -> Written:
    return plain("flatten")(at, name) if at.is_image else identity(at, name)


def adaptive(at: Place, name: str) -> Written:
    out = at.value("out", field("out", single))
    return lambda x: call("adaptiveavgpool", *x, out)


def concat(at: Place, name: str) -> Written:
    axis = str(CHW[at.layer.axis])
    return lambda x: call("ops.concatenate", Call("", tuple(x), "[]"), axis=axis)


def dropout(at: Place, name: str) -> Written:
    p = at.value("p", field("p"))
    return lambda x: call(f"layers.Dropout({p})", *x)


def along_axis(function: str) -> Rule:
    def rule(at: Place, name: str) -> Written:
        axis = CHW[at.layer.axis]
        given = {} if axis == -1 else {"axis": str(axis)}
        return lambda x: call(function, *x, **given)

    return rule


def gelu(at: Place, name: str) -> Written:
    approximate = str(at.layer.approx == "tanh")
    return lambda x: call("ops.gelu", *x, approximate=approximate)


def upsample(at: Place, name: str) -> Written:
    factor = at.value("factor", field("factor", single))
    given = options(at, mode=("nearest", field("mode")))
    return lambda x: call("upsample", *x, factor, **given)


def pad(at: Place, name: str) -> Written:
    def around(layer: Any, step: Step) -> Any:
        C, *image = layer.widths(step.arriving[0])
        return ((0, 0), *image, C)

    given = {"constant_values": at.value("value", field("value"))}
    if at.layer.mode != "constant":
        given = {"mode": f'"{at.layer.mode}"'}
    widths = at.value("around", around)
    return lambda x: call("ops.pad", *x, widths, **given)


def _no_dilation(layer: Any, step: Step) -> str:
    return "" if layer.dilation == (1, 1) else "Keras' poolings have no dilation"


def _counted(layer: Any, step: Step) -> str:
    is_counted = layer.count_padding and layer.P != "same-upper" and layer.rounding != "ceil"
    if is_counted or reached_sides(layer, step) == 0:
        return _no_dilation(layer, step)
    return "its means would count the padding"


def _unpainted(layer: Any, step: Step) -> str:
    if (layer.G, layer.D) != (1, (1, 1)):
        return "`Conv2DTranspose` has no groups, and dilation not everywhere"
    return "" if min(cut(layer, step)) >= 0 else "cells would have to be added behind it"


def _striding(layer: Any, step: Step) -> str:
    is_both = any(s > 1 for s in layer.S) and any(d > 1 for d in layer.D)
    is_uneven = layer.S[0] != layer.S[1] and layer.G == step.arriving[0][0] > 1
    if is_both:
        return "Keras does not take strides and dilation together"
    return "`DepthwiseConv2D` takes one stride for both axes" if is_uneven else ""


def _affine(layer: Any, step: Step) -> str:
    return "" if layer.affine else "without weight and bias it would not be found by its name"


def _image_pad(layer: Any, step: Step) -> str:
    return "" if layer.mode in ("constant", "reflect") else "`ops.pad` has no such mode"


UNSAID: dict[str, Callable[[Any, Step], str]] = {
    "avgpool": _counted,
    "conv": _striding,
    "deconv": _unpainted,
    "groupnorm": _affine,
    "instancenorm": _affine,
    "layernorm": _affine,
    "maxpool": _no_dilation,
    "pad": _image_pad,
    "sumpool": _no_dilation,
}
"""For kinds of which not every layer can be said: why one cannot, or nothing."""

KINDS: dict[str, Rule] = {
    "abs": plain("ops.abs"),
    "adaptiveavgpool": adaptive,
    "add": infix("+"),
    "avgpool": pool("avgpool"),
    "batchnorm": batchnorm,
    "celu": with_fields("ops.celu", alpha="alpha"),
    "concat": concat,
    "conv": conv,
    "deconv": deconv,
    "dense": dense,
    "div": infix("/"),
    "dropout": dropout,
    "elu": with_fields("ops.elu", alpha="alpha"),
    "exp": plain("ops.exp"),
    "flatten": flatten,
    "gelu": gelu,
    "globalavgpool": plain("globalavgpool"),
    "globalmaxpool": plain("globalmaxpool"),
    "groupnorm": groupnorm,
    "hardsigmoid": with_fields("hardsigmoid", slope="slope", offset="offset"),
    "hardswish": plain("ops.hard_silu"),
    "identity": identity,
    "instancenorm": instancenorm,
    "layernorm": layernorm,
    "leakyrelu": with_fields("ops.leaky_relu", negative_slope="slope"),
    "logsoftmax": along_axis("ops.log_softmax"),
    "max": nested("ops.maximum"),
    "maxpool": pool("maxpool"),
    "mean": mean,
    "min": nested("ops.minimum"),
    "mul": infix("*"),
    "pad": pad,
    "prelu": named("prelu"),
    "relu": plain("ops.relu"),
    "relu6": plain("ops.relu6"),
    "selu": plain("ops.selu"),
    "sigmoid": plain("ops.sigmoid"),
    "silu": plain("ops.silu"),
    "softmax": along_axis("ops.softmax"),
    "softplus": plain("ops.softplus"),
    "softsign": plain("ops.softsign"),
    "sqrt": plain("ops.sqrt"),
    "sub": infix("-"),
    "sumpool": pool("sumpool"),
    "tanh": plain("ops.tanh"),
    "upsample": upsample,
}
