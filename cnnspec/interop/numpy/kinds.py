"""How each layer kind is said in NumPy: one table."""

from __future__ import annotations

from typing import Any

from ...graph.graph import Step
from ...graph.shape import axis_index
from ..code.calls import identity, infix, mean, nested, plain, with_fields
from ..code.functions import Rule, Written
from ..code.layout import Call, call
from ..code.place import Of, Place, channels, field, single
from ..code.windows import reached_sides, window_sides
from .rule import with_tensors

EPS = (1e-5, field("eps"))


def counted(layer: Any, step: Step) -> Any:
    """The padding that a mean counts."""
    return window_sides(layer, step) if layer.count_padding and layer.P != "same-upper" else 0


FILTERS: dict[str, tuple[object, Of]] = {
    "S": (1, field("S", single)),
    "P": (0, window_sides),
    "D": (1, field("D", single)),
    "G": (1, field("G")),
}


def deconv(at: Place, name: str) -> Written:
    size = at.value("size", lambda _, step: step.shape[1:])
    given = {key: value for option, of in FILTERS.items() for key, value in at.option(option, *of).items()}
    return lambda x: call("deconv", *x, "tensors", name, size, **given)


def pool(function: str) -> Rule:
    def rule(at: Place, name: str) -> Written:
        F = at.value("F", field("F", single))
        given = {"S": at.value("S", field("stride", single))} | at.option("P", 0, reached_sides)
        given |= at.option("D", 1, field("dilation", single))
        if function == "avgpool":
            given |= at.option("counted", 0, counted)
        return lambda x: call(function, *x, F, **given)

    return rule


def adaptive(function: str) -> Rule:
    def rule(at: Place, name: str) -> Written:
        out = at.value("out", field("out", single))
        return lambda x: call(function, *x, out)

    return rule


def norm(function: str) -> Rule:
    """A norm over the channels at each place, or over all values: two functions."""

    def rule(at: Place, name: str) -> Written:
        is_all = at.layer.over == "all" and at.is_image
        return with_tensors(f"{function}_all" if is_all else function, eps=EPS)(at, name)

    return rule


def layernorm(at: Place, name: str) -> Written:
    if at.layer.affine:
        return norm("layernorm")(at, name)
    eps = at.value("eps", field("eps"))
    last = 1 if at.layer.over == "C" else len(at.arriving)
    axes = f"({', '.join(map(str, range(1, 1 + last)))}{',' * (last == 1)})"
    return lambda x: call("standardised", *x, axes, eps)


def groupnorm(at: Place, name: str) -> Written:
    if at.layer.affine:
        return with_tensors("groupnorm", G=(None, field("G")), eps=EPS)(at, name)
    G, eps = at.value("G", field("G")), at.value("eps", field("eps"))
    return lambda x: call("grouped", *x, G, eps)


def instancenorm(at: Place, name: str) -> Written:
    if at.layer.affine:
        return with_tensors("instancenorm", eps=EPS)(at, name)
    C, eps = at.value("C", channels), at.value("eps", field("eps"))
    return lambda x: call("grouped", *x, C, eps)


def concat(at: Place, name: str) -> Written:
    axis = str(at.layer.index)
    return lambda x: call("np.concatenate", Call("", tuple(x), "[]"), axis=axis)


def clip(at: Place, name: str) -> Written:
    least, most = ("None" if getattr(at.layer, end) is None else at.value(end, field(end)) for end in ("min", "max"))
    return identity(at, name) if least == most == "None" else lambda x: call("np.clip", *x, least, most)


def along_axis(function: str) -> Rule:
    def rule(at: Place, name: str) -> Written:
        axis = axis_index(at.layer.axis)
        given = {} if axis == 1 else {"axis": str(axis)}
        return lambda x: call(function, *x, **given)

    return rule


def gelu(at: Place, name: str) -> Written:
    return plain("gelu" if at.layer.approx == "none" else "gelu_tanh")(at, name)


def upsample(at: Place, name: str) -> Written:
    factor = at.value("factor", field("factor", single))
    function = "upsample" if at.layer.mode == "nearest" else "upsample_bilinear"
    return lambda x: call(function, *x, factor)


def constant(at: Place, name: str) -> Written:
    return with_tensors(f"{at.layer.by}_constant")(at, name)


def reshape(at: Place, name: str) -> Written:
    sizes = [at.value("size", _size(axis)) for axis in range(len(at.item.step.shape))]
    return lambda x: call(f"{x[0]}.reshape", "-1", *sizes)


def _size(axis: int) -> Of:
    return lambda _, step: step.shape[axis]


def permute(at: Place, name: str) -> Written:
    order = ", ".join(str(axis_index(axis)) for axis in at.layer.order)
    return lambda x: f"{x[0]}.transpose(0, {order})"


def pad(at: Place, name: str) -> Written:
    around = at.value("around", lambda layer, step: ((0, 0), *layer.widths(step.arriving[0])))
    given = at.option("constant_values", 0.0, field("value"), "value")
    if at.layer.mode != "constant":
        given = {"mode": f'"{at.layer.mode}"'}
    return lambda x: call("np.pad", *x, around, **given)


def crop(at: Place, name: str) -> Written:
    cut = at.value("cut", lambda layer, step: layer.widths(step.arriving[0]))
    return lambda x: call("cropped", *x, cut)


def slice(at: Place, name: str) -> Written:
    axis = axis_index(at.layer.axis)
    first = at.value("first", field("first"))
    end = at.value("end", lambda layer, step: layer.bounds(step.arriving[0][axis - 1])[1])
    step = at.value("step", field("step"))
    taken = f"{first}:{end}" + ("" if step == "1" else f":{step}")
    return lambda x: f"{x[0]}[{':, ' * axis}{taken}]"


KINDS: dict[str, Rule] = {
    "abs": plain("np.abs"),
    "adaptiveavgpool": adaptive("adaptiveavgpool"),
    "adaptivemaxpool": adaptive("adaptivemaxpool"),
    "add": infix("+"),
    "avgpool": pool("avgpool"),
    "batchnorm": with_tensors("batchnorm", eps=EPS),
    "celu": with_fields("celu", alpha="alpha"),
    "channelshuffle": with_fields("channelshuffle", G="G"),
    "clip": clip,
    "concat": concat,
    "constant": constant,
    "conv": with_tensors("conv", **FILTERS),
    "crop": crop,
    "deconv": deconv,
    "dense": with_tensors("dense"),
    "div": infix("/"),
    "dropout": identity,
    "droppath": identity,
    "elu": with_fields("elu", alpha="alpha"),
    "exp": plain("np.exp"),
    "flatten": plain("flatten"),
    "gelu": gelu,
    "globalavgpool": plain("globalavgpool"),
    "globall2pool": plain("globall2pool"),
    "globalmaxpool": plain("globalmaxpool"),
    "groupnorm": groupnorm,
    "hardsigmoid": with_fields("hardsigmoid", slope="slope", offset="offset"),
    "hardswish": plain("hardswish"),
    "identity": identity,
    "instancenorm": instancenorm,
    "layernorm": layernorm,
    "leakyrelu": with_fields("leakyrelu", slope="slope"),
    "logsoftmax": along_axis("logsoftmax"),
    "lrn": with_fields("lrn", size="size", alpha="alpha", beta="beta", k="k"),
    "max": nested("np.maximum"),
    "maxpool": pool("maxpool"),
    "mean": mean,
    "min": nested("np.minimum"),
    "mish": plain("mish"),
    "mul": infix("*"),
    "pad": pad,
    "permute": permute,
    "pixelshuffle": with_fields("pixelshuffle", factor="factor"),
    "pixelunshuffle": with_fields("pixelunshuffle", factor="factor"),
    "prelu": with_tensors("prelu"),
    "relu": plain("relu"),
    "relu6": plain("relu6"),
    "reshape": reshape,
    "rmsnorm": norm("rmsnorm"),
    "scale": with_tensors("scaled"),
    "selu": plain("selu"),
    "sigmoid": plain("sigmoid"),
    "silu": plain("silu"),
    "slice": slice,
    "softmax": along_axis("softmax"),
    "softplus": plain("softplus"),
    "softsign": plain("softsign"),
    "sqrt": plain("sqrt"),
    "sub": infix("-"),
    "sumpool": pool("sumpool"),
    "tanh": plain("np.tanh"),
    "thresholdedrelu": with_fields("thresholdedrelu", alpha="alpha"),
    "upsample": upsample,
}
