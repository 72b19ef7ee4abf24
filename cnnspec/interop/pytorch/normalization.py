"""Normalisations, and what is stored by channel or place, in PyTorch."""

from __future__ import annotations

from ..code.layout import call
from ..code.place import Place, channels, field
from .rule import Rule, Said, function, module


def _channels(at: Place) -> str:
    return at.value("C", channels)


def _eps(at: Place) -> dict[str, str]:
    return at.option("eps", 1e-5, field("eps"))


def batchnorm(at: Place) -> Said:
    given = _eps(at) | at.option("momentum", 0.1, field("momentum"))
    given |= at.option("affine", True, field("affine"))
    return module(call("nn.BatchNorm2d" if at.is_image else "nn.BatchNorm1d", _channels(at), **given))


def _shape(at: Place) -> str:
    """All sizes of what arrives."""
    return at.value("shape", lambda _, step: step.arriving[0])


def layernorm(at: Place) -> Said:
    affine = at.option("elementwise_affine", True, field("affine"), "affine")
    if at.is_image and at.layer.over == "C":
        return module(call("LayerNorm2d", _channels(at), **_eps(at), **affine))
    sizes = _shape(at) if at.is_image else _channels(at)
    return module(call("nn.LayerNorm", sizes, **_eps(at), **affine))


def rmsnorm(at: Place) -> Said:
    if at.is_image and at.layer.over == "C":
        return module(call("RMSNorm2d", _channels(at), **_rms_eps(at)))
    return module(call("nn.RMSNorm", _shape(at) if at.is_image else _channels(at), **_rms_eps(at)))


def _rms_eps(at: Place) -> dict[str, str]:
    """PyTorch's own default hangs on the type of numbers."""
    return {"eps": at.value("eps", field("eps"))}


def groupnorm(at: Place) -> Said:
    G = at.value("G", field("G"))
    affine = at.option("affine", True, field("affine"))
    return module(call("nn.GroupNorm", G, _channels(at), **_eps(at), **affine))


def instancenorm(at: Place) -> Said:
    """One group for each channel, which also does where a channel has one value only."""
    C = _channels(at)
    affine = at.option("affine", True, field("affine"))
    return module(call("nn.GroupNorm", C, C, **_eps(at), **affine))


def lrn(at: Place) -> Said:
    fields = {"alpha": 1e-4, "beta": 0.75, "k": 1.0}
    size = at.value("size", field("size"))
    given: dict[str, str] = {}
    for name, default in fields.items():
        given |= at.option(name, default, field(name))
    return function(
        lambda x: call("F.local_response_norm", x, size, **given), call("nn.LocalResponseNorm", size, **given)
    )


def scale(at: Place) -> Said:
    return module(call("Scale", _channels(at), **at.option("bias", False, field("bias"))))


def constant(at: Place) -> Said:
    shape = at.value("shape", lambda _, step: step.arriving[0])
    return module(call("AddConstant" if at.layer.by == "add" else "MulConstant", shape))


KINDS: dict[str, Rule] = {
    "batchnorm": batchnorm,
    "constant": constant,
    "groupnorm": groupnorm,
    "instancenorm": instancenorm,
    "layernorm": layernorm,
    "lrn": lrn,
    "rmsnorm": rmsnorm,
    "scale": scale,
}
