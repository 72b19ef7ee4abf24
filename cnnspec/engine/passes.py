"""Program -> a shorter program that computes the same, up to rounding.

A pass takes operations and gives operations in an order that still runs. What lies between two operations may
vanish only when nothing else reads it. No pass needs arrays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ..layers._affine import Absorbs, Affine
from ..layers.add import Add
from .backend import Chain
from .program import Operation, Program


@dataclass(frozen=True, slots=True)
class Wanted:
    """What passes go by beside the program: the tensors that are its `outputs`, the backends that are to carry it out,
    and whether kernels of larger rounding error (Winograd's) are left out."""

    outputs: tuple[str, ...]
    backends: Chain
    exact: bool = False


Pass = Callable[[Program, Wanted], Program]


def optimise(operations: Program, wanted: Wanted) -> Program:
    """All passes in their order."""
    for each in PASSES:
        operations = each(operations, wanted)
    return operations


def remove_identities(operations: Program, wanted: Wanted) -> Program:
    """Leave out views that keep the shape (identity, dropout): their readers read what they would have read."""
    stands_for: dict[str, str] = {}
    outputs = frozenset(wanted.outputs)
    kept = []
    for operation in operations:
        operation = replace(operation, inputs=tuple(stands_for.get(name, name) for name in operation.inputs))
        is_same = operation.layer.is_view and operation.shape == operation.arriving[0]
        if is_same and operation.name not in outputs:
            stands_for[operation.name] = operation.inputs[0]
        else:
            kept.append(operation)
    return tuple(kept)


def fold_affine(operations: Program, wanted: Wanted) -> Program:
    """Let layers that only scale and shift channels (batch-norm) vanish into the weights of the layer before them.

    Jacob et al.: "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
    CVPR 2018, section 3.2.
    """
    readers = _readers(operations, wanted.outputs)
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


def fuse_epilogues(operations: Program, wanted: Wanted) -> Program:
    """Let an operation that makes values one strip at a time finish them while they are in the cache: add a second
    branch, apply the activation."""
    readers = _readers(operations, wanted.outputs)
    done: dict[str, Operation] = {}
    place: dict[str, int] = {}
    for i, operation in enumerate(operations):
        hosts = [done[name] for name in operation.inputs if name in done and readers[name] == 1]
        hosts = [host for host in hosts if wanted.backends.can_end_with(host, operation)]
        if hosts:
            # The last one made waits least. It runs where the later operation stood: all that it reads exists by then.
            before = max(hosts, key=lambda host: place[host.name])
            del done[before.name]
            operation = _fused(before, operation)
        done[operation.name] = operation
        place[operation.name] = i
    return tuple(done.values())


def _fused(before: Operation, after: Operation) -> Operation:
    if isinstance(after.layer, Add):
        other = next(name for name in after.inputs if name != before.name)
        return replace(before, name=after.name, plus=other)
    return replace(before, name=after.name, activation=after.layer)


def _readers(operations: Iterable[Operation], outputs: tuple[str, ...]) -> Counter[str]:
    return Counter(name for operation in operations for name in operation.reads) + Counter(outputs)


def select_kernels(operations: Program, wanted: Wanted) -> Program:
    """Give each operation that has a choice its kernel, and its input the border that this one needs."""
    return tuple(wanted.backends.of(operation).select(operation, wanted.exact) for operation in operations)


def join_rows(operations: Program, wanted: Wanted) -> Program:
    """Carry operations out together that follow each other, a few rows at a time, so that what lies between them never
    leaves the cache.

    Alwani et al.: "Fused-Layer CNN Accelerators", MICRO 2016.
    """
    readers = _readers(operations, wanted.outputs)
    done: dict[str, Operation] = {}
    for operation in operations:
        before = done.get(operation.inputs[0])
        if before is not None and readers[before.name] == 1 and wanted.backends.joins(before, operation):
            del done[before.name]
            operation = _joined(before, operation)
        done[operation.name] = operation
    return tuple(done.values())


def _joined(before: Operation, after: Operation) -> Operation:
    return replace(after, inputs=before.inputs, halo=before.halo, parts=(*before.each, after))


PASSES: tuple[Pass, ...] = (remove_identities, fold_affine, fuse_epilogues, select_kernels, join_rows)
