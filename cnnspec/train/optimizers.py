"""What an optimizer knows beside the weights: what its rule remembers of each, and how many steps were made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..graph.array import Array
from ..graph.shape import Shape
from ..kernels.training.updates import SGD, Adam, AdamW, Update
from ..language.sections.train import Train
from .flat_parameters import FlatParameters


class Optimizer:
    """The weights, beside them an array of the same form for each of the rule's `slots`, and the number of steps."""

    def __init__(self, settings: Train, weights: FlatParameters) -> None:
        self.settings = settings
        self.weights = weights
        self.slots = {name: FlatParameters(weights.shapes, weights.whole.dtype) for name in settings.slots}
        self.steps = 0

    def begin(self, rate: float, shrink: float = 1.0) -> Update:
        """Begin another step: what it does to all weights, along `shrink` times their gradients."""
        self.steps += 1
        return RULES[self.settings.optimizer](self.settings, rate, shrink, self.steps)

    def moving(self, piece: slice, gradient: Array) -> tuple[Array, ...]:
        """What a step moves a piece of the weights by: these, their gradient, what is remembered of them."""
        return self.weights.whole[piece], gradient, *(slot.whole[piece] for slot in self.slots.values())

    def state(self) -> dict[str, NDArray[Any]]:
        """Everything that the next step hangs on, by name: `steps`, and `momentum.conv1.weight` and so on."""
        arrays = {f"{key}.{name}": a for key, slot in self.slots.items() for name, a in slot.named.items()}
        return {"steps": np.array(self.steps), **arrays}

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Go on from a `state`."""
        self.steps = int(state["steps"])
        for key, slot in self.slots.items():
            slot.fill({name: state[f"{key}.{name}"] for name in slot.named})


def state_shapes(settings: Train, learned: Mapping[str, Shape]) -> dict[str, Shape]:
    """Those of the arrays in the `state` of an optimizer, by name, for the `learned` tensors."""
    slots = {f"{key}.{name}": shape for key in settings.slots for name, shape in learned.items()}
    return {"steps": (), **slots}


RULES: dict[str, Callable[[Train, float, float, int], Update]] = {
    "sgd": lambda its, rate, shrink, steps: SGD(rate, its.decay, shrink, its.momentum, its.nesterov),
    "adam": lambda its, rate, shrink, steps: Adam(rate, its.decay, shrink, steps, its.betas, its.eps),
    "adamw": lambda its, rate, shrink, steps: AdamW(rate, its.decay, shrink, steps, its.betas, its.eps),
}
"""By the optimizer's name: from settings, the rate, what gradients are taken times and the step's number."""
