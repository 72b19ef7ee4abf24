"""Activations and joins in PyTorch."""

from __future__ import annotations

from functools import reduce

from ...graph.shape import axis_index
from ..code.layout import Call, Expression, call
from ..code.place import Place, channels, field
from .rule import Rule, Said, function, module


def plain(made: str, written: str) -> Rule:
    """A kind without fields that PyTorch has as a module and as a function."""
    return lambda _: function(lambda x: call(written, x), call(made) if made else None)


def with_field(made: str, written: str, of: str, name: str, default: float | str) -> Rule:
    """A kind with one field; `default` is PyTorch's own."""

    def rule(at: Place) -> Said:
        given = at.option(name, default, field(of), of)
        return function(lambda x: call(written, x, **given), call(made, **given))

    return rule


def hardsigmoid(at: Place) -> Said:
    if at.all(lambda layer, _: abs(layer.slope - 1 / 6) < 1e-6 and layer.offset == 0.5):
        return plain("nn.Hardsigmoid", "F.hardsigmoid")(at)
    slope, offset = (at.value(name, field(name)) for name in ("slope", "offset"))
    return function(lambda x: call("torch.clamp", f"{slope} * {x} + {offset}", "0", "1"))


def clip(at: Place) -> Said:
    given: dict[str, str] = {}
    for name in ("min", "max"):
        given |= at.option(name, None, field(name))
    return function(lambda x: call("torch.clamp", x, **given)) if given else identity(at)


def thresholdedrelu(at: Place) -> Said:
    alpha = at.value("alpha", field("alpha"))
    return function(lambda x: call("F.threshold", x, alpha, "0"), call("nn.Threshold", alpha, "0"))


def prelu(at: Place) -> Said:
    return module(call("nn.PReLU", at.value("C", channels)))


def along_axis(made: str, written: str) -> Rule:
    def rule(at: Place) -> Said:
        dim = str(axis_index(at.layer.axis))
        return function(lambda x: call(written, x, dim=dim), call(made, dim=dim))

    return rule


def dropout(at: Place) -> Said:
    p = at.value("p", field("p"))
    return function(lambda x: call("F.dropout", x, p, "self.training"), call("nn.Dropout", p))


def droppath(at: Place) -> Said:
    if at.all(lambda layer, _: layer.p == 0):
        return identity(at)
    p = at.value("p", field("p"))
    return function(lambda x: call("drop_path", x, p, "self.training"))


def identity(_: Place) -> Said:
    return function(lambda x: x, call("nn.Identity"))


def infix(sign: str) -> Rule:
    return lambda _: function(lambda *branches: f" {sign} ".join(map(str, branches)))


def nested(name: str) -> Rule:
    """A function of two that takes more one after the other."""

    def written(*branches: Expression) -> Expression:
        return reduce(lambda one, two: call(name, one, two), branches)

    return lambda _: function(written)


def mean(at: Place) -> Said:
    return function(lambda *branches: f"({' + '.join(map(str, branches))}) / {len(branches)}")


def concat(at: Place) -> Said:
    dim = str(at.layer.index)
    return function(lambda *branches: call("torch.cat", Call("", branches, "[]"), dim=dim))


KINDS: dict[str, Rule] = {
    "abs": plain("", "torch.abs"),
    "add": infix("+"),
    "celu": with_field("nn.CELU", "F.celu", "alpha", "alpha", 1.0),
    "clip": clip,
    "concat": concat,
    "div": infix("/"),
    "dropout": dropout,
    "droppath": droppath,
    "elu": with_field("nn.ELU", "F.elu", "alpha", "alpha", 1.0),
    "exp": plain("", "torch.exp"),
    "gelu": with_field("nn.GELU", "F.gelu", "approx", "approximate", "none"),
    "hardsigmoid": hardsigmoid,
    "hardswish": plain("nn.Hardswish", "F.hardswish"),
    "identity": identity,
    "leakyrelu": with_field("nn.LeakyReLU", "F.leaky_relu", "slope", "negative_slope", 0.01),
    "logsoftmax": along_axis("nn.LogSoftmax", "F.log_softmax"),
    "max": nested("torch.maximum"),
    "mean": mean,
    "min": nested("torch.minimum"),
    "mish": plain("nn.Mish", "F.mish"),
    "mul": infix("*"),
    "prelu": prelu,
    "relu": plain("nn.ReLU", "F.relu"),
    "relu6": plain("nn.ReLU6", "F.relu6"),
    "selu": plain("nn.SELU", "F.selu"),
    "sigmoid": plain("nn.Sigmoid", "torch.sigmoid"),
    "silu": plain("nn.SiLU", "F.silu"),
    "softmax": along_axis("nn.Softmax", "F.softmax"),
    "softplus": plain("nn.Softplus", "F.softplus"),
    "softsign": plain("nn.Softsign", "F.softsign"),
    "sqrt": plain("", "torch.sqrt"),
    "sub": infix("-"),
    "tanh": plain("nn.Tanh", "torch.tanh"),
    "thresholdedrelu": thresholdedrelu,
}
