"""Graph and weights -> a shorter program that computes the same.

A pass takes operations and gives operations; each operation keeps the name of the step whose output it makes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..graph import Graph
from ..kernels.windows import Array
from ..layer import Layer
from ..layers._affine import Absorbs, Affine


@dataclass(frozen=True, slots=True)
class Operation:
    """A layer with its arrays. `name` is the tensor that it makes, `inputs` are those that it takes."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    arrays: Mapping[str, Array]


Program = tuple[Operation, ...]


def program(graph: Graph, tensors: Mapping[str, Array]) -> Program:
    """The steps that the outputs hang on, as they are."""
    needed = graph.reached(graph.outputs)
    return tuple(
        Operation(s.name, s.layer, s.inputs, {key: tensors[f"{s.name}.{key}"] for key in s.tensors})
        for s in graph.steps
        if s.name in needed
    )


def fold(operations: Program, outputs: tuple[str, ...]) -> Program:
    """Put layers that only scale and shift channels (batch-norm) into the weights of the layer before them.

    Exact up to rounding, and only where nothing else reads what lies between.
    Jacob et al.: "Quantization and Training of Neural Networks", CVPR 2018, section 3.2.
    """
    readers = Counter(name for operation in operations for name in operation.inputs) + Counter(outputs)
    folded: dict[str, Operation] = {}
    for operation in operations:
        before = folded.get(operation.inputs[0])
        if (
            isinstance(operation.layer, Affine)
            and before is not None
            and isinstance(before.layer, Absorbs)
            and readers[before.name] == 1
        ):
            factor, offset = operation.layer.affine(**operation.arrays)
            arrays = before.layer.absorb(factor, offset, **before.arrays)
            operation = replace(before, name=operation.name, arrays=arrays)
            del folded[before.name]
        folded[operation.name] = operation
    return tuple(folded.values())
