"""A tape whose first step is written down by the kernels, and carried out again from then on.

A step does the same as the one before it, to other numbers: what the interpreter decides layer by layer comes out the
same. So the first step's arrays stay, the others' batches are copied to them, and there is nothing left to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..graph.array import Array
from ..graph.layer import TrainingContext
from ..graph.shape import Shape
from .tape import BackwardPass, Tape

if TYPE_CHECKING:
    from ..engine.backend import Recorder

Contexts = Callable[[str, bool], TrainingContext]


KEPT = 4
"""Sizes of batches whose steps are kept: an epoch has two."""


class RecordedTape:
    """A tape in whose steps only numbers change: those of each shape of inputs are written down once. While kernels
    would have to be chosen anew, everything goes layer by layer."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.steps: dict[Shape, RecordedStep] = {}

    def forward(self, tensors: Mapping[str, Array], x: Array, context: Contexts) -> tuple[Array, BackwardPass]:
        """As `Tape.forward`; the output has the next step's values then."""
        step = self.steps.get(x.shape)
        if step is not None and step.is_whole and step.is_of(tensors, x):
            return step.again(x, context) if step.recorder.holds else self.tape.forward(tensors, x, context)
        recorder = self.tape.kernels.recorder(x.dtype)
        if recorder is None:
            return self.tape.forward(tensors, x, context)
        while len(self.steps) >= KEPT:
            del self.steps[next(iter(self.steps))]
        self.steps[x.shape] = step = RecordedStep(self.tape, recorder, tensors, x)
        return step.first(context)


class RecordedStep:
    """A step's two programs, the arrays that they begin with and those in which they leave something."""

    def __init__(self, tape: Tape, recorder: Recorder, tensors: Mapping[str, Array], x: Array) -> None:
        self.tape, self.recorder = tape, recorder
        self.tensors = dict(tensors)
        self.x = x.copy("K")
        self.contexts = Latest()
        self.is_whole = False

    def first(self, context: Contexts) -> tuple[Array, BackwardPass]:
        """Carry it out, and write it down."""
        self.contexts.begin(context)
        with self.recorder.program() as self.forward:
            self.outputs, back = self.tape.forward(self.tensors, self.x, self.contexts)

        def learn(dy: Array, into: Mapping[str, Array]) -> None:
            self.dy, self.into = dy.copy("K"), into
            with self.recorder.program() as self.back:
                back(self.dy, into)
            self.is_whole = True

        return self.outputs, learn

    def is_of(self, tensors: Mapping[str, Array], x: Array) -> bool:
        """Whether it is the same step, but for the numbers."""
        is_same = (x.shape, x.dtype) == (self.x.shape, self.x.dtype)
        return is_same and all(tensors[name] is own for name, own in self.tensors.items())

    def again(self, x: Array, context: Contexts) -> tuple[Array, BackwardPass]:
        """Carry it out for another batch."""
        self.contexts.begin(context)
        np.copyto(self.x, x)
        self.forward()
        self.contexts.update_buffers()

        def learn(dy: Array, into: Mapping[str, Array]) -> None:
            np.copyto(self.dy, dy)
            self.back()
            if into is not self.into:
                for name, own in into.items():
                    own[...] = self.into[name]

        return self.outputs, learn


class Latest:
    """The contexts of the step that is being made, for layers that were told of them in the first one."""

    def __init__(self) -> None:
        self._now = Now()
        self._all: list[LatestContext] = []

    def begin(self, contexts: Contexts) -> None:
        self._now.contexts = contexts

    def __call__(self, name: str, needs_input_grad: bool) -> TrainingContext:
        self._all.append(LatestContext(self._now, name, needs_input_grad))
        return self._all[-1]

    def update_buffers(self) -> None:
        """Tell the contexts what layers have told them before: the arrays are the same."""
        for context in self._all:
            if context.buffers:
                context.now.update_buffers(**context.buffers)


class Now:
    """What changes from step to step."""

    contexts: Contexts


class LatestContext:
    """What a layer asks, it asks of the latest step's context."""

    def __init__(self, now: Now, name: str, needs_input_grad: bool) -> None:
        self.needs_input_grad = needs_input_grad
        self.buffers: dict[str, Array] = {}
        self._now, self._name = now, name

    @property
    def now(self) -> TrainingContext:
        return self._now.contexts(self._name, self.needs_input_grad)

    @property
    def random(self) -> np.random.Generator:
        return self.now.random

    def all_reduce(self, part: Array) -> Array:
        return self.now.all_reduce(part)

    def update_buffers(self, **buffers: Array) -> None:
        self.buffers |= buffers
        self.now.update_buffers(**buffers)
