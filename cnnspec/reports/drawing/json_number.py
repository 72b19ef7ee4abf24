"""Numbers in JSON, which knows neither NaN nor infinity."""

from __future__ import annotations

import math


def json_number(value: float) -> float | None:
    """The number, or null for one that JSON has no word for."""
    return value if math.isfinite(value) else None
