"""What a training run has come to, as Python holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..diagnostics.wording import quantity
from ..engine.model import Model
from ..files.reading import AnyPath
from ..graph.array import Array
from ..graph.graph import Graph
from . import trained_weights
from .events import EpochDone
from .identity import Identity, Notes


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """The weights that were learned, float32 arrays by name: `tensors`; and an `EpochDone` for each epoch: `history`.

    `identity` is what makes the run this run.
    """

    graph: Graph
    tensors: Mapping[str, Array]
    notes: Notes

    @property
    def history(self) -> tuple[EpochDone, ...]:
        return self.notes.progress.epochs

    @property
    def identity(self) -> Identity:
        return self.notes.identity

    def __repr__(self) -> str:
        return f"<TrainingResult: {quantity(len(self.tensors), 'tensor')}, {quantity(len(self.history), 'epoch')}>"

    def _repr_html_(self) -> str:
        from .. import in_html

        return in_html(self)

    def save(self, path: AnyPath) -> None:
        """Write the weights to `path`, .safetensors or .npz, whole or not at all, with the bytes of `cnnspec train`.

        Raises FileError: E405 for another suffix, E415 when it cannot be written.
        """
        trained_weights.save(self.tensors, path, self.notes)

    def model(self, threads: int | None = None, exact: bool = False) -> Model:
        """The executable network with these weights; as `Spec.compile`."""
        return Model(self.graph, self.tensors, threads, exact)
