"""The backend whose kernels numba compiles for this processor: a whole layer in a call, without the interpreter.

Machine code is kept on disk; where it is found there, numba itself is not imported. What it has no kernel for, NumPy's
backend does.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ....files.byproducts import is_usable
from ....layers._activation import Activation
from ....machine.compiled_code import folder
from ...program import Operation
from .costs import COSTS, nanoseconds
from .joining import can_join, joins
from .kernel_selection import adds, has, select

if TYPE_CHECKING:
    from ....kernels.compiled.vectors import Vectors
    from ...backend import CostModel, TrainingKernels
    from ...executor import Bind, Executor
    from ...lowering import Lowering


class NumbaBackend:
    """Kernels for `vectors`, by default those of this processor."""

    name = "numba"
    shares_layers = True

    def __init__(self, vectors: Vectors | None = None) -> None:
        self._given = vectors

    @cached_property
    def vectors(self) -> Vectors:
        from .processor import vectors

        return self._given or vectors()

    @property
    def costs(self) -> CostModel:
        return COSTS

    def preparation(self) -> str:
        from .native import missing

        if not missing(self.vectors):
            return ""
        kept = folder()
        where = f"kept in {kept}" if is_usable(kept) else f"for this process only: nothing can be kept in {kept}"
        return f"kernels are compiled for this processor, {where}"

    def prepare(self) -> None:
        from .native import function, missing

        for name in missing(self.vectors):
            function(name, self.vectors)

    def has(self, operation: Operation) -> bool:
        return has(operation)

    def takes_activation(self, operation: Operation, activation: Activation) -> bool:
        return not isinstance(operation.layer, Activation)

    def takes_sum(self, operation: Operation) -> bool:
        return adds(operation)

    def select(self, operation: Operation, exact: bool) -> Operation:
        return select(operation, exact)

    def joins(self, before: Operation, after: Operation) -> bool:
        return can_join(before, after) and joins(before, after)

    def nanoseconds(self, operation: Operation) -> float:
        return nanoseconds(operation)

    def lower(self, operation: Operation) -> Lowering:
        from .joined import Joined
        from .lowering import LOWERINGS

        if operation.parts:
            return Joined(operation, self.vectors)
        return LOWERINGS[operation.layer.kind](operation, self.vectors)

    def training(self, threads: int) -> TrainingKernels:
        from .training import NativeTraining

        return NativeTraining(self.vectors, threads)

    def executor(self, bind: Bind, threads: int) -> Executor:
        from .executor import NativeExecutor

        return NativeExecutor(bind, threads, self.vectors)
