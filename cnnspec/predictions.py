"""Raw outputs -> the classes that they speak for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from .graph import INPUT, Graph
from .kernels.windows import Array
from .layers import find


@dataclass(frozen=True, slots=True)
class Class:
    """One class of a result: its index, its name ("" when the spec gives none), its probability."""

    index: int
    name: str
    score: float


def softmax(y: Array) -> Array:
    """Scores (N, K) as probabilities, by the layer's own definition."""
    return find("softmax")().forward(y)


READ: dict[str, tuple[Callable[[Array], Array], str]] = {
    "scores": (softmax, "softmax of the output"),
    "probabilities": (lambda y: y, "the output itself"),
    "log-probabilities": (np.exp, "exp of the output"),
}


def reading(graph: Graph, output: str) -> tuple[Callable[[Array], Array], str]:
    """How an output becomes probabilities, as a function of (N, K) and in words."""
    name = output
    while name != INPUT and graph.by_name[name].layer.is_view:
        name = graph.by_name[name].inputs[0]
    return READ["scores" if name == INPUT else graph.by_name[name].layer.gives]


def is_classes(graph: Graph, output: str) -> bool:
    """Whether an output is one value a class: K, or K x 1 x 1."""
    shape = graph.shape(output)
    return prod(shape) == shape[0]


def top(probabilities: Array, classes: Sequence[str] | None, count: int) -> list[Class]:
    """The `count` likeliest classes of (K,) probabilities, likeliest first; equal ones in the order of classes."""
    named = classes if classes is not None and len(classes) == len(probabilities) else None
    best = np.argsort(-probabilities, kind="stable")[:count]
    return [Class(int(i), named[int(i)] if named else "", float(probabilities[i])) for i in best]
