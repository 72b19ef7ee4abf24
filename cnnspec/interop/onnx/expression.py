"""What a layer becomes in ONNX: an expression of operator calls over the arriving tensors, with nothing named yet.

Descriptions alone: the package `onnx` is not needed to make them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ...diagnostics import Diagnostic, FileError
from ...graph.graph import Step
from ...graph.shape import Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LIMIT = 2**31 - 1
"""Bytes of a protobuf message, and so of an ONNX file that holds its weights."""
NAMES = 2**26
"""Bytes of it kept free for nodes, names and metadata."""


@dataclass(frozen=True, slots=True)
class Own:
    """A tensor of the layer, by its key; in `shape` when ONNX wants another one than the layer has."""

    key: str
    shape: Shape | None = None


@dataclass(frozen=True, slots=True, eq=False)
class OperatorCall:
    """One operator applied to values. The same call read twice is computed once.

    A value is the name of an arriving tensor ("" for an optional one left out), another call, a tensor of the layer,
    or a constant: a float32 scalar, whole numbers (int64), a float32 array.
    """

    op: str
    inputs: tuple[Value, ...]
    attributes: dict[str, Any]

    def in_order(self) -> Iterator[OperatorCall]:
        """This call and those that it reads, each once and behind what it reads itself."""
        done, waiting = set(), [self]
        while waiting:
            call = waiting[-1]
            unmet = [value for value in call.inputs if isinstance(value, OperatorCall) and value not in done]
            if unmet:
                waiting += reversed(unmet)
                continue
            waiting.pop()
            if call not in done:
                done.add(call)
                yield call


Value: TypeAlias = "str | OperatorCall | Own | float | tuple[int, ...] | NDArray[np.float32]"
WriteRule = Callable[[Any, Step], OperatorCall]
"""From a layer and its step to what computes the step's output."""


def call(op: str, *inputs: Value, **attributes: Any) -> OperatorCall:
    """`op` on `inputs`."""
    return OperatorCall(op, inputs, attributes)


def own(step: Step) -> Iterator[Own]:
    """All tensors of the layer, in its order: weight, bias, ..."""
    return map(Own, step.tensors)


def per_channel(key: str, step: Step) -> Own:
    """A tensor of one value a channel, shaped to go with the arriving image or vector."""
    (C, *rest) = step.arriving[0]
    return Own(key, (C, *(1 for _ in rest)))


def fits(size: int) -> bool:
    """Whether an ONNX file holds so many bytes of weights and constants."""
    return size <= LIMIT - NAMES


def ensure_room(step: Step, size: int) -> None:
    """Raise FileError (E418) where the constants of a layer, `size` bytes that have to be worked out, are too many."""
    if not fits(size):
        message = f"`{step.name}` is too large for ONNX"
        why = f"it takes constants of {size:,} bytes, of the size of what arrives; {LIMIT - NAMES:,} are the most"
        help = f"a smaller input of `{step.name}`"
        raise FileError([Diagnostic("E418", message, why=why, help=help)])
