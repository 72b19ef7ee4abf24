"""Training with nothing but the layers' own ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import DTypeLike

from ....graph.array import Array
from ....kernels.training.updates import Update, squared_norm

if TYPE_CHECKING:
    from ....graph.layer import Layer, Pullback, TrainingContext, TrainingVjp


class NumpyTraining:
    """The kernels of training by NumPy."""

    def vjp(self, layer: Layer) -> TrainingVjp:
        return layer.vjp_training

    def frozen(self, layer: Layer) -> TrainingVjp:
        def way(context: TrainingContext, *inputs: Array, **tensors: Array) -> tuple[Array, Pullback]:
            return layer.vjp(*inputs, **tensors)

        return way

    def put(self, values: Array, target: Array) -> None:
        target[...] = values

    def add(self, more: Array, total: Array) -> None:
        np.add(total, more, out=total)

    def move(self, update: Update, w: Array, g: Array, *slots: Array) -> None:
        update.move(w, g, *slots)

    def squared_norm(self, g: Array) -> float:
        return squared_norm(g)

    def recorder(self, dtype: DTypeLike) -> None:
        """NumPy's functions make their own arrays, which are others in every step."""
