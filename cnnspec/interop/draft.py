"""The network that an importer makes, step by step, with names for the time being."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from ..diagnostics.wording import quantity
from ..graph.builder import GraphBuilder, Value
from ..graph.graph import INPUT, Step
from ..graph.layer import Layer, LayerError
from ..graph.shape import Shape
from .faults import Unsaid

Fields = Mapping[str, Any]
Arrays = dict[str, NDArray[np.float32]]


class Draft:
    """Steps, their tensors by step and key, and the names of those steps that the model's file tells one of. Without
    numbers, they are those of a network whose weights are not at hand."""

    def __init__(self, size: Shape, has_numbers: bool = True) -> None:
        self.has_numbers = has_numbers
        self.builder = GraphBuilder(size)
        self.input = self.builder.value(INPUT)
        self.tensors: dict[str, Arrays] = {}
        self.told: dict[str, str] = {}
        self._layers: dict[tuple[str, str], Layer] = {}

    def add(
        self, kind: str, inputs: Iterable[Value], fields: Fields | None = None, tensors: Mapping[str, Any] | None = None
    ) -> Value:
        """One more step. Raises Unsaid where it is none, or has other tensors."""
        step = self.step(self.layer(kind, fields or {}), list(inputs))
        if step.tensors and self.has_numbers:
            self.tensors[step.name] = fitting(step, tensors or {})
        self.builder.append(step)
        return Value.of(step)

    def output(self, value: Value, others: Collection[str]) -> str:
        """The step of an output. Where that is the input, or one of the `others` as well, it is one of its own, which
        does nothing."""
        if value.name not in others and value.name != INPUT:
            return value.name
        return self.add("identity", [value]).name

    def layer(self, kind: str, fields: Fields) -> Layer:
        """The layer of some fields; equal ones are one. Raises Unsaid."""
        from ..layers import find

        key = (kind, repr(sorted(fields.items(), key=str)))
        if key not in self._layers:
            try:
                self._layers[key] = find(kind).model_validate(dict(fields))
            except ValidationError as fault:
                first = fault.errors()[0]
                raise Unsaid(f"a `{kind}` takes no {'.'.join(map(str, first['loc']))} of {first['input']!r}") from fault
        return self._layers[key]

    def step(self, layer: Layer, inputs: list[Value], after: int = 0) -> Step:
        """A step that is no part of the network yet, under the next name but so many. Raises Unsaid."""
        try:
            return self.builder.step(layer, inputs, f"#{len(self.builder.steps) + after}")
        except LayerError as fault:
            raise Unsaid(fault.issue.message.replace("{layer}", f"`{layer.kind}`")) from fault


def fitting(step: Step, given: Mapping[str, Any]) -> Arrays:
    """A step's tensors in its shapes, of arrays by key. Raises Unsaid."""
    if len(given) != len(step.tensors):
        raise Unsaid(f"`{step.kind}` holds {quantity(len(step.tensors), 'tensor')}, {len(given)} are given")
    found = {}
    for key, wanted in step.tensors.items():
        array = np.asarray(given[key])
        if array.size != int(np.prod(wanted.shape)):
            raise Unsaid(f"its {key} has the shape {array.shape}, a {step.kind} here has {wanted.shape}")
        found[key] = np.asarray(array, np.float32).reshape(wanted.shape)
        if not np.isfinite(found[key]).all():
            raise Unsaid(f"its {key} is not finite")
    return found
