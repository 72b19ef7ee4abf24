"""What a network made of one input, as the page knows it: layers' ranges, the classes, the thread, marked cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...graph.shape import Shape
from ...spec.ranking import output_kind, reading, top
from ..drawing.json_number import json_number
from ..drawing.terminal_text import escaped
from ..inspection.maps.brightness import by_strength
from ..inspection.overview.overview import layer_values
from ..inspection.sources import trail
from ..inspection.trace import Trace
from .boxes import Mark

TOP = 5
"""Classes that are listed."""


def run_data(name: str, trace: Trace, number: Mapping[str, int], way: Sequence[Mark]) -> dict[str, Any]:
    """The input called `name` and its way through the network; `way` is its thread."""
    return {
        "name": escaped(name),
        "stats": [
            [*map(json_number, (each.least, each.mean, each.largest)), each.zeros, each.lost, each.strongest_map]
            for each in layer_values(trace)
        ],
        "top": likeliest(trace),
        "thread": [[number[layer], place] for layer, place in way],
    }


def likeliest(trace: Trace) -> dict[str, Any] | None:
    """The output that is read as classes, how, and its likeliest: index and probability. None where there is none."""
    for output in trace.graph.outputs:
        read = reading(trace.graph, output)
        if read is not None:
            with np.errstate(all="ignore"):
                probabilities = read.probabilities(trace.values[output].reshape(1, -1))[0]
            found = top(probabilities, None, TOP)
            return {
                "output": output,
                "kind": output_kind(trace.graph, output),
                "classes": [[each.index, json_number(each.score)] for each in found],
            }
    return None


def thread(trace: Trace, target: int | None) -> list[Mark]:
    """From a class, by default the likeliest, or else the last output's largest value, along the largest contribution
    to the input."""
    start, place = _start(trace, target)
    way: list[Mark] = []
    last = None
    for cell, source in trail(trace, start, place):
        way.append((cell.step.name, cell.place))
        last = source
    return [*way, (last.name, last.place)] if last is not None else way


def _start(trace: Trace, target: int | None) -> tuple[str, Shape]:
    found = likeliest(trace)
    if found is None:
        output = trace.graph.outputs[-1]
        return output, trace.strongest(output)
    output = found["output"]
    index = found["classes"][0][0] if target is None else target
    return output, (index, *(0 for _ in trace.graph.shape(output)[1:]))


def marks(trace: Trace, count: int, on_thread: Sequence[Mark]) -> list[Mark]:
    """Of each layer the largest value of each of its strongest maps, `count` in all, and the cells on the thread."""
    found = dict.fromkeys((name, place) for name, place in on_thread if name in trace.graph.by_name)
    for step in trace.graph.steps:
        values = trace.values[step.name]
        if values.ndim == 1:
            order = np.argsort(-np.abs(values), kind="stable")[:count]
            found.update(dict.fromkeys((step.name, (int(i),)) for i in order))
            continue
        for c in by_strength(values)[:count]:
            row, column = np.unravel_index(int(np.abs(values[c]).argmax()), values.shape[1:])
            found[step.name, (c, int(row), int(column))] = None
    return list(found)
