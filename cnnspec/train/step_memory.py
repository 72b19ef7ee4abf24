"""What a step of training takes in memory: known from the graph and the settings, before there is an array.

A step is a row of moments: each layer goes forward, the loss is measured, each layer goes back. Everything that layers
hand on, keep and hand back exists from one moment up to another, and is counted in float32, as the tape lets it go.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from typing import NamedTuple

from ..diagnostics import Diagnostic, TrainingError
from ..diagnostics.wording import quantity
from ..graph.graph import INPUT, Graph
from ..graph.shape import FLOAT, Shape
from ..language.sections.train import LossName, Train
from ..machine.hardware import memory
from .backward_path import BackwardPath

LABEL = 8
"""Bytes of a label, an int64."""
ANSWERS: dict[LossName, Callable[[Shape], int]] = {
    "cross_entropy": lambda shape: LABEL * prod(shape[1:]),
    "binary_cross_entropy": lambda shape: LABEL * prod(shape),
    "mse": lambda shape: FLOAT * prod(shape),
}
"""Bytes of what a network ought to give for an example."""
SCRATCH = 3 << 19
"""Bytes that a worker's kernels take for themselves: they go part by part, each of which fits a core's cache."""
OBJECTS = 1 << 12
"""Bytes of the Python objects that a layer leaves until it goes back."""


@dataclass(frozen=True, slots=True)
class StepMemory:
    """Peak bytes of a step of `batch` examples, split between `workers`.

    From step to step stay the `weights` with the buffers, the `gradients` of every worker, and the `state` of the
    optimizer, whose `rule` has a name.
    In a step there are the `examples`, the workers' `scratch`, and what layers hand on and keep: `between` them the
    most that exists at once, when the layer `at` goes forward or `backward`.
    """

    batch: int
    workers: int
    weights: int
    gradients: int
    state: int
    rule: str
    examples: int
    scratch: int
    between: int
    at: str
    backward: bool

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.state + self.examples + self.scratch + self.between


def step_memory(graph: Graph, settings: Train, workers: int = 1) -> StepMemory:
    """Of training `graph`, which has one output."""
    trained = settings.trained(graph)
    learned = settings.learned(trained)
    workers = min(workers, settings.batch)
    moments = Moments(BackwardPath(trained, learned), settings.batch, workers)
    between, step, backward = moments.peak()
    shape = trained.shape(trained.outputs[0])
    answer = ANSWERS[settings.loss](shape)
    weights = FLOAT * sum(map(prod, learned.values()))
    return StepMemory(
        batch=settings.batch,
        workers=workers,
        weights=FLOAT * sum(prod(tensor.shape) for tensor in trained.tensors.values()),
        gradients=workers * weights,
        state=len(settings.slots) * weights,
        rule=settings.optimizer,
        examples=settings.batch * (FLOAT * prod(graph.input) + answer),
        scratch=workers * (SCRATCH + OBJECTS * len(trained.steps)),
        between=between,
        at=step,
        backward=backward,
    )


class Lifetime(NamedTuple):
    """So many bytes that exist from one moment up to and with another."""

    born: int
    last: int
    nbytes: int


class Moments:
    """Moment i is the i-th layer's way forward, 2n - i its way back; n, the number of layers, is the loss."""

    def __init__(self, path: BackwardPath, batch: int, workers: int) -> None:
        self.path, self.batch, self.workers = path, batch, workers
        self.loss = len(path.steps)
        self.back = {step.name: 2 * self.loss - i for i, step in enumerate(path.steps)}
        self.kept = {s.name: s.layer.saved_for_backward(*s.arriving) for s in path.steps if s.name in path.on_the_way}

    def peak(self) -> tuple[int, str, bool]:
        """The most bytes at once, the layer that is then at work, and whether it goes back."""
        changes = [0] * (2 * self.loss + 2)
        for life in (*self._outputs(), *self._gradients(), *self._in_passing()):
            changes[life.born] += life.nbytes
            changes[life.last + 1] -= life.nbytes
        most, moment = max((nbytes, -moment) for moment, nbytes in enumerate(accumulate(changes)))
        backward = -moment > self.loss
        at = 2 * self.loss + moment if backward else min(-moment, self.loss - 1)
        return most, self.path.steps[at].name, backward

    def _outputs(self) -> Iterator[Lifetime]:
        """Of the layers and the network's input; and what layers keep beside them."""
        shapes = {INPUT: self.path.steps[0].arriving[0]} | {step.name: step.shape for step in self.path.steps}
        born = {INPUT: 0} | {step.name: i for i, step in enumerate(self.path.steps)}
        last = born | {self.path.output: self.loss}
        for i, step in enumerate(self.path.steps):
            kept = self.kept.get(step.name)
            for name in step.inputs:
                last[name] = max(last[name], self.back[step.name] if kept and kept.inputs else i)
            if kept and kept.output:
                last[step.name] = self.back[step.name]
            if kept:
                yield Lifetime(i, self.back[step.name], self.batch * kept.own)
        for name, shape in shapes.items():
            yield Lifetime(born[name], last[name], self._size(shape))

    def _gradients(self) -> Iterator[Lifetime]:
        """By the outputs: the first that reaches a layer stays until it goes back, the others are added to it."""
        waiting = {self.path.output}
        yield Lifetime(self.loss, self.back[self.path.output], self._size(self.path.steps[-1].shape))
        for step in reversed(self.path.steps):
            now = self.back[step.name]
            for name, shape in zip(step.inputs, step.arriving, strict=True):
                stays = name in self.path.on_the_way and name not in waiting
                waiting.add(name)
                if step.name in self.path.on_the_way:
                    yield Lifetime(now, self.back[name] if stays else now, self._size(shape))

    def _in_passing(self) -> Iterator[Lifetime]:
        """What layers at work copy (with padding around it, say), and what goes into the gradients of their tensors;
        those that leave the shape as it is work in place. The loss takes what its output does, twice."""
        for i, step in enumerate(self.path.steps):
            forward, back = i, self.back[step.name]
            copied = 0 if step.layer.keeps_shape else max(map(self._size, (*step.arriving, step.shape)))
            yield Lifetime(forward, forward, copied)
            if step.name in self.kept:
                own = FLOAT * step.params + self.kept[step.name].scratch
                yield Lifetime(back, back, copied + self.workers * own)
        yield Lifetime(self.loss, self.loss, 2 * self._size(self.path.steps[-1].shape))

    def _size(self, shape: Shape) -> int:
        """Bytes of a batch."""
        return FLOAT * self.batch * prod(shape)


GIB = 1 << 30


def ensure_memory(graph: Graph, settings: Train, workers: int, learned: int) -> None:
    """Raises E504 when a step takes more than the machine's memory, or the container's; `learned` is the number of
    examples to learn from, which bounds a batch."""
    there = memory().usable

    def needed(batch: int) -> int:
        return step_memory(graph, settings.model_copy(update={"batch": batch}), workers).total

    batch = min(settings.batch, learned)
    if there is None or needed(batch) <= there:
        return
    largest = bisect_right(range(1, batch), there, key=needed)
    message = f"a step of {quantity(batch, 'example')} does not fit in memory"
    why = f"it takes {needed(batch) / GIB:,.1f} GiB, there are {there / GIB:,.1f} GiB"
    cure = f"`--set train.batch={largest}` fits" if largest else "a smaller network or input, or fewer `--threads`"
    raise TrainingError([Diagnostic("E504", message, why=why, help=cure)])
