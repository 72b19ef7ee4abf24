"""Log-softmax: the logarithm of softmax over C: x - log(sum(exp(x))).

The largest score is taken off first, which changes nothing but keeps exp from overflowing; nor is a logarithm
taken of a probability that has become 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from ..layer import Example
from ._pointwise import Pointwise

if TYPE_CHECKING:
    from ..layer import Array


class LogSoftmax(Pointwise):
    """x - log(sum(exp(x))) over C."""

    gives: ClassVar[Literal["scores", "probabilities", "log-probabilities"]] = "log-probabilities"
    examples: ClassVar[tuple[Example, ...]] = (
        Example("logsoftmax", (10,), (10,)),
        Example("logsoftmax", (3, 2, 2), (3, 2, 2)),
    )

    def forward(self, x: Array) -> Array:
        import numpy as np

        x = x - x.max(axis=1, keepdims=True)
        return np.asarray(x - np.log(np.exp(x).sum(axis=1, keepdims=True)))
