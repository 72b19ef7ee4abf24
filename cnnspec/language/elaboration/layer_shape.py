"""The `expect` of a layer or block call: the shape of its output."""

from __future__ import annotations

from ...diagnostics import instead
from ...graph.shape import Shape, times
from ..syntax.nodes import Node
from ..syntax.tree import Entry
from ..values.field_reader import FieldReader
from ..values.field_types import field_type
from ..values.scope import Scope
from .collector import WalkCollector

SHAPE = field_type(tuple[int, ...])


def check_shape(entry: Entry, expect: Node, shape: Shape, scope: Scope, findings: WalkCollector) -> None:
    """E302 for an output `shape` that is not what `expect` says, with expressions over the arriving C, H, W."""
    wanted = findings.attempt(shape, FieldReader(scope).value, "expect", expect, SHAPE)
    if wanted == shape:
        return
    written = f"[{', '.join(map(str, shape))}]"
    findings.report(
        "E302",
        f"`{entry.word.text}` gives {times(shape)}, expected {times(wanted)}",
        expect.span,
        label=f"the output is {times(shape)}",
        help=f"`expect: {written}`, or mend the layer",
        fixes=(instead(expect.span, written),),
    )
