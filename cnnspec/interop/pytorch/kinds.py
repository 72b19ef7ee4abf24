"""How each layer kind is said in PyTorch: one table."""

from __future__ import annotations

from . import data_movement, elementwise, normalization, windowed
from .rule import Rule

KINDS: dict[str, Rule] = {**normalization.KINDS, **data_movement.KINDS, **elementwise.KINDS, **windowed.KINDS}
