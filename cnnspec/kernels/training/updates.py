"""The rules by which weights follow their gradients, for the numbers of one step: each does what PyTorch's of that name
does.

A rule is several passes, so it is given pieces of all weights that stay in the cache meanwhile, or cuts them itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from ...graph.array import Array

PIECE = 1 << 15
"""Weights that are moved at a time: they and what belongs to them stay in a core's cache. Of so many gradients squares
are added up as they are, and only beyond them in float64."""


def pieces(size: int) -> list[slice]:
    """Of so many weights."""
    return [slice(begin, begin + PIECE) for begin in range(0, size, PIECE)]


@dataclass(frozen=True, slots=True)
class Update:
    """What all rules share: the gradient is taken `shrink` times, at most once, and includes `decay` times w."""

    rate: float
    decay: float = 0.0
    shrink: float = 1.0

    def move(self, w: Array, g: Array, *slots: Array) -> None:
        """Move weights along their gradient, which is spoilt, and with them what the rule remembers of each."""
        if self.shrink < 1:
            g *= self.shrink
        self._decay(w, g)
        self._follow(w, g, *slots)

    def _decay(self, w: Array, g: Array) -> None:
        if self.decay:
            g += self.decay * w

    def _follow(self, w: Array, g: Array, *slots: Array) -> None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class SGD(Update):
    """w = w - rate*v where v = momentum*v + g, with Nesterov's look ahead w = w - rate*(g + momentum*v); without a slot
    v is g (Sutskever et al.: "On the importance of initialization and momentum", 2013)."""

    momentum: float = 0.0
    nesterov: bool = False

    def _follow(self, w: Array, g: Array, *slots: Array) -> None:
        way = g
        for v in slots:
            v *= self.momentum
            v += g
            if self.nesterov:
                g += self.momentum * v
            else:
                way = v
        np.multiply(way, self.rate, out=g)
        w -= g


@dataclass(frozen=True, slots=True)
class Adam(Update):
    """w = w - rate * m / (sqrt(v) + eps), where m and v are running means of g and g², each over what is missing
    because they start at 0 (Kingma and Ba: "Adam", 2015). `steps` counts the step that is made."""

    steps: int = 1
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8

    @property
    def root(self) -> float:
        """What sqrt(v) is over."""
        return sqrt(1 - self.betas[1] ** self.steps)

    @property
    def whole_rate(self) -> float:
        """The rate over what m is over."""
        return self.rate / (1 - self.betas[0] ** self.steps)

    def _follow(self, w: Array, g: Array, *slots: Array) -> None:
        m, v = slots
        first, second = self.betas
        scratch = g - m
        scratch *= 1 - first
        m += scratch
        v *= second
        g *= g
        g *= 1 - second
        v += g
        np.sqrt(v, out=scratch)
        scratch /= self.root
        scratch += self.eps
        np.divide(m, scratch, out=scratch)
        scratch *= self.whole_rate
        w -= scratch


@dataclass(frozen=True, slots=True)
class AdamW(Adam):
    """Adam, where weights decay by themselves: w = w - rate*decay*w (Loshchilov and Hutter: "Decoupled Weight Decay
    Regularization", 2019)."""

    @property
    def keep(self) -> float:
        """What is left of a weight."""
        return 1 - self.rate * self.decay

    def _decay(self, w: Array, g: Array) -> None:
        if self.decay:
            w *= self.keep


def squared_norm(g: Array) -> float:
    """The sum of squares of a flat gradient, piece by piece."""
    return sum(float(np.dot(g[piece], g[piece])) for piece in pieces(len(g)))
