"""Networks of a spec's text with weights that are not 0, a batch for them, and a trainer that takes its steps."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnspec.graph.graph import Graph
from cnnspec.language.sections.train import Train
from cnnspec.spec import load
from cnnspec.train.trainer import Trainer
from cnnspec.weights import initial

Array = NDArray[np.floating[Any]]


def graph(text: str) -> Graph:
    return load(io.StringIO(text)).graph


def drawn(network: Graph, dtype: Any = np.float64) -> dict[str, Array]:
    """Weights, none of which is 0."""
    values = initial(network.tensors, "he", 3)
    random = np.random.default_rng(4)
    return {name: (array + 0.1 * random.random(array.shape)).astype(dtype) for name, array in values.items()}


def batch(network: Graph, count: int = 7, classes: int = 3) -> tuple[Array, NDArray[np.int64]]:
    random = np.random.default_rng(5)
    return random.standard_normal((count, *network.input)).astype(np.float32), random.integers(0, classes, count)


def trainer(text: str, workers: int = 1, dtype: Any = np.float64, **given: Any) -> Trainer:
    network = graph(text)
    return Trainer(network, Train(**given), drawn(network, dtype), workers)
