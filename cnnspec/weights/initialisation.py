"""Weights to start training from: random where a tensor has a fan, filled otherwise."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ..diagnostics import Diagnostic, FileError
from ..graph.layer import Style, TensorSpec

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..graph.shape import Shape

_FLOAT32 = 4
_UNKNOWN_MEMORY = 8 * 2**30
"""A guess, where the system does not tell."""


def initial(needed: Mapping[str, TensorSpec], style: Style, seed: int) -> dict[str, NDArray[np.float32]]:
    """Values for each tensor, drawn from `seed` and its own name: a new layer does not change the others.

    `he`: normal, variance 2/fan_in (He et al., Delving Deep into Rectifiers, 2015).
    `glorot`: uniform, variance 2/(fan_in + fan_out) (Glorot and Bengio, Understanding the Difficulty of
    Training Deep Feedforward Neural Networks, 2010).
    `lecun`: normal, variance 1/fan_in (LeCun et al., Efficient BackProp, 1998).

    E409 when they would take more than half of the memory that the process may use: the machine's, or what its
    container is given of it.
    """
    ensure_memory((tensor.shape for tensor in needed.values()), "reduce K, or the input of a `dense` layer")
    return {name: _drawn(name, tensor, style, seed) for name, tensor in needed.items()}


def ensure_memory(shapes: Iterable[Shape], cure: str, file: str = "") -> None:
    """Raises FileError (E409) where tensors of float32 would take more than half of the memory."""
    from ..machine import hardware

    wanted = _FLOAT32 * sum(map(math.prod, shapes))
    found = hardware.memory()
    half = (found.usable or _UNKNOWN_MEMORY) // 2
    if wanted > half:
        message = "the network's weights are too large for this machine"
        whose = "its memory" if found.limit is None else "what this process is limited to"
        why = f"they take {wanted:,} bytes; half of {whose} is {half:,}"
        raise FileError([Diagnostic("E409", message, file=file, why=why, help=cure)])


def _drawn(name: str, tensor: TensorSpec, style: Style, seed: int) -> NDArray[np.float32]:
    import numpy as np

    if tensor.fan is None:
        return np.full(tensor.shape, tensor.fill, np.float32)
    fan_in, fan_out = tensor.fan
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *name.encode()])))
    if style == "glorot":
        values = random.random(tensor.shape, np.float32)
        values -= np.float32(0.5)
        values *= np.float32(2 * math.sqrt(6 / (fan_in + fan_out)))
        return values
    values = random.standard_normal(tensor.shape, np.float32)
    values *= np.float32(math.sqrt((2 if style == "he" else 1) / fan_in))
    return values
