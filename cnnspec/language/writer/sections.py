"""Headers and layers as nodes: what says nothing new is left out."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel

from ...graph.graph import Graph
from ...graph.layer import Layer
from ...layers import find
from ..sections.header import Header, Input
from ..syntax.nodes import Mapping, Node, mapping, word
from ..values.array_literal import ArrayLiteral
from ..values.field_types import Section, field_type, field_types

GROUPS = (("preprocess", "classes", "weights", "sample"), ("train",), ("expect",))
"""What stands together behind the layers; all other keys stand before them."""


def suited(header: Header | None, graph: Graph, end: str) -> Header:
    """A header with what `graph` says of its input and outputs, and without what does not hold of it.

    `end` is the step that the network ends with, which is its output when `outputs` names none.
    """
    header = header or Header(input=Input.of(graph.input))
    changes: dict[str, Any] = {"outputs": None if graph.outputs == (end,) else graph.outputs}
    if any(_is_unrounded(step.layer) for step in graph.steps):
        changes["rounding"] = None
    if isinstance(header.sample, ArrayLiteral) and not header.sample.fits(graph.input):
        changes["sample"] = None
    if isinstance(header.weights, dict) and not _are_of(header.weights, graph):
        changes["weights"] = None
    if header.input.shape != graph.input:  # as with `load(..., input=...)`: the spec's promises are about its own
        changes |= {"input": Input.of(graph.input), "expect": None}
        if header.preprocess is not None and any(header.preprocess.issues(graph.input)):
            changes["preprocess"] = None
    return header.model_copy(update=changes)


def _are_of(weights: dict[str, ArrayLiteral], graph: Graph) -> bool:
    """Whether tensors that are typed are those of a graph."""
    needed = graph.tensors
    return weights.keys() == needed.keys() and all(weights[name].fits(needed[name].shape) for name in needed)


def _is_unrounded(layer: Layer) -> bool:
    """Whether a layer could say how it rounds, and does not."""
    return "rounding" in field_types(type(layer)) and getattr(layer, "rounding", None) is None


def groups(header: Header) -> tuple[Mapping, ...]:
    """The header's keys: those before the layers, and each group behind them that says something."""
    written = _section(Header).write(header)
    behind = [mapping((key, node) for key in group if (node := written.get(key))) for group in GROUPS]
    before = [(key.text, node) for key, node in written.items if not any(key.text in group for group in GROUPS)]
    head = mapping([("cnnspec", word(str(header.cnnspec))), *before])
    return (head, *(group for group in behind if group.items))


def field_nodes(layer: Layer) -> dict[str, Node]:
    """All fields of a layer."""
    return _section(type(layer)).nodes(layer)


@cache
def default_nodes(kind: str) -> dict[str, Node]:
    """What the fields of a kind are when they are not written."""
    return _section(find(kind)).defaults()


def _section(model: type[BaseModel]) -> Section:
    section = field_type(model)
    assert isinstance(section, Section)
    return section
