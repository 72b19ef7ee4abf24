"""How each layer kind is said in ONNX and read from it: one table, in which the writer and a reader look things up."""

from __future__ import annotations

from collections.abc import Iterable

from ...diagnostics import Diagnostic
from ...diagnostics.wording import listed
from ...graph.graph import Step
from . import data_movement, elementwise, normalization, resampling, windowed
from .node import OnnxNode
from .translation import Fields, Translation

KINDS: dict[str, Translation] = {
    **normalization.KINDS,
    **data_movement.KINDS,
    **resampling.KINDS,
    **elementwise.KINDS,
    **windowed.KINDS,
}


def read(node: OnnxNode) -> tuple[str, Fields] | None:
    """The kind and the fields of the layer that a node is by itself; None where it is none, or part of one.

    The fields are as a layer's model takes them; a join has none, its branches are what arrives. What ONNX does not
    know, such as a dropout's p, is not in the node.
    """
    if not node.operands or node.operands[0] is None or not node.arriving:
        return None
    for kind, known in KINDS.items():
        if node.op in (known.op, known.other_op) and known.read and known.attributes.issuperset(node.attributes):
            fields = known.read(node)
            if fields is not None:
                return kind, fields
    return None


def without_rule(steps: Iterable[Step]) -> list[Diagnostic]:
    """E419 for each kind of layer that the table lacks, at its first layer."""
    lacking: dict[str, list[Step]] = {}
    for step in steps:
        if step.kind not in KINDS:
            lacking.setdefault(step.kind, []).append(step)
    return [_missing(kind, found) for kind, found in lacking.items()]


def _missing(kind: str, steps: list[Step]) -> Diagnostic:
    return Diagnostic(
        "E419",
        f"no ONNX rule for `{kind}`",
        span=steps[0].span,
        why=f"{listed([f'`{step.name}`' for step in steps], 1)} cannot be written: layers know no format, so each kind "
        "has a rule of its own",
        help=f"add `{kind}` to one of the tables `KINDS` in `cnnspec/interop/onnx`",
    )
