"""A step of the graph from a layer and what arrives at it, with what the layer says of that."""

from __future__ import annotations

from ...graph.builder import GraphBuilder, Value
from ...graph.graph import BlockUse, Step
from ...graph.layer import Layer, LayerError
from ..syntax.source import Source
from ..syntax.tree import LayerEntry
from .collector import WalkCollector
from .context import Tensor, Unknown
from .layer_issue import placed


class StepMaker:
    """Makes steps, and adds them to the graph up to the first mistake."""

    def __init__(self, builder: GraphBuilder, findings: WalkCollector, source: Source) -> None:
        self.builder = builder
        self.findings = findings
        self.source = source

    def make(
        self,
        entry: LayerEntry,
        layer: Layer | None,
        name: str,
        tensors: tuple[Tensor, ...],
        calls: tuple[BlockUse, ...],
    ) -> Tensor:
        """The output of the step `name`. `layer` is None after a mistake in its fields."""
        known = [tensor for tensor in tensors if isinstance(tensor, Value)]
        if layer is None or len(known) < len(tensors):
            return self._unknown(entry, layer, name, tensors)
        arriving = tuple([tensor.shape for tensor in known])
        try:
            for remark in self.builder.infer(layer, arriving).warnings:
                self.findings.add(placed(remark, entry, name, (), self.source))
            step = self.builder.step(layer, known, name, entry.span, calls)
        except LayerError as error:
            self.findings.add(placed(error.issue, entry, name, known, self.source))
            return Unknown(name, span=entry.span)
        self.keep(step)
        return Value.of(step)

    def keep(self, step: Step) -> None:
        """Make a step part of the graph, which ends before the first mistake."""
        if self.findings.is_sound:
            self.builder.append(step)

    def _unknown(self, entry: LayerEntry, layer: Layer | None, name: str, tensors: tuple[Tensor, ...]) -> Tensor:
        """The output of a layer that cannot be made, or at which something unknown arrives."""
        self.findings.is_sound = False
        if layer is not None:
            for issue in layer.check_fields():
                self.findings.add(placed(issue, entry, name, (), self.source))
        elif entry.layer.keeps_shape:
            return tensors[0]._replace(name=name)
        return Unknown(name, span=entry.span)
