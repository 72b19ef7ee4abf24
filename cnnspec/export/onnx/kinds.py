"""How each layer kind is said in ONNX: the table that `Writer` looks rules up in."""

from __future__ import annotations

from . import norms, places, values, windows
from .calls import Rule

KINDS: dict[str, Rule] = {**norms.KINDS, **places.KINDS, **values.KINDS, **windows.KINDS}
