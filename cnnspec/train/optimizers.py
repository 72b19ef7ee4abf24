"""The rules by which weights follow their gradients: each does exactly what PyTorch's of that name does.

A rule works on a piece of all weights at a time, small enough to stay in the cache while its steps pass over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph.array import Array
from ..graph.shape import Shape
from ..language.sections.train import Train
from .flat_parameters import FlatParameters


class Optimizer:
    """What all rules share: the weights, beside them an array of the same form for each of the rule's `slots`, and
    how many steps were made."""

    def __init__(self, settings: Train, weights: FlatParameters) -> None:
        self.settings = settings
        self.weights = weights
        self.slots = {name: FlatParameters(weights.shapes, weights.whole.dtype) for name in settings.slots}
        self.steps = 0

    def update(self, piece: slice, gradient: Array, rate: float) -> None:
        """Move a piece of the weights; its `gradient` is spoilt. `steps` counts the step that is being made."""
        slots = [slot.whole[piece] for slot in self.slots.values()]
        self.move(self.weights.whole[piece], gradient, rate, *slots)

    def move(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        raise NotImplementedError

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that the next step hangs on, by name: `steps`, and `momentum.conv1.weight` and so on."""
        arrays = {f"{key}.{name}": a for key, slot in self.slots.items() for name, a in slot.named.items()}
        return {"steps": np.array(self.steps), **arrays}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a `state`."""
        self.steps = int(state["steps"])
        for key, slot in self.slots.items():
            slot.fill({name: state[f"{key}.{name}"] for name in slot.named})


class SGD(Optimizer):
    """w = w - rate*v where v = momentum*v + g, with Nesterov's look ahead w = w - rate*(g + momentum*v); g includes
    decay*w (Sutskever et al.: "On the importance of initialization and momentum", 2013)."""

    def move(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        if self.settings.decay:
            g += self.settings.decay * w
        way = g
        for v in slots:
            v *= self.settings.momentum
            v += g
            if self.settings.nesterov:
                g += self.settings.momentum * v
            else:
                way = v
        np.multiply(way, rate, out=g)
        w -= g


class Adam(Optimizer):
    """w = w - rate * m / (sqrt(v) + eps), where m and v are running means of g and g², each over what is missing
    because they start at 0; g includes decay*w (Kingma and Ba: "Adam", 2015)."""

    def move(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        if self.settings.decay:
            g += self.settings.decay * w
        self.follow(w, g, rate, *slots)

    def follow(self, w: Array, g: Array, rate: float, m: Array, v: Array) -> None:
        first, second = self.settings.betas
        scratch = g - m
        scratch *= 1 - first
        m += scratch
        v *= second
        g *= g
        g *= 1 - second
        v += g
        np.sqrt(v, out=scratch)
        scratch /= sqrt(1 - second**self.steps)
        scratch += self.settings.eps
        np.divide(m, scratch, out=scratch)
        scratch *= rate / (1 - first**self.steps)
        w -= scratch


class AdamW(Adam):
    """Adam, where weights decay by themselves: w = w - rate*decay*w (Loshchilov and Hutter: "Decoupled Weight Decay
    Regularization", 2019)."""

    def move(self, w: Array, g: Array, rate: float, *slots: Array) -> None:
        if self.settings.decay:
            w *= 1 - rate * self.settings.decay
        self.follow(w, g, rate, *slots)


def state_shapes(settings: Train, learned: Mapping[str, Shape]) -> dict[str, Shape]:
    """Those of the arrays in the `state` of an optimizer, by name, for the `learned` tensors."""
    slots = {f"{key}.{name}": shape for key in settings.slots for name, shape in learned.items()}
    return {"steps": (), **slots}


RULES: dict[str, type[Optimizer]] = {"sgd": SGD, "adam": Adam, "adamw": AdamW}
