"""One step of training: a batch forward and back, and the weights moved along its gradient.

The batch is split between workers, who share the weights; each has gradients of its own, which are added up in the
workers' order. Or, where a backend can, the workers share each layer of the whole batch out, and nothing hangs on how
many they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite, sqrt
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..engine.backends import DEFAULT, chain
from ..graph.array import Array
from ..graph.graph import Graph
from ..kernels.training.updates import pieces
from ..language.sections.train import Train
from ..machine.malloc import keep_freed_memory
from .flat_parameters import FlatParameters
from .losses import Loss, measure
from .optimizers import Optimizer
from .recorded_tape import RecordedTape
from .rng import Purpose, generator
from .tape import Tape
from .workers import AllReduce, Workers

T = TypeVar("T")

ENOUGH = 4
"""Pieces of the weights that another worker is woken for."""
WORTH = 20_000_000
"""MACs of an average layer, forward and twice as much back, below which workers get more in each other's way than they
help: NumPy's calls are short then, and have the interpreter one at a time."""


class StepResult(NamedTuple):
    """The loss before the step, a mean over the batch; how many answers were right; the norm of the gradient, before
    it was clipped. Where one of them is no finite number, there is nothing to move along."""

    loss: float
    correct: int
    gradient_norm: float

    @property
    def is_finite(self) -> bool:
        return isfinite(self.loss) and isfinite(self.gradient_norm)


class PartialStep(NamedTuple):
    """What a worker's part of a batch gave, beside its gradients."""

    loss: float
    correct: int
    buffers: dict[str, Array]


class LayerContext:
    """What a layer may need in a step of one worker: the contract `TrainingContext` of `cnnspec.graph.layer`."""

    def __init__(self, name: str, needs_input_grad: bool, step: StepContext) -> None:
        self.random = step.random
        self.needs_input_grad = needs_input_grad
        self._name, self._step = name, step

    def all_reduce(self, part: Array) -> Array:
        return self._step.sums.all_reduce(self._step.worker, part)

    def update_buffers(self, **buffers: Array) -> None:
        self._step.buffers.update((f"{self._name}.{key}", value) for key, value in buffers.items())


class StepContext:
    """What all layers share in a step of one worker, and the new values of their buffers."""

    def __init__(self, worker: int, sums: AllReduce, random: np.random.Generator) -> None:
        self.worker, self.sums, self.random = worker, sums, random
        self.buffers: dict[str, Array] = {}

    def layer(self, name: str, needs_input_grad: bool) -> LayerContext:
        return LayerContext(name, needs_input_grad, self)


class Trainer:
    """A network on its way. `tensors` are its arrays by name: they change from step to step.

    `class_weights` (C,) are how much each class counts, by default the same. `backend` names whose kernels are used:
    others than NumPy's have some for float32 alone. Tensors are taken over in their own type:
    float32, or float64 for comparisons. The same steps give the same bytes
    for a given number of workers; for any number where the backend shares layers out.
    """

    def __init__(
        self,
        graph: Graph,
        settings: Train,
        tensors: Mapping[str, Array],
        workers: int = 1,
        class_weights: Array | None = None,
        backend: str = DEFAULT,
    ) -> None:
        keep_freed_memory()
        self.settings, self.class_weights = settings, class_weights
        self.graph = settings.trained(graph)
        learned = settings.learned(self.graph)
        dtype = next(iter(tensors.values())).dtype
        self.weights = FlatParameters(learned, dtype)
        self.weights.fill(tensors)
        own = self.weights.named
        self.tensors = {name: own[name] if name in own else tensors[name].copy() for name in graph.tensors}
        self.optimizer = Optimizer(settings, self.weights)
        self.workers = Workers(min(workers, settings.batch))
        tape = Tape(self.graph, learned, backend, self.workers.count)
        self.kernels, self.tape = tape.kernels, RecordedTape(tape)
        self.shares_layers = chain(backend).backends[0].shares_layers
        self.parts = 1 if self.shares_layers else self.workers.count
        self.gradients = [FlatParameters(learned, dtype) for _ in range(self.parts)]
        self._norm = 0.0
        self._buffers: dict[str, Array] = {}

    def step(self, x: Array, y: NDArray[Any], rate: float, epoch: int = 0, number: int = 0) -> StepResult:
        """Learn from a batch: `vjp`, and `move` where the result is finite."""
        result = self.vjp(x, y, epoch, number)
        if result.is_finite:
            self.move(rate)
        return result

    def vjp(self, x: Array, y: NDArray[Any], epoch: int = 0, number: int = 0) -> StepResult:
        """Find the gradient of the loss on a batch: x (N, C, H, W), and labels or targets y, as `losses` says.

        Nothing is moved yet. Random numbers hang on `seed`, epoch and the step's number in it. What a worker raises
        is raised here.
        """
        count = self._hands(len(x))
        loss = measure(self.settings, y, self.class_weights)
        parts = np.array_split(np.arange(len(x)), count)

        def learn(worker: int, sums: AllReduce) -> PartialStep:
            random = generator(self.settings.seed, Purpose.LAYERS, epoch, number, worker)
            context = StepContext(worker, sums, random)
            part = slice(parts[worker][0], parts[worker][-1] + 1)
            return self._learn(x[part], y[part], lambda outputs, y: loss(outputs, y, len(x)), context)

        found = self.workers.run(learn, count)
        self._norm, self._buffers = self._gradient_norm(count), found[0].buffers
        return StepResult(sum(part.loss for part in found), sum(part.correct for part in found), self._norm)

    def _hands(self, examples: int) -> int:
        """How many workers share so many examples: as many as have enough to do for it. By sizes alone, so the same
        runs still give the same bytes."""
        work = 3 * examples * self.graph.totals.macs / len(self.graph.steps)
        most = min(self.parts, examples)
        return max(count for count in range(1, most + 1) if count == 1 or work / count >= WORTH)

    def move(self, rate: float) -> None:
        """Move the weights along the gradient that was found last, which is spoilt, and update the buffers.

        Only Ctrl-C, which is to be held back, could find the weights half moved.
        """
        clip = self.settings.clip
        shrink = min(1.0, clip / (self._norm + 1e-6)) if clip else 1.0  # as PyTorch's clip_grad_norm_
        update, gradient = self.optimizer.begin(rate, shrink), self.gradients[0].whole
        self._over_pieces(lambda piece: self.kernels.move(update, *self.optimizer.moving(piece, gradient[piece])))
        for name, value in self._buffers.items():
            if not self.settings.freezes(name):
                self.tensors[name][...] = value

    def _learn(
        self, x: Array, y: NDArray[Any], measure: Callable[[Array, NDArray[Any]], Loss], context: StepContext
    ) -> PartialStep:
        """A worker's part: the gradients are left in its own arrays."""
        outputs, back = self.tape.forward(self.tensors, _laid_out(x, self.weights.whole.dtype), context.layer)
        loss = measure(outputs, y)
        del outputs
        back(loss.gradient, self.gradients[context.worker].named)
        return PartialStep(loss.value, loss.correct, context.buffers)

    def _gradient_norm(self, count: int) -> float:
        """Add the gradients of `count` workers up in the first one's, and give their norm."""
        total, *others = (gradients.whole for gradients in self.gradients[:count])

        def add(piece: slice) -> float:
            own = total[piece]
            for other in others:
                own += other[piece]
            return self.kernels.squared_norm(own)

        return sqrt(sum(self._over_pieces(add)))

    def _over_pieces(self, work: Callable[[slice], T]) -> list[T]:
        """What `work` gives for each piece of the weights, in order; workers share them out. Where the backend does
        that by itself, they are one piece."""
        if self.shares_layers:
            return [work(slice(None))]
        all_pieces = pieces(len(self.weights.whole))
        count = min(self.workers.count, max(1, len(all_pieces) // ENOUGH))
        shares = self.workers.run(lambda worker, _: [work(piece) for piece in all_pieces[worker::count]], count)
        return [shares[i % count][i // count] for i in range(len(all_pieces))]


def _laid_out(x: Array, dtype: DTypeLike) -> Array:
    """x as layers like it best: channels last in memory."""
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1), dtype), -1, 1)
