"""Document -> Graph: the walk over its layers, then what comes at its end.

Blocks are unrolled, arithmetic is worked out where it stands, layers are checked by their models and infer their
shapes. After a mistake a tensor's shape is unknown (None); what only suffers from that stays silent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...diagnostics import Diagnostic
from ...graph.graph import Graph, Step
from ...graph.shape import Shape
from ..document.document import Document
from .unused import unreached, unused
from .walk import Walk

if TYPE_CHECKING:
    from .trace import Trace


class Elaboration(NamedTuple):
    """The result of a walk: a graph when all is well, else the steps up to the first mistake."""

    graph: Graph | None
    steps: tuple[Step, ...]
    diagnostics: tuple[Diagnostic, ...]


def elaborate(document: Document, input: Shape | None = None, trace: Trace | None = None) -> Elaboration:
    """Unroll and infer. `input` (C, H, W) stands in for the spec's own, and shape expectations are then left out.
    `trace` is told of all that the walk comes by."""
    reserved: frozenset[str] = frozenset()
    while True:
        walk = _walk(document, input, reserved, trace)
        result = _finish(walk, walk.outputs())
        if not walk.table.again or reserved >= walk.table.given.keys():
            return result
        reserved |= walk.table.given.keys()


def _walk(document: Document, input: Shape | None, reserved: frozenset[str], trace: Trace | None) -> Walk:
    if trace is None:
        return Walk(document, input, reserved)
    from .traced_walk import TracedWalk  # only editors need it

    return TracedWalk(document, input, reserved, trace)


def _finish(walk: Walk, outputs: tuple[str, ...]) -> Elaboration:
    """The graph of a walk that came to its end without an error, and the warnings about it."""
    findings, steps = walk.findings, walk.builder.steps
    if not findings.is_sound:
        return Elaboration(None, tuple(steps), tuple(findings))
    graph = walk.builder.build(outputs)
    findings.extend(unreached(graph))
    findings.extend(unused(walk.document, walk.used_blocks, walk.used_arguments))
    return Elaboration(graph, graph.steps, tuple(findings))
