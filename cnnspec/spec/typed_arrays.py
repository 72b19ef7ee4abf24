"""What is typed in a spec in place of a file, its sample and its weights, as arrays for its network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from ..diagnostics import Diagnostic, SpecError
from ..graph.array import Array
from ..graph.graph import Graph
from ..graph.shape import Shape
from ..language.document.document import Document
from ..language.elaboration.typed_arrays import check_sample, check_weights
from ..language.values.array_literal import ArrayLiteral


def sample(document: Document, input: Shape) -> Array | None:
    """The typed input (C, H, W); None when none is typed. Raises SpecError (E307) where it does not fit: the network
    may have another input than its own."""
    typed = document.header.sample
    if not isinstance(typed, ArrayLiteral):
        return None
    _ensure(document, check_sample(document, input))
    return _array(typed, input)


def weights(document: Document, graph: Graph) -> dict[str, Array] | None:
    """The typed tensors by name, in their shapes; None when none are typed. Raises SpecError (E307)."""
    typed = document.header.weights
    if not isinstance(typed, Mapping):
        return None
    _ensure(document, check_weights(document, graph))
    return {name: _array(typed[name], tensor.shape) for name, tensor in graph.tensors.items()}


def _array(literal: ArrayLiteral, shape: Shape) -> Array:
    return np.array(literal.values, np.float32).reshape(shape)


def _ensure(document: Document, found: Iterable[Diagnostic]) -> None:
    faults = [replace(diagnostic, file=document.source.file) for diagnostic in found]
    if faults:
        raise SpecError(faults)
