"""What a backend is: kernels for the operations of a program, and what they cost.

A plan is made for a chain of backends, the wanted one first and `numpy` last. The first that has kernels for an
operation selects one for it and lowers it; what no backend has is the layer's own `forward`. All that is asked before
there are weights works from shapes alone, without arrays: memory is planned, and `summary --plan` told, by it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Protocol

from ..graph.array import Array
from ..layers._activation import Activation
from ..layers.add import Add
from .program import Operation

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

    from ..graph.layer import Layer, TrainingVjp
    from ..kernels.training.updates import Update
    from .executor import Bind, Executor
    from .lowering import Lowering


@dataclass(frozen=True, slots=True)
class CostModel:
    """What a core is assumed to do in a nanosecond, measured once. Only ratios matter: they decide between kernels that
    compute the same, and what is worth a thread."""

    flops: float
    """Of a large matrix product."""
    depthwise_macs: float
    """Multiply-accumulates of a depthwise convolution."""
    values: float
    """Values that an operation without multiply-accumulates makes."""
    scratch_bytes: float
    """Bytes of scratch that are copied."""
    filter_bytes: float
    """Bytes of filters that are read; they are needed once a run, so they come from far."""

    worth: float = 50_000.0
    """Nanoseconds of a stage's work from which on sharing it out pays."""

    def macs(self, macs: int) -> float:
        """Nanoseconds of so many multiply-accumulates in large products."""
        return 2 * macs / self.flops

    def product(self, rows: int, depth: int, columns: int) -> float:
        """Nanoseconds of a product of matrices; of few rows it runs below its speed."""
        return 2 * depth * columns * (rows + 8) / self.flops

    def operation(self, operation: Operation, is_depthwise: bool) -> float:
        """About how long an operation takes for one input; how well its kernel suits it is left out."""
        macs = operation.layer.macs(*operation.arriving)
        return (macs / self.depthwise_macs if is_depthwise else self.macs(macs)) + prod(operation.shape) / self.values


class Recorder(Protocol):
    """A step of training that is written down while it is carried out, to be carried out again on the same arrays."""

    def program(self) -> AbstractContextManager[Callable[[], None]]:
        """What is done by the kernels meanwhile. What is called does it again; arrays that were made by them in between
        have new values then."""

    @property
    def holds(self) -> bool:
        """Whether the programs still do the right thing: kernels may have been chosen by the arrays' values."""


class TrainingKernels(Protocol):
    """What a trainer does with arrays, layer by layer and between the layers."""

    def vjp(self, layer: Layer) -> TrainingVjp:
        """A layer's `vjp_training`, or what does the same."""

    def frozen(self, layer: Layer) -> TrainingVjp:
        """The same of a layer that is not in training: its `vjp`."""

    def put(self, values: Array, target: Array) -> None:
        """Copy values to an array of their shape."""

    def add(self, more: Array, total: Array) -> None:
        """Add values to those of an array of their shape."""

    def move(self, update: Update, w: Array, g: Array, *slots: Array) -> None:
        """A step of weights that lie side by side along their gradient, which may be spoilt: `Update.move`. It is given
        a piece of them where several threads may call it, else all."""

    def squared_norm(self, g: Array) -> float:
        """The sum of a gradient's squares, of a piece or all of it."""

    def recorder(self, dtype: DTypeLike) -> Recorder | None:
        """To write down a step of arrays of a type; None where that is of no use. What other steps have left in their
        arrays may be lost."""


class Backend(Protocol):
    """Kernels for some or all kinds of layers."""

    @property
    def name(self) -> str:
        """By which it is chosen: `compile(backend=NAME)`."""

    @property
    def costs(self) -> CostModel:
        """Of its kernels."""

    def preparation(self) -> str:
        """What it has yet to do on this machine that takes seconds, as a sentence's beginning; "" for nothing."""

    def prepare(self) -> None:
        """Do all of that now, not when it is first needed."""

    def has(self, operation: Operation) -> bool:
        """Whether it has kernels for an operation."""

    def takes_activation(self, operation: Operation, activation: Activation) -> bool:
        """Whether its kernels for the operation can apply an activation to each strip of values while it is in the
        cache."""

    def takes_sum(self, operation: Operation) -> bool:
        """Whether its kernels for the operation can add another tensor to what they make."""

    def select(self, operation: Operation, exact: bool) -> Operation:
        """The operation with its kernel, and the border that its input should have. `exact` leaves out kernels whose
        rounding error is much above that of the plain sum."""

    def joins(self, before: Operation, after: Operation) -> bool:
        """Whether it can carry two selected operations out together, a few rows at a time, and that is expected to be
        quicker. The second one alone reads what the first one makes, which may be joined to others already."""

    def nanoseconds(self, operation: Operation) -> float:
        """About how long a selected operation takes for one input."""

    def lower(self, operation: Operation) -> Lowering:
        """The selected operation, with its arrays, as work to bind."""

    @property
    def shares_layers(self) -> bool:
        """Whether its kernels of training share each layer out between threads, with the same bytes for any number of
        them, so that they always get whole batches; else several threads may call them at once, each with a part of
        a batch."""

    def training(self, threads: int) -> TrainingKernels:
        """Its kernels for a trainer, shared out between so many threads where it shares layers."""

    def executor(self, bind: Bind, threads: int) -> Executor:
        """Who carries out the work of a plan in which this backend is the wanted one. Some items may be other
        backends' Python calls."""


class UnknownBackendError(ValueError):
    """A name that no backend has."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"no backend is called {name!r}; there is {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class Chain:
    """The backends of a plan, the wanted one first."""

    backends: tuple[Backend, ...]

    def of(self, operation: Operation) -> Backend:
        """The first that has kernels for an operation; the last one has, if need be, its layer's `forward`."""
        return next((backend for backend in self.backends if backend.has(operation)), self.backends[-1])

    @property
    def worth(self) -> float:
        """Nanoseconds of work that the wanted backend's executor thinks worth a thread."""
        return self.backends[0].costs.worth

    def executor(self, bind: Bind, threads: int) -> Executor:
        """That of the wanted backend."""
        return self.backends[0].executor(bind, threads)

    def joins(self, before: Operation, after: Operation) -> bool:
        """Whether both are one backend's, which joins them."""
        backend = self.of(after)
        return backend is self.of(before) and backend.joins(before, after)

    def can_end_with(self, before: Operation, after: Operation) -> bool:
        """Whether the kernel of one operation can do the work of the one behind it as its epilogue."""
        backend = self.of(before)
        if before.activation is not None:
            return False
        if isinstance(after.layer, Add):
            return len(after.inputs) == 2 and before.plus is None and backend.takes_sum(before)
        return isinstance(after.layer, Activation) and backend.takes_activation(before, after.layer)


Loader = Callable[[], Backend]
