"""What a spec is called that does not say so itself."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

MARK = ".cnn"
"""What the name of a file may end in before its suffix, to say that it is a spec."""


def spec_name(file: str | PathLike[str]) -> str:
    """The name of a spec after its file: `net` of `folder/net.yaml` and of `net.cnn.yaml`."""
    stem = Path(file).stem
    return stem.removesuffix(MARK) or stem
