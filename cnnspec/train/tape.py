"""Forward through a graph as in training, and the whole way back (reverse-mode differentiation).

Forward keeps each layer's way back, with what that holds on to; everything else is let go once no later layer needs
it. Going back, a layer's way and the gradient of its output are let go as soon as they are used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

from ..engine.backends import DEFAULT, chain
from ..graph.array import Array
from ..graph.graph import INPUT, Graph, Step
from ..graph.layer import TrainingContext
from .backward_path import BackwardPath

if TYPE_CHECKING:
    from ..graph.layer import Pullback

BackwardPass = Callable[[Array, Mapping[str, Array]], None]
"""From the loss' gradient by the output (N, *output) to those by the learned tensors, which it writes into arrays of
the tensors' names. It is called once, and may spoil what it is given."""


class Tape:
    """A graph of one output, and the names of the tensors that are `learned`, by the kernels of a backend, which may
    share their work out between threads."""

    def __init__(self, graph: Graph, learned: Collection[str], backend: str = DEFAULT, threads: int = 1) -> None:
        self.path = BackwardPath(graph, learned)
        self.kernels = chain(backend).backends[0].training(threads)
        frozen = self.path.frozen
        self.ways = {
            step.name: (self.kernels.frozen if step.name in frozen else self.kernels.vjp)(step.layer)
            for step in self.path.steps
        }

    def forward(
        self, tensors: Mapping[str, Array], x: Array, context: Callable[[str, bool], TrainingContext]
    ) -> tuple[Array, BackwardPass]:
        """The output (N, *output) for x (N, C, H, W), and the way back. `context` is asked by a layer's name, and
        whether the way back goes on behind it."""
        live = {INPUT: x}
        del x
        way: list[tuple[Step, Pullback]] = []
        for step, dying in zip(self.path.steps, self.path.dying, strict=True):
            inputs = [live[name] for name in step.inputs]
            for name in dying:
                del live[name]
            own = {key: tensors[f"{step.name}.{key}"] for key in step.tensors}
            own_context = context(step.name, not self.path.on_the_way.isdisjoint(step.inputs))
            live[step.name], pull = self.ways[step.name](own_context, *inputs, **own)
            if step.name in self.path.on_the_way:
                way.append((step, pull))
            del inputs, pull
        return live[self.path.output], lambda dy, into: self._back(way, dy, into)

    def _back(self, way: list[tuple[Step, Pullback]], dy: Array, into: Mapping[str, Array]) -> None:
        gradients = {self.path.output: dy}
        del dy
        while way:
            step, pull = way.pop()
            by_inputs, by_tensors = pull(gradients.pop(step.name))
            del pull
            for key, gradient in by_tensors.items():
                if (name := f"{step.name}.{key}") in into:
                    self.kernels.put(gradient, into[name])
            for name, gradient in zip(step.inputs, by_inputs, strict=True):
                if name in gradients:
                    self.kernels.add(gradient, gradients[name])
                elif name in self.path.on_the_way:
                    gradients[name] = gradient
            del by_inputs, by_tensors, gradient
