"""A graph made step by step, by whoever knows the layers: elaboration from a spec, an importer from another format."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..diagnostics import NOWHERE, Issue, Span
from .graph import INPUT, BlockUse, Graph, Step, compose_receptive_fields
from .layer import Layer, TensorSpec
from .receptive_field import IDENTITY, ReceptiveFields
from .shape import Shape


class Value(NamedTuple):
    """A tensor of the network: the step that makes it, its shape without the batch, what its cells look back on."""

    name: str
    shape: Shape
    receptive_fields: ReceptiveFields


class Inferred(NamedTuple):
    """What a layer makes of the shapes that arrive: its output, its tensors, its warnings, how far a cell of its
    output looks back."""

    shape: Shape
    tensors: dict[str, TensorSpec]
    warnings: tuple[Issue, ...]
    receptive_fields: ReceptiveFields


class GraphBuilder:
    """Infers shapes, tensors and receptive fields; equal questions are answered once.

    `input` is (C, H, W). A layer that has been used lives as long as the builder: its identity stands for it.
    """

    def __init__(self, input: Shape) -> None:
        self.input = input
        self.steps: list[Step] = []
        self._values = {INPUT: Value(INPUT, input, (IDENTITY, IDENTITY))}
        self._inferred: dict[tuple[int, tuple[Shape, ...]], Inferred] = {}
        self._layers: dict[int, Layer] = {}

    def infer(self, layer: Layer, arriving: tuple[Shape, ...]) -> Inferred:
        """What `layer` makes of arriving shapes. Raises LayerError where it cannot take them."""
        key = (id(layer), arriving)
        if key not in self._inferred:
            self._layers[id(layer)] = layer
            shape = layer.output(*arriving)
            remarks = tuple(layer.warnings(*arriving))
            field = layer.receptive_field(*arriving)
            self._inferred[key] = Inferred(shape, layer.tensors(*arriving), remarks, field)
        return self._inferred[key]

    def step(
        self, layer: Layer, inputs: Sequence[Value], name: str, span: Span = NOWHERE, calls: tuple[BlockUse, ...] = ()
    ) -> Step:
        """A step over some values; it is no part of the graph yet. Raises LayerError."""
        arriving = tuple([value.shape for value in inputs])
        found = self.infer(layer, arriving)
        behind = [value.receptive_fields for value in inputs]
        fields = compose_receptive_fields(found.receptive_fields, arriving, behind, found.shape)
        names = tuple([value.name for value in inputs])
        return Step(name, layer, names, arriving, found.shape, found.tensors, fields, span, calls)

    def append(self, step: Step) -> None:
        """Make a step part of the graph, behind all others; that its name is its own is up to the caller."""
        self._values[step.name] = Value(step.name, step.shape, step.receptive_fields)
        self.steps.append(step)

    def add(
        self, layer: Layer, inputs: Iterable[str], name: str, span: Span = NOWHERE, calls: tuple[BlockUse, ...] = ()
    ) -> Step:
        """A step over earlier ones, or over `input`, by their names.

        Raises LayerError where the layer cannot take what arrives, ValueError for a name that is taken, KeyError for
        one that no earlier step has.
        """
        if name in self._values:
            raise ValueError(f"there is a step `{name}` already")
        step = self.step(layer, [self._values[each] for each in inputs], name, span, calls)
        self.append(step)
        return step

    def build(self, outputs: Iterable[str]) -> Graph:
        """The graph whose outputs are the steps of these names. Raises KeyError for one that is none."""
        return Graph(self.input, tuple(self.steps), tuple(self._values[name].name for name in outputs))
