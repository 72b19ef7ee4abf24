"""Nodes -> the steps of a graph and their tensors. What is no layer is gathered, not only the first of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....diagnostics import Diagnostic
from ....diagnostics.wording import quantity
from ....graph.builder import Value
from ....graph.graph import INPUT, Step
from ....graph.receptive_field import IDENTITY
from ....graph.shape import times
from ...draft import Draft, fitting
from ...faults import Unsaid
from .. import operators
from ..translation import Fields
from . import operands
from .faults import unsaid
from .spelling import spelled
from .static import Node, StaticModel


class Origin(NamedTuple):
    """Where a layer comes from: its node's name, and the names of the tensors that it holds."""

    node: str
    tensors: tuple[str, ...] = ()


@dataclass(slots=True)
class Lowered:
    """Steps with their tensors, what each comes from, and what was left out."""

    draft: Draft
    origins: dict[str, Origin] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    """The steps that make the model's outputs."""
    names: dict[str, str] = field(default_factory=dict)
    """Steps by the values of the file that they make."""
    dropped: list[str] = field(default_factory=list)
    """Operators that do nothing when a network runs, and were left out."""
    faults: list[Diagnostic] = field(default_factory=list)


def lower(model: StaticModel, nodes: list[Node]) -> Lowered:
    """The layers that the nodes are."""
    return _Lowering(model).run(nodes)


class _Lowering:
    def __init__(self, model: StaticModel) -> None:
        self.model = model
        self.draft = Draft(model.size)
        self.found = Lowered(self.draft)
        self.values: dict[str, Value] = {model.input: self.draft.input}
        self.unsaid: dict[tuple[str, str], list[Node]] = {}
        self.made: set[str] = {model.input}
        """Values that are said to their end."""

    def run(self, nodes: list[Node]) -> Lowered:
        for node in nodes:
            self._take(node)
        found = self.found
        found.faults = [self._fault(why, those) for (_, why), those in self.unsaid.items()]
        for name in self.model.outputs:
            if name not in self.values and not found.faults:
                found.faults = [unsaid(self.model.path, name, "", "it is no layer's output: a second one of its node")]
        if not found.faults:
            for end, name in zip(self.model.ends, self.model.outputs, strict=True):
                found.outputs.append(self._output(end, name))
        return found

    def _take(self, node: Node) -> None:
        try:
            node = node if node.kind else self._spelled(node)
            if node.op == "Identity" and not node.kind:
                self.values[node.output] = self.values[node.inputs[0]]
                self.found.dropped.append(node.name)
                self._made(node)
                return
            self._append(node)
            self._made(node)
        except Unsaid as fault:
            self.unsaid.setdefault((node.op, str(fault)), []).append(node)
            for name in node.outputs:  # so that what stands behind it is looked at, too
                shape = self.model.shapes.get(name)
                if shape:
                    self.values[name] = Value(name, shape[1:], (IDENTITY, IDENTITY))

    def _made(self, node: Node) -> None:
        if self.made.issuperset(name for name in node.inputs if name in self.values):
            self.made.add(node.output)

    def _spelled(self, node: Node) -> Node:
        if node.output not in self.model.shapes:
            raise Unsaid(REASONS.get(node.op, "what it makes has no shape that is known before it runs"))
        for name in node.inputs:
            if name and name not in self.model.constants and name not in self.values:
                raise Unsaid("the shape of what arrives is not known")
            if name in self.model.shapes and self.model.shapes[name][:1] != (1,):
                raise Unsaid(f"{self.model.shapes[name]} arrives, whose first axis is no batch")
        node = spelled(node, self.model)
        if node.op == "Dropout" and not _is_training(node, self.model):
            return _dropout(node, self.model)
        return node

    def _append(self, node: Node) -> None:
        shape = self.model.shapes.get(node.output)
        if shape is None:
            raise Unsaid(REASONS.get(node.op, "what it makes has no shape that is known before it runs"))
        kind, fields = (node.kind, dict(node.attributes)) if node.kind else self._read(node)
        stored = [name for name in node.inputs if name in self.model.constants]
        inputs = [self.values[name] for name in node.inputs if name and name not in self.model.constants]
        steps = [self.draft.step(self.draft.layer(kind, fields), inputs)]
        made = steps[0].shape
        if made != shape[1:] and prod(made) == prod(shape[1:]) == shape[-1] == made[0]:  # (C, 1, 1) and (C,)
            steps.append(self.draft.step(self.draft.layer("flatten", {}), [Value.of(steps[0])], 1))
        if (1, *steps[-1].shape) != shape:
            raise Unsaid(f"`{kind}` would make {times(made)} of one input, it makes {times(shape)} of a batch of 1")
        tensors = self._tensors(steps[0], stored)
        if tensors:
            self.draft.tensors[steps[0].name] = tensors
        origins = tuple(self.model.origins.get(each, each) for each in stored) if tensors else ()
        for step in steps:
            self.found.origins[step.name] = Origin(node.name, origins if step is steps[0] else ())
            self.draft.builder.append(step)
        self.values[node.output] = Value.of(steps[-1])
        self.found.names[node.output] = steps[-1].name

    def _tensors(self, step: Step, stored: list[str]) -> dict[str, NDArray[np.float32]]:
        if not step.tensors:
            return {}
        if len(stored) != len(step.tensors):
            raise Unsaid(f"`{step.kind}` holds {quantity(len(step.tensors), 'tensor')}, {len(stored)} are given")
        return fitting(step, {key: self.model.constants[name] for key, name in zip(step.tensors, stored, strict=True)})

    def _read(self, node: Node) -> tuple[str, Fields]:
        read = operators.read(operands.of(node, self.model))
        if read is None:
            raise Unsaid(_reason(node, self.model))
        return read

    def _output(self, end: str, name: str) -> str:
        """The step of the output `end`, which is the value `name`. Where that is the input, or another output as
        well, it is one of its own, which does nothing."""
        found = self.values[name].name
        if found not in self.found.outputs and (found != INPUT or not self.draft.builder.steps):
            return found
        step = self.draft.step(self.draft.layer("identity", {}), [self.values[name]])
        self.draft.builder.append(step)
        self.found.origins[step.name] = Origin(end)
        return step.name

    # what is said

    def _fault(self, why: str, nodes: list[Node]) -> Diagnostic:
        node = nodes[0]
        more = f"; {len(nodes) - 1} more nodes are like it" if len(nodes) > 1 else ""
        known = (self.made & self.model.values) - {self.model.input}
        before = [name for name in node.inputs if name in known]
        help = f"`--outputs {before[0]}` imports the part before it" if before else ""
        return unsaid(self.model.path, node.name, node.op, why + more, help)


REASONS = {
    "GRU": "layers with a memory are outside of the language",
    "LSTM": "layers with a memory are outside of the language",
    "RNN": "layers with a memory are outside of the language",
    "If": "a network takes the same way for every input",
    "Loop": "a network takes the same way for every input",
    "Scan": "a network takes the same way for every input",
    "NonMaxSuppression": "what detectors do with their outputs is outside of the language",
    "QuantizeLinear": "weights and values are float32: import the model as it was before it was quantised",
    "DequantizeLinear": "weights and values are float32: import the model as it was before it was quantised",
    "DynamicQuantizeLinear": "weights and values are float32: import the model as it was before it was quantised",
    "QLinearConv": "weights and values are float32: import the model as it was before it was quantised",
}
KNOWN = {translation.op for translation in operators.KINDS.values() if translation.op}


def _reason(node: Node, model: StaticModel) -> str:
    """Why no layer computes what a node does."""
    if node.op in REASONS:
        return REASONS[node.op]
    computed = [name for name in node.inputs if name in model.shapes]
    if node.op in ("MatMul", "Gemm") and len(computed) > 1:
        return "a product of two computed tensors, as attention has it, is no layer"
    arriving = ", ".join(times(model.shapes[name][1:]) or "a number" for name in computed)
    stored = ", ".join(
        times(model.constants[name].shape) or "a number" for name in node.inputs if name in model.constants
    )
    said = ", ".join(f"{key} {_short(value)}" for key, value in sorted(node.attributes.items()))
    about = f"{arriving} arrives" + f", {stored} is stored" * bool(stored) + f", with {said}" * bool(said)
    if node.op not in KNOWN:
        return f"no layer computes what the operator does ({about})"
    return f"no layer computes what it does in this way ({about})"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _is_training(node: Node, model: StaticModel) -> bool:
    """Whether a dropout is told to do as in training, where there is something to drop."""
    ratio, told = (_stored(node, model, index) for index in (1, 2))
    return told is not None and bool(told.any()) and (ratio is None or bool(ratio.any()))


def _stored(node: Node, model: StaticModel, index: int) -> NDArray[Any] | None:
    return model.constants.get(node.inputs[index]) if len(node.inputs) > index else None


def _dropout(node: Node, model: StaticModel) -> Node:
    """With the share that the file says; it does nothing when a network runs."""
    ratio = _stored(node, model, 1)
    p = node.attributes.get("ratio", 0.5) if ratio is None else float(ratio.reshape(-1)[:1].sum())
    from ..node import shortest

    return Node("Dropout", node.name, node.inputs[:1], node.outputs[:1], {"p": shortest(float(p))}, "dropout")
