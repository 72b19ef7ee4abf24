"""What an import gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..spec import Spec

    Tensors = dict[str, "NDArray[Any]"]

TOLERANCE = 1e-4
"""The largest difference from the model, as a share of its output's scale, with which a spec passes for it..."""
ROUGH = 1e-2
"""... and the largest where it is seen to be rounding."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far the outputs of a spec are from the model's: `largest` as a share of the `scale` of the output, the
    largest value in it. `judge` is the program that ran the model, on so many random `inputs`."""

    judge: str
    largest: float
    scale: float
    inputs: int


@dataclass(frozen=True, slots=True)
class Imported:
    """A spec as text and as such, the tensors by name, where the model comes from, and what is to be known of it."""

    text: str
    spec: Spec
    tensors: Tensors
    source: str
    notes: tuple[str, ...] = ()
    difference: Difference | None = None
    values: dict[str, str] = field(default_factory=dict)
    """Layers by the names of the model's values that they make."""
    classes: tuple[str, ...] = ()
    """Names of the classes, where the spec has them in a file."""
