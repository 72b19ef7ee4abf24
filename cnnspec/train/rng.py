"""Random numbers of a training run: a generator made anew for each use, so that no state has to be kept."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What random numbers are for: equal seeds then do not mean equal numbers."""

    WEIGHTS = 0
    ORDER = 1
    AUGMENTATION = 2
    LAYERS = 3


def generator(seed: int, purpose: Purpose, *numbers: int) -> np.random.Generator:
    """A generator that hangs on its arguments alone; `numbers` are such as epoch, step and worker."""
    return np.random.Generator(np.random.PCG64([seed, purpose, *numbers]))
