"""The backend that needs nothing but NumPy, and has something for every kind: at last the layer's own `forward`.

What is here needs no NumPy: it is asked where memory is planned without weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ....layers._affine import Absorbs, Affine
from ....layers._norm import Norm
from ....layers.add import Add
from ....layers.deconv import Deconv
from ....layers.mul import Mul
from ...program import Operation
from .kernel_selection import COSTS, select

if TYPE_CHECKING:
    from ...backend import CostModel
    from ...lowering import Lowering

EPILOGUES = frozenset(
    {"relu", "relu6", "leakyrelu", "elu", "gelu", "sigmoid", "silu", "hardsigmoid", "hardswish", "tanh"}
)
"""`epilogue` says how; a test holds the two together."""


class NumpyBackend:
    """Strips of NumPy calls, bound to their arrays beforehand."""

    name = "numpy"
    epilogues = EPILOGUES

    @property
    def costs(self) -> CostModel:
        return COSTS

    def has(self, operation: Operation) -> bool:
        return True

    def takes_activation(self, operation: Operation) -> bool:
        return isinstance(operation.layer, Absorbs | Deconv | Affine | Norm | Add | Mul)

    def takes_sum(self, operation: Operation) -> bool:
        return isinstance(operation.layer, Absorbs)

    def select(self, operation: Operation, exact: bool) -> Operation:
        return select(operation, exact)

    def nanoseconds(self, operation: Operation) -> float:
        return COSTS.operation(operation, operation.kernel == "depthwise")

    def lower(self, operation: Operation) -> Lowering:
        from .registry import lower

        return lower(operation)
