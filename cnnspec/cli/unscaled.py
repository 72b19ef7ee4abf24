"""A note on arrays of whole numbers, which look like pixels and are not scaled as those of images are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..inputs.arrays import unscaled
from ..reports.drawing.terminal_text import escaped
from ..spec import Spec
from .notes import note


def note_unscaled(spec: Spec, files: Iterable[Path]) -> None:
    """Say it of the first such file."""
    for path in files:
        if kind := unscaled(path, spec.graph.input, spec.header.preprocess):
            what = f"{escaped(path.name)}: its {kind} are taken as they are; `preprocess` scales images"
            note(f"{what}, for which the array would be `(x * scale - mean) / std`")
            return
