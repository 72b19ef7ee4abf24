"""What a training run has come to, as Python holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..engine.model import Model
from ..files.reading import AnyPath
from ..graph.array import Array
from ..graph.graph import Graph
from . import trained_weights
from .checkpoint import Identity
from .events import EpochDone


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """The weights that were learned, float32 arrays by name: `tensors`; and an `EpochDone` for each epoch: `history`.

    `identity` is what makes the run this run. Where a run was resumed that had ended already, its history is empty.
    """

    graph: Graph
    tensors: Mapping[str, Array]
    history: tuple[EpochDone, ...]
    identity: Identity

    def __repr__(self) -> str:
        return f"<TrainingResult: {len(self.tensors):,} tensors, {len(self.history):,} epochs>"

    def _repr_html_(self) -> str:
        from .. import in_html

        return in_html(self)

    def save(self, path: AnyPath) -> None:
        """Write the weights to `path`, .safetensors or .npz, whole or not at all, with the bytes of `cnnspec train`.

        Raises FileError: E405 for another suffix, E415 when it cannot be written.
        """
        trained_weights.save(self.tensors, path, self.identity)

    def model(self, threads: int | None = None, exact: bool = False) -> Model:
        """The executable network with these weights; as `Spec.compile`."""
        return Model(self.graph, self.tensors, threads, exact)
