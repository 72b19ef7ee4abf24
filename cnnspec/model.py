"""A compiled spec: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .engine.plain import execute
from .engine.plan import Plan
from .graph import Graph
from .kernels.windows import Array
from .layer import times
from .weights import read, take

if TYPE_CHECKING:
    from .spec import Spec


class Model:
    """An executable network. Calls may come from several threads; every call returns fresh arrays.

    `threads` runs parts of a batch side by side; None leaves it to NumPy.
    """

    def __init__(self, graph: Graph, tensors: Mapping[str, Array], threads: int | None = None) -> None:
        self.graph = graph
        self.tensors = tensors
        self.threads = threads or 1
        self.plan = Plan(graph, tensors)

    def __call__(self, x: Array) -> Array | dict[str, Array]:
        """The output (N, *shape) for x (N, C, H, W); a mapping by name where the spec names `outputs`.

        Raises ValueError when x has another shape.
        """
        outputs = self.run(x)
        return outputs if len(outputs) > 1 else next(iter(outputs.values()))

    def run(self, x: Array) -> dict[str, Array]:
        """All outputs by name, each (N, *shape)."""
        x = self.accept(x)
        if self.threads == 1 or len(x) == 1:
            found = self.plan.run(x)
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                parts = list(pool.map(self.plan.run, np.array_split(x, min(self.threads, len(x)))))
            found = {name: np.concatenate([part[name] for part in parts]) for name in self.graph.outputs}
        return {name: y.copy() if np.may_share_memory(y, x) else y for name, y in found.items()}

    def trace(self, x: Array) -> dict[str, Array]:
        """Every layer's output (N, *shape) by name, by plain execution."""
        return dict(execute(self.graph, self.tensors, self.accept(x)))

    def accept(self, x: Array) -> Array:
        """x as float32 (N, C, H, W), or raise ValueError."""
        x = np.asarray(x, dtype=np.float32)
        if x.ndim != 4 or x.shape[1:] != self.graph.input or not len(x):
            wanted = f"(N, {', '.join(map(str, self.graph.input))})"
            raise ValueError(f"the network takes {wanted} with N >= 1, not {x.shape}: {times(x.shape)}")
        return x


def compile_model(
    spec: Spec,
    weights: str | Path | Mapping[str, Any] | None,
    threads: int | None,
    graph: Graph | None = None,
) -> Model:
    """The model of a spec, or of a part of its graph. Raises FileError when weights are missing or do not fit."""
    graph = graph or spec.graph
    source = weights if weights is not None else spec.weights_path()
    return Model(graph, take(graph.tensors, source), threads)
