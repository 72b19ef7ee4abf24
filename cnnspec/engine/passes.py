"""Program -> a shorter program that computes the same, up to rounding.

A pass takes operations and gives operations in an order that still runs. What lies between two operations may
vanish only when nothing else reads it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from ..layer import Layer
from ..layers._affine import Absorbs, Affine
from ..layers._pointwise import Pointwise
from ..layers.add import Add
from .program import Operation, Program


def optimise(operations: Program, outputs: tuple[str, ...]) -> Program:
    """All passes in their order."""
    return fuse(fold(skip(operations, outputs), outputs), outputs)


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
    """Put layers that only scale and shift channels (batch-norm) into the weights of the layer before them.

    Jacob et al.: "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
    CVPR 2018, section 3.2.
    """
    readers = _readers(operations, outputs)
    done: dict[str, Operation] = {}
    for operation in operations:
        before = done.get(operation.inputs[0])
        if before is not None and _can_fold(before, operation) and readers[before.name] == 1:
            assert isinstance(operation.layer, Affine)
            assert isinstance(before.layer, Absorbs)
            factor, offset = operation.layer.affine(**operation.arrays)
            arrays = before.layer.absorb(factor, offset, **before.arrays)
            del done[before.name]
            operation = replace(before, name=operation.name, arrays=arrays)
        done[operation.name] = operation
    return tuple(done.values())


def _can_fold(before: Operation, after: Operation) -> bool:
    return isinstance(after.layer, Affine) and isinstance(before.layer, Absorbs)


def fuse(operations: Program, outputs: tuple[str, ...]) -> Program:
    """Let an operation that makes values one strip at a time finish them while they are in the cache: add a second
    branch, apply the activation."""
    readers = _readers(operations, outputs)
    done: dict[str, Operation] = {}
    for operation in operations:
        before = _last(operation, done) if operation.inputs else None
        if before is not None and readers[before.name] == 1:
            fused = _fused(before, operation)
            if fused is not None:
                # The fused operation runs where the later one stood: all that it reads exists by then.
                del done[before.name]
                operation = fused
        done[operation.name] = operation
    return tuple(done.values())


def _last(operation: Operation, done: dict[str, Operation]) -> Operation | None:
    """The input that was made last and can take more work."""
    made = [done[name] for name in operation.inputs if name in done and isinstance(done[name].layer, Absorbs)]
    order = {name: i for i, name in enumerate(done)}
    return max((o for o in made if o.activation is None), key=lambda o: order[o.name], default=None)


def _fused(before: Operation, after: Operation) -> Operation | None:
    if is_activation(after.layer) and before.activation is None:
        return replace(before, name=after.name, activation=after.layer)
    if isinstance(after.layer, Add) and len(after.inputs) == len(set(after.inputs)) == 2 and not before.plus:
        other = next(name for name in after.inputs if name != before.name)
        return replace(before, name=after.name, plus=other)
    return None


def is_activation(layer: Layer) -> bool:
    """A function of single values, without weights, that some kernel finishes in place."""
    from .finish import FINISHES

    return isinstance(layer, Pointwise) and layer.kind in FINISHES


def _readers(operations: Iterable[Operation], outputs: tuple[str, ...]) -> Counter[str]:
    return Counter(name for operation in operations for name in operation.reads) + Counter(outputs)
