"""How each layer kind is said in PyTorch: one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...graph.graph import Step
from . import data_movement, elementwise, normalization, resizing, windowed
from .rule import Rule

KINDS: dict[str, Rule] = {
    **normalization.KINDS,
    **data_movement.KINDS,
    **elementwise.KINDS,
    **windowed.KINDS,
    "resize": resizing.resize,
}
UNSAID: dict[str, Callable[[Any, Step], str]] = {"resize": resizing.unsaid}
"""For kinds of which not every layer can be said: why one cannot, or nothing."""
