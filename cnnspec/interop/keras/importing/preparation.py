"""What a model does to all pixels before anything else: a line for each channel, which the spec's `preprocess` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import ValidationError

from ...onnx.node import shortest
from .values import Array

if TYPE_CHECKING:
    from ....language.sections.preprocess import Preprocess

COLOURS = (1, 3)
"""Channels of images."""


class Preparation(NamedTuple):
    """(x * scale - mean) / std; the last two have a number for each channel."""

    scale: float
    mean: Array
    std: Array

    @classmethod
    def nothing(cls, channels: int) -> Preparation:
        return cls(1.0, np.zeros(channels), np.ones(channels))

    def then(self, factor: Array, offset: Array) -> Preparation:
        """With one more line, x * factor + offset, behind it."""
        if factor.size == 1 and self.scale == 1 and not self.mean.any() and (self.std == 1).all():
            return Preparation(float(factor.reshape(-1)[0]), self.mean - offset, self.std)
        with np.errstate(divide="ignore", invalid="ignore"):
            std = self.std / factor
            return Preparation(self.scale, self.mean - offset * std, std)

    def undone(self, x: Array) -> Array:
        """Images (N, C, H, W) of which it makes x; x where it does nothing."""
        if self.scale == 1 and not self.mean.any() and (self.std == 1).all():
            return x
        mean, std = (values.reshape(-1, 1, 1) for values in (self.mean, self.std))
        return np.asarray((x * std + mean) / self.scale, np.float32)

    def section(self) -> Preprocess | None:
        """As the spec has it; None where it cannot say it."""
        from ....language.sections.preprocess import Preprocess

        said = {"scale": self.scale, "mean": _said(self.mean), "std": _said(self.std)}
        usual = {"scale": 1.0, "mean": 0.0, "std": 1.0}
        try:
            return Preprocess.model_validate({key: value for key, value in said.items() if value != usual[key]})
        except ValidationError:
            return None


def _said(values: Array) -> float | tuple[float, ...]:
    """One number where all are the same, in few digits."""
    numbers = tuple(shortest(float(value)) for value in values)
    return numbers[0] if len({*numbers}) == 1 else numbers
