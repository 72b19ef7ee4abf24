"""Where layers make the arrays of a step, and leave to NumPy what is NumPy's: while the step is recorded, all that is
done to arrays is written down, and the arrays come from its arena."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .....graph.array import Array
from .....kernels.training.blocked_im2col import are_finite
from .addresses import address
from .arena import Chunk, bare
from .plan import Plan
from .recording import Recording
from .steps import Numbers, Step

if TYPE_CHECKING:
    from .....graph.layer import Layer, Pullback, TrainingContext


class Recordable:
    """What native code is handed by layers, of which one step at a time may be recorded."""

    def __init__(self) -> None:
        self._recording: Recording | None = None
        self._chunks: list[Chunk] = []

    def prepared(self, steps: Sequence[Step]) -> Callable[[], None]:
        """What carries calls out, one step behind the other, over and over."""
        raise NotImplementedError

    def recording(self) -> Recording:
        """To write a step down; its memory is that of all others."""
        return Recording(self._chunks, self.prepared, self._record)

    def _record(self, recording: Recording | None) -> None:
        self._recording = recording

    def empty(self, shape: Sequence[int], dtype: DTypeLike = np.float32) -> NDArray[Any]:
        return np.empty(shape, dtype) if self._recording is None else self._recording.empty(shape, dtype)

    def empty_like(self, x: Array) -> Array:
        """In the order in which the axes of `x` lie in memory."""
        return np.empty_like(x) if self._recording is None else self._recording.like(x)

    def is_finite(self, x: Array) -> bool:
        """Whether all values are, for now: a recording asks again."""
        return are_finite(x) if self._recording is None else self._recording.is_finite(x)

    def by_numpy(self, function: Callable[..., object], *arrays: Array) -> None:
        """Let a function of NumPy's change arrays."""
        function(*arrays)
        if self._recording is not None:
            self._recording.by_python(partial(function, *map(bare, arrays)))

    def left_to_numpy(
        self, layer: Layer, context: TrainingContext, *inputs: Array, **tensors: Array
    ) -> tuple[Array, Pullback]:
        """`vjp_training` of a layer itself."""
        return self.by_layer(partial(layer.vjp_training, context), *inputs, **tensors)

    def by_layer(
        self, way: Callable[..., tuple[Array, Pullback]], *inputs: Array, **tensors: Array
    ) -> tuple[Array, Pullback]:
        """What some way of a layer's own makes, and the way back; it may do anything to arrays."""
        if self._recording is None:
            return way(*inputs, **tensors)
        return self._recording.left_to_numpy(way, inputs, tensors)

    def address(self, x: NDArray[Any]) -> int:
        """Of an array's first value, to be written into tables."""
        if self._recording is not None:
            self._recording.keep(x)
        return address(x)

    def at(self, plan: Plan, **arrays: NDArray[Any]) -> Numbers:
        """A plan's tables for some arrays."""
        if self._recording is not None:
            self._recording.keep(plan)
        return plan.at(**{name: self.address(array) for name, array in arrays.items()})
