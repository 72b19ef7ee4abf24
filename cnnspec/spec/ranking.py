"""Raw outputs -> the classes that they speak for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from ..graph.array import Array
from ..graph.graph import INPUT, Graph
from ..layers import find


@dataclass(frozen=True, slots=True)
class Class:
    """One class of a result: its index, its name ("" when the spec gives none), its probability."""

    index: int
    name: str
    score: float


class Prediction(NamedTuple):
    """What one output says of one input: its likeliest classes, most likely first, or the array (*shape), float32, when
    it is no list of classes.

    `input` is the name to show; `output` is "" when the network has only this one.
    """

    input: str
    output: str
    found: tuple[Class, ...] | Array


class OutputReading(NamedTuple):
    """How an output becomes probabilities: a function of (N, K), and the same in words."""

    probabilities: Callable[[Array], Array]
    words: str


def softmax(y: Array) -> Array:
    """Scores (N, K) as probabilities, by the layer's own definition."""
    return find("softmax")().forward(y)


READINGS = {
    "scores": OutputReading(softmax, "softmax of the output"),
    "probabilities": OutputReading(lambda y: y, "the output itself"),
    "log-probabilities": OutputReading(np.exp, "exp of the output"),
}


def reading(graph: Graph, output: str) -> OutputReading | None:
    """How an output is read as one probability a class, or None when it is something else.

    Classes are a vector, or C x 1 x 1. The softmax of a single value is always 1, which says nothing.
    """
    shape, kind = graph.shape(output), output_kind(graph, output)
    if prod(shape) != shape[0] or (shape == (1, *shape[1:]) and kind == "scores"):
        return None
    return READINGS[kind]


def output_kind(graph: Graph, output: str) -> str:
    """What the values of an output are, as the layer says that made them; views of them are the same."""
    name = output
    while name != INPUT and graph.by_name[name].layer.is_view:
        name = graph.by_name[name].inputs[0]
    return "scores" if name == INPUT else graph.by_name[name].layer.output_kind


def top(probabilities: Array, classes: Sequence[str] | None, count: int) -> tuple[Class, ...]:
    """The `count` likeliest classes of (K,) probabilities, likeliest first; equal ones in the order of classes."""
    named = classes if classes is not None and len(classes) == len(probabilities) else None
    best = np.argsort(-probabilities, kind="stable")[:count]
    return tuple(Class(int(i), named[int(i)] if named else "", float(probabilities[i])) for i in best)


def figures(y: Array) -> dict[str, float]:
    """Range and mean of an output that is no list of classes."""
    return {"min": float(y.min()), "mean": float(y.mean(dtype=float)), "max": float(y.max())}
