"""How each layer kind is said in ONNX: the table that `Writer` looks rules up in."""

from __future__ import annotations

from collections.abc import Iterable

from ...diagnostics import Diagnostic, FileError
from ...graph.graph import Step
from . import data_movement, elementwise, normalization, windowed
from .expression import Rule

KINDS: dict[str, Rule] = {**normalization.KINDS, **data_movement.KINDS, **elementwise.KINDS, **windowed.KINDS}


def ensure_rules(steps: Iterable[Step]) -> None:
    """Raise FileError (E419) when there are layers of a kind that the table lacks."""
    without: dict[str, list[str]] = {}
    for step in steps:
        if step.kind not in KINDS:
            without.setdefault(step.kind, []).append(step.name)
    if without:
        raise FileError(_missing(kind, names) for kind, names in without.items())


def _missing(kind: str, names: list[str]) -> Diagnostic:
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return Diagnostic(
        "E419",
        f"no ONNX rule for `{kind}`",
        why=f"`{names[0]}`{more} cannot be written: layers know no format, so each kind has a rule of its own",
        help=f"add `{kind}` to one of the tables `KINDS` in `cnnspec/export/onnx`",
    )
