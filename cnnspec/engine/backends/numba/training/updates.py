"""Steps of weights by native code, in one pass over all that belongs to them; and the squares of a gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .....graph.array import Array
from .....kernels.compiled.layout import UPDATE_NUMBERS, UPDATES
from .....kernels.training import updates as plain
from .....kernels.training.updates import PIECE, SGD, Adam, AdamW, Update, pieces
from .....machine.blas_threads import single_threaded_blas
from .addresses import address
from .calls import Native, cut

VALUE = 0.1
"""Nanoseconds that a value takes which is read, or read and written."""
Lowered = tuple[str, dict[str, float]]
"""A rule of native code, and of its numbers those that are not 0."""


def move(native: Native, update: Update, w: Array, g: Array, *slots: Array) -> None:
    """`Update.move` of weights, which lie side by side; their gradient stays as it is, but for NumPy."""
    if w.dtype != np.float32 or not w.size:
        with np.errstate(all="ignore"):
            for piece in pieces(w.size):
                update.move(*(array[piece] for array in (w, g, *slots)))
        return
    rule, numbers = LOWERED[type(update)](update)
    given = np.array([numbers.get(name, 0.0) for name in UPDATE_NUMBERS], np.float32)
    decays = bool(numbers["decay"])
    arrays = [address(array) for array in (w, g, *slots)]
    parts = cut(w.size, native.hands(w.size, VALUE * (2 + len(slots)) * w.size), native.vectors.lanes)
    tables = [
        (
            *(begin + 4 * part.start for begin in arrays), *[0] * (2 - len(slots)),
            2 * UPDATES.index(rule) + decays, address(given), part.stop - part.start,
        )
        for part in parts
    ]  # fmt: skip
    native.carry_out("update", np.array(tables, np.int64), np.arange(len(parts)))


def squared_norm(native: Native, g: Array) -> float:
    """The sum of a flat gradient's squares: in float32 of each piece, of these in float64, in order."""
    if g.dtype != np.float32 or not g.size:
        with np.errstate(all="ignore"), single_threaded_blas:
            return plain.squared_norm(g)
    sums = np.empty(-(-g.size // PIECE))
    parts = cut(len(sums), native.hands(len(sums), VALUE * g.size))
    tables = [(address(g), address(sums), g.size, PIECE, part.start, part.stop) for part in parts]
    native.carry_out("squared_norm", np.array(tables, np.int64), np.arange(len(parts)))
    return sum(sums.tolist())


def _sgd(update: SGD) -> Lowered:
    rule = ("nesterov" if update.nesterov else "momentum") if update.momentum else "sgd"
    return rule, _common(update) | {"rate": update.rate, "momentum": update.momentum}


def _adam(update: Adam) -> Lowered:
    first, second = update.betas
    own = {
        "rate": update.whole_rate,
        "keep": 1.0,
        "new": 1 - first,
        "old_squares": second,
        "new_squares": 1 - second,
        "by_root": 1 / update.root,
        "eps": update.eps,
    }
    return "adam", _common(update) | own


def _adamw(update: AdamW) -> Lowered:
    rule, numbers = _adam(update)
    return rule, numbers | {"decay": 0.0, "keep": update.keep}


def _common(update: Update) -> dict[str, float]:
    return {"shrink": update.shrink, "decay": update.decay}


LOWERED: dict[type[Update], Callable[[Any], Lowered]] = {SGD: _sgd, Adam: _adam, AdamW: _adamw}
