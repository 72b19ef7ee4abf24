"""A row for each layer of a network that has run: what its values are like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ....graph.graph import INPUT
from ....graph.shape import Shape
from ..maps.brightness import by_strength
from ..trace import Trace


class LayerValues(NamedTuple):
    """The range of a layer's values, the share of zeros and of those that are no finite numbers, and its strongest
    map: that of the largest mean size. Of `input`, too."""

    name: str
    kind: str
    shape: Shape
    least: float
    mean: float
    largest: float
    zeros: float
    lost: float
    strongest_map: int


def layer_values(trace: Trace) -> Iterator[LayerValues]:
    """In the order of execution, `input` first."""
    kinds = {INPUT: ""} | {step.name: step.kind for step in trace.graph.steps}
    for name, values in trace.values.items():
        finite = np.isfinite(values)
        usable = values if finite.all() else values[finite]
        yield LayerValues(
            name,
            kinds[name],
            values.shape,
            float(usable.min(initial=np.inf)) if usable.size else np.nan,
            float(usable.mean(dtype=float)) if usable.size else np.nan,
            float(usable.max(initial=-np.inf)) if usable.size else np.nan,
            float((values == 0).mean()),
            1 - float(finite.mean()),
            by_strength(values)[0],
        )
