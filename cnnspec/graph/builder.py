"""A graph made step by step, by whoever knows the layers: elaboration from a spec, an importer from another format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..diagnostics import NOWHERE, Issue, Span
from .graph import INPUT, BlockUse, Costs, Graph, Step, compose_receptive_fields
from .layer import Layer, TensorSpec
from .receptive_field import IDENTITY, NOT_SPATIAL, ReceptiveFields
from .shape import Shape, is_image


class Value(NamedTuple):
    """A tensor of the network: the step that makes it, its shape without the batch, what its cells look back on, and
    where that step is written."""

    name: str
    shape: Shape
    receptive_fields: ReceptiveFields
    span: Span = NOWHERE

    @classmethod
    def of(cls, step: Step) -> Value:
        """What a step makes."""
        return cls(step.name, step.shape, step.receptive_fields, step.span)


class Inferred(NamedTuple):
    """What a layer makes of the shapes that arrive: its output, its tensors, its costs, its warnings, how far a cell
    of its output looks back."""

    shape: Shape
    tensors: dict[str, TensorSpec]
    costs: Costs
    warnings: tuple[Issue, ...]
    receptive_fields: ReceptiveFields


class GraphBuilder:
    """Infers shapes, tensors and receptive fields; equal questions are answered once.

    `input` is (C, H, W), or (C,). A layer that has been used lives as long as the builder: its identity stands for it.
    """

    def __init__(self, input: Shape) -> None:
        self.input = input
        self.steps: list[Step] = []
        self._steps: dict[str, Step] = {}
        self._inferred: dict[tuple[int, tuple[Shape, ...]], Inferred] = {}
        self._layers: dict[int, Layer] = {}

    def infer(self, layer: Layer, arriving: tuple[Shape, ...]) -> Inferred:
        """What `layer` makes of arriving shapes. Raises LayerError where it cannot take them."""
        key = (id(layer), arriving)
        found = self._inferred.get(key)
        if found is None:
            self._layers[id(layer)] = layer
            shape, tensors = layer.output(*arriving), layer.tensors(*arriving)
            costs = Costs.of(tensors, layer.macs(*arriving))
            field = layer.receptive_field(*arriving)
            found = Inferred(shape, tensors, costs, tuple(layer.warnings(*arriving)), field)
            self._inferred[key] = found
        return found

    def step(
        self, layer: Layer, inputs: Sequence[Value], name: str, span: Span = NOWHERE, calls: tuple[BlockUse, ...] = ()
    ) -> Step:
        """A step over some values; it is no part of the graph yet. Raises LayerError."""
        arriving = tuple([value.shape for value in inputs])
        found = self.infer(layer, arriving)
        behind = [value.receptive_fields for value in inputs]
        fields = compose_receptive_fields(found.receptive_fields, arriving, behind, found.shape)
        names = tuple([value.name for value in inputs])
        return Step(name, layer, names, arriving, found.shape, found.tensors, found.costs, fields, span, calls)

    def append(self, step: Step) -> None:
        """Make a step part of the graph, behind all others; that its name is its own is up to the caller."""
        self._steps[step.name] = step
        self.steps.append(step)

    def add(
        self, layer: Layer, inputs: Iterable[str], name: str, span: Span = NOWHERE, calls: tuple[BlockUse, ...] = ()
    ) -> Step:
        """A step over earlier ones, or over `input`, by their names.

        Raises LayerError where the layer cannot take what arrives, ValueError for a name that is taken, KeyError for
        one that no earlier step has.
        """
        if name == INPUT or name in self._steps:
            raise ValueError(f"there is a step `{name}` already")
        step = self.step(layer, [self.value(each) for each in inputs], name, span, calls)
        self.append(step)
        return step

    def value(self, name: str) -> Value:
        """The output of a step, or the network's input. Raises KeyError for a name that is neither."""
        if name == INPUT:
            return Value(INPUT, self.input, (IDENTITY, IDENTITY) if is_image(self.input) else NOT_SPATIAL)
        return Value.of(self._steps[name])

    def build(self, outputs: Iterable[str]) -> Graph:
        """The graph whose outputs are the steps of these names. Raises KeyError for one that is none."""
        return Graph(self.input, tuple(self.steps), tuple([self.value(name).name for name in outputs]))
