"""Random changes of images that leave their meaning alone: learned from are never quite the same examples twice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Augment:
    """Changes of images (n, C, H, W): `rotate` degrees at most, either way; `flip` left and right, every other image;
    `crop` cells of padding, of which the image's size is cut out anywhere; `shift` cells at most, along each axis.

    What comes in from outside is `blank` (C,): black.
    """

    blank: NDArray[np.float32]
    shift: int = 0
    crop: int = 0
    flip: bool = False
    rotate: float = 0.0

    def __call__(self, x: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
        """Images like x, each changed in its own way; x stays as it is."""
        raise NotImplementedError
