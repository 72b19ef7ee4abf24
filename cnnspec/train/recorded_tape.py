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
from .tape import BackwardPass, Tape

if TYPE_CHECKING:
    from ..engine.backend import Recorder

Contexts = Callable[[str, bool], TrainingContext]


class RecordedTape:
    """A tape in whose steps only numbers change. Batches of another shape than the first one's go through it layer by
    layer, and so does everything while kernels would have to be chosen anew."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.step: RecordedStep | None = None
        self.layer_by_layer = False
        """Record nothing: the same bytes come out."""

    def forward(self, tensors: Mapping[str, Array], x: Array, context: Contexts) -> tuple[Array, BackwardPass]:
        """As `Tape.forward`; the output has the next step's values then."""
        if self.step is not None and not self.step.is_whole:
            self.step = None
        if self.layer_by_layer:
            return self.tape.forward(tensors, x, context)
        if self.step is None and (recorder := self.tape.kernels.recorder()) is not None:
            self.step = RecordedStep(self.tape, recorder, tensors, x)
            return self.step.first(context)
        if self.step is not None and self.step.suits(tensors, x):
            return self.step.again(x, context)
        return self.tape.forward(tensors, x, context)


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

    def suits(self, tensors: Mapping[str, Array], x: Array) -> bool:
        """Whether it is the same step, but for the numbers."""
        return (
            (x.shape, x.dtype) == (self.x.shape, self.x.dtype)
            and all(tensors[name] is own for name, own in self.tensors.items())
            and self.recorder.holds
        )

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
        self._step = Step()
        self._all: list[LatestContext] = []

    def begin(self, contexts: Contexts) -> None:
        self._step.contexts = contexts

    def __call__(self, name: str, needs_input_grad: bool) -> TrainingContext:
        self._all.append(LatestContext(self._step, name, needs_input_grad))
        return self._all[-1]

    def update_buffers(self) -> None:
        """Tell the contexts what layers have told them before: the arrays are the same."""
        for context in self._all:
            if context.buffers:
                context.now.update_buffers(**context.buffers)


class Step:
    """What changes from step to step."""

    contexts: Contexts


class LatestContext:
    """What a layer asks, it asks of the latest step's context."""

    def __init__(self, step: Step, name: str, needs_input_grad: bool) -> None:
        self.needs_input_grad = needs_input_grad
        self.buffers: dict[str, Array] = {}
        self._step, self._name = step, name

    @property
    def now(self) -> TrainingContext:
        return self._step.contexts(self._name, self.needs_input_grad)

    @property
    def random(self) -> np.random.Generator:
        return self.now.random

    def all_reduce(self, part: Array) -> Array:
        return self.now.all_reduce(part)

    def update_buffers(self, **buffers: Array) -> None:
        self.buffers = buffers
        self.now.update_buffers(**buffers)
