"""The backend that needs nothing but NumPy, and has something for every kind: at last the layer's own `forward`.

What is here needs no NumPy: it is asked where memory is planned without weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...program import Operation
from .kernel_selection import COSTS, select

if TYPE_CHECKING:
    from ....layers._activation import Activation
    from ...backend import CostModel, TrainingKernels
    from ...executor import Bind, Executor
    from ...lowering import Lowering

TAKE_SUM = frozenset({"conv", "dense"})
TAKE_ACTIVATION = TAKE_SUM | {
    "add",
    "batchnorm",
    "deconv",
    "div",
    "groupnorm",
    "instancenorm",
    "layernorm",
    "max",
    "mean",
    "min",
    "mul",
    "scale",
    "sub",
}
"""Kinds whose lowerings end with an `epilogue`."""


class NumpyBackend:
    """Strips of NumPy calls, bound to their arrays beforehand."""

    name = "numpy"
    shares_layers = False

    @property
    def costs(self) -> CostModel:
        return COSTS

    def preparation(self) -> str:
        return ""

    def prepare(self) -> None:
        pass

    def has(self, operation: Operation) -> bool:
        return True

    def takes_activation(self, operation: Operation, activation: Activation) -> bool:
        return operation.layer.kind in TAKE_ACTIVATION

    def takes_sum(self, operation: Operation) -> bool:
        return operation.layer.kind in TAKE_SUM

    def select(self, operation: Operation, exact: bool) -> Operation:
        return select(operation, exact)

    def joins(self, before: Operation, after: Operation) -> bool:
        return False

    def nanoseconds(self, operation: Operation) -> float:
        return COSTS.operation(operation, operation.kernel == "depthwise")

    def lower(self, operation: Operation) -> Lowering:
        from .registry import lower

        return lower(operation)

    def training(self, threads: int) -> TrainingKernels:
        from .training import NumpyTraining

        return NumpyTraining()

    def executor(self, bind: Bind, threads: int) -> Executor:
        from ...executor import CallExecutor

        return CallExecutor(bind, threads)
