"""Program -> a shorter program that computes the same, up to rounding.

A pass takes operations and gives operations in an order that still runs. What lies between two operations may
vanish only when nothing else reads it. No pass needs arrays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from ..layers._affine import Absorbs, Affine
from ..layers._norm import Norm
from ..layers.add import Add
from ..layers.deconv import Deconv
from ..layers.mul import Mul
from .kernel_selection import choose
from .program import Operation, Program

FINISHED = frozenset(
    {"relu", "relu6", "leakyrelu", "elu", "gelu", "sigmoid", "silu", "hardsigmoid", "hardswish", "tanh"}
)
"""Kinds that the kernels apply to a strip while it is in the cache; `finish` says how."""


def optimise(operations: Program, outputs: tuple[str, ...], exact: bool = False) -> Program:
    """All passes in their order; `exact` leaves Winograd out."""
    return choose(fuse(fold(skip(operations, outputs), outputs), outputs), exact)


def skip(operations: Program, outputs: tuple[str, ...]) -> Program:
    """Leave out views that keep the shape (identity, dropout): their readers read what they would have read."""
    stands_for: dict[str, str] = {}
    kept = []
    for operation in operations:
        operation = replace(operation, inputs=tuple(stands_for.get(name, name) for name in operation.inputs))
        if operation.layer.is_view and operation.shape == operation.arriving[0] and operation.name not in outputs:
            stands_for[operation.name] = operation.inputs[0]
        else:
            kept.append(operation)
    return tuple(kept)


def fold(operations: Program, outputs: tuple[str, ...]) -> Program:
    """Let layers that only scale and shift channels (batch-norm) vanish into the weights of the layer before them.

    Jacob et al.: "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
    CVPR 2018, section 3.2.
    """
    readers = _readers(operations, outputs)
    done: dict[str, Operation] = {}
    for operation in operations:
        before = done.get(operation.inputs[0])
        if before is not None and _can_fold(before, operation) and readers[before.name] == 1:
            del done[before.name]
            operation = replace(before, name=operation.name, folded=(*before.folded, operation.step))
        done[operation.name] = operation
    return tuple(done.values())


def _can_fold(before: Operation, after: Operation) -> bool:
    return isinstance(after.layer, Affine) and isinstance(before.layer, Absorbs)


def fuse(operations: Program, outputs: tuple[str, ...]) -> Program:
    """Let an operation that makes values one strip at a time finish them while they are in the cache: add a second
    branch, apply the activation."""
    readers = _readers(operations, outputs)
    done: dict[str, Operation] = {}
    place: dict[str, int] = {}
    for i, operation in enumerate(operations):
        hosts = [done[name] for name in operation.inputs if name in done and readers[name] == 1]
        hosts = [host for host in hosts if _can_fuse(host, operation)]
        if hosts:
            # The last one made waits least. It runs where the later operation stood: all that it reads exists by then.
            before = max(hosts, key=lambda host: place[host.name])
            del done[before.name]
            operation = _fused(before, operation)
        done[operation.name] = operation
        place[operation.name] = i
    return tuple(done.values())


def _can_fuse(before: Operation, after: Operation) -> bool:
    if before.activation is not None:
        return False
    if after.layer.kind in FINISHED:
        return isinstance(before.layer, Absorbs | Deconv | Affine | Norm | Add | Mul)
    takes_sum = isinstance(before.layer, Absorbs) and before.plus is None
    return isinstance(after.layer, Add) and len(after.inputs) == 2 and takes_sum


def _fused(before: Operation, after: Operation) -> Operation:
    if isinstance(after.layer, Add):
        other = next(name for name in after.inputs if name != before.name)
        return replace(before, name=after.name, plus=other)
    return replace(before, name=after.name, activation=after.layer)


def _readers(operations: Iterable[Operation], outputs: tuple[str, ...]) -> Counter[str]:
    return Counter(name for operation in operations for name in operation.reads) + Counter(outputs)
