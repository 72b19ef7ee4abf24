"""How each layer kind is said in ONNX: the table that `Writer` looks rules up in."""

from __future__ import annotations

from collections.abc import Iterable

from ...diagnostics import Diagnostic
from ...diagnostics.wording import listed
from ...graph.graph import Step
from . import data_movement, elementwise, normalization, windowed
from .expression import Rule

KINDS: dict[str, Rule] = {**normalization.KINDS, **data_movement.KINDS, **elementwise.KINDS, **windowed.KINDS}


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
