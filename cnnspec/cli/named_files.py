"""The files that a spec names, which a command keeps even where it has no need of them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..diagnostics import FileError
from ..files.overwrite_guard import note_read
from ..spec import Spec, assets


def keep(spec: Spec) -> None:
    """Nothing is written over the sample, the class names and the data of a spec. Its weights are not among them: they
    are what some commands are there to write."""
    for key, path in assets.named(spec.document, spec.folder).items():
        if key != "weights":
            note_read(path)


def weights_of(spec: Spec) -> Path | None:
    """The weights that the spec names, where it may name them."""
    with suppress(FileError):
        return assets.resolve(spec.document, spec.folder, "weights")
    return None
