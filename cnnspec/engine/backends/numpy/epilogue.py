"""What happens to a strip's values while they are in the cache: bias, a second branch, the activation.

The last call writes where the values belong, so finishing a strip is also what moves it there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ....graph.array import Array
from ....graph.layer import Layer
from ....kernels.strips import SHORT, Call, Scratch, lies_apart
from .gelu import gelu

ZERO, ONE, SIX = np.float32(0), np.float32(1), np.float32(6)


def relu(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    # Against an array, not against a number: that loop is vectorised.
    return [partial(np.maximum, x, np.zeros(x.shape[-1], np.float32), out=out)]


def relu6(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    # One pass, where a maximum and a minimum would be two.
    return [partial(x.clip, ZERO, SIX, out=out)]


def leakyrelu(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    # slope*x is the larger of the two below 0 when the slope is below 1, else above.
    scaled = scratch.take(*x.shape)
    choose = np.maximum if layer.slope <= 1 else np.minimum
    return [partial(np.multiply, x, np.float32(layer.slope), out=scaled), partial(choose, x, scaled, out=out)]


def elu(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    return _elu(x, out, scratch, layer.alpha)


def celu(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    return _elu(x, out, scratch, layer.alpha, rate=1 / layer.alpha)


def selu(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    return _elu(x, out, scratch, layer.alpha, scale=layer.scale)


def _elu(x: Array, out: Array, scratch: Scratch, alpha: float, rate: float = 1.0, scale: float = 1.0) -> list[Call]:
    """scale*(max(x, 0) + alpha*(exp(rate*min(x, 0)) - 1))."""
    below = scratch.take(*x.shape)
    zero = np.zeros(x.shape[-1], np.float32)
    return [
        partial(np.minimum, x, zero, out=below),
        *([] if rate == 1 else [partial(np.multiply, below, np.float32(rate), out=below)]),
        partial(np.expm1, below, out=below),
        partial(np.multiply, below, np.float32(alpha * scale), out=below),
        partial(np.maximum, x, zero, out=x),
        *([] if scale == 1 else [partial(np.multiply, x, np.float32(scale), out=x)]),
        partial(np.add, x, below, out=out),
    ]


def exp(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    return [partial(np.exp, x, out=out)]


def absolute(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    return [partial(np.abs, x, out=out)]


def clip(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    return [partial(x.clip, *map(np.float32, layer.bounds), out=out)]


def thresholdedrelu(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    goes, zero = np.empty(x.shape, bool), np.float32(0)
    return [
        partial(np.less_equal, x, np.float32(layer.alpha), out=goes),
        partial(np.copyto, x, zero, where=goes),
        partial(np.copyto, out, x),
    ]


def softsign(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    size = scratch.take(*x.shape)
    return [
        partial(np.abs, x, out=size),
        partial(np.add, size, ONE, out=size),
        partial(np.divide, x, size, out=out),
    ]


def sqrt(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    def roots() -> None:
        with np.errstate(invalid="ignore"):  # below 0 it is no number
            np.sqrt(x, out=out)

    return [roots]


def softplus(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    bent = scratch.take(*x.shape)
    return [*_softplus(x, bent), partial(np.add, x, bent, out=out)]


def mish(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    own, bent = scratch.take(*x.shape), scratch.take(*x.shape)
    return [
        partial(np.copyto, own, x),
        *_softplus(x, bent),
        partial(np.add, x, bent, out=bent),
        partial(np.tanh, bent, out=bent),
        partial(np.multiply, own, bent, out=out),
    ]


def _softplus(x: Array, bent: Array) -> list[Call]:
    """x becomes max(x, 0), and `bent` log(1 + exp(-|x|)): softplus is their sum."""
    return [
        partial(np.abs, x, out=bent),
        partial(np.negative, bent, out=bent),
        partial(np.exp, bent, out=bent),
        partial(np.log1p, bent, out=bent),
        partial(np.maximum, x, np.zeros(x.shape[-1], np.float32), out=x),
    ]


def sigmoid(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    return [*_logistic(x), partial(np.copyto, out, x)]


def silu(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    gate = scratch.take(*x.shape)
    return [partial(np.copyto, gate, x), *_logistic(gate), partial(np.multiply, x, gate, out=out)]


def _logistic(x: Array) -> list[Call]:
    """1/(1 + exp(-x)) in place. Below -88 exp leaves float32, and 1/infinity is the 0 that it should be."""
    return [
        partial(np.negative, x, out=x),
        partial(np.exp, x, out=x),
        partial(np.add, x, ONE, out=x),
        partial(np.divide, ONE, x, out=x),
    ]


def hardsigmoid(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    return [*_hard_logistic(x, x, layer.slope, layer.offset), partial(np.copyto, out, x)]


def hardswish(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    gate = scratch.take(*x.shape)
    return [*_hard_logistic(x, gate), partial(np.multiply, x, gate, out=out)]


def _hard_logistic(x: Array, out: Array, slope: float = 1 / 6, offset: float = 0.5) -> list[Call]:
    return [
        partial(np.multiply, x, np.float32(slope), out=out),
        partial(np.add, out, np.float32(offset), out=out),
        partial(out.clip, ZERO, ONE, out=out),
    ]


def tanh(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    return [partial(np.tanh, x, out=out)]


EPILOGUES: dict[str, Callable[[Any, Array, Array, Scratch], list[Call]]] = {
    "relu": relu,
    "relu6": relu6,
    "leakyrelu": leakyrelu,
    "elu": elu,
    "gelu": gelu,
    "sigmoid": sigmoid,
    "silu": silu,
    "hardsigmoid": hardsigmoid,
    "hardswish": hardswish,
    "tanh": tanh,
    "abs": absolute,
    "celu": celu,
    "clip": clip,
    "exp": exp,
    "mish": mish,
    "selu": selu,
    "softplus": softplus,
    "softsign": softsign,
    "sqrt": sqrt,
    "thresholdedrelu": thresholdedrelu,
}
"""Kind -> calls that apply it to contiguous scratch x, which they may spoil, and write to out of the same shape."""


def by_definition(layer: Any, x: Array, out: Array, scratch: Scratch) -> list[Call]:
    """The activation's own `forward`, where there are no calls for it here: it makes arrays of its own."""
    return [lambda: np.copyto(out, layer.forward(x))]


def epilogue(piece: Array, out: Array, plus: Array | None, activation: Layer | None, scratch: Scratch) -> list[Call]:
    """Calls that add `plus`, apply `activation` and write to `out`; all three have the shape of `piece`."""
    if plus is None:
        piece, out = _widened(piece, out)
    # An activation works in place, which is for values that lie side by side.
    last = out if activation is None else scratch.take(*piece.shape) if lies_apart(piece) else piece
    calls: list[Call] = []
    if plus is not None:
        calls.append(partial(np.add, piece, plus, out=last))
    elif last is not piece:
        calls.append(partial(np.copyto, last, piece))
    if activation is not None:
        calls += EPILOGUES.get(activation.kind, by_definition)(activation, last, out, scratch)
    return calls


def _widened(piece: Array, out: Array) -> tuple[Array, Array]:
    """Both with cells and channels as one axis, where the cells of both lie side by side: longer inner loops. Few
    values become one run altogether."""
    if piece.size <= SHORT and piece.flags.c_contiguous and out.flags.c_contiguous:
        return piece.reshape(-1), out.reshape(-1)
    for x in (piece, out):
        if x.strides[-2] != x.shape[-1] * x.itemsize:
            return piece, out
    shape = (*piece.shape[:-2], piece.shape[-2] * piece.shape[-1])
    return piece.reshape(shape), out.reshape(shape)
