"""NumPy as an exporter."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from ..code.exporter import SourceExporter
from ..exporter import Option, OptionValues

if TYPE_CHECKING:
    from ...spec import Spec


class NumPy(SourceExporter):
    """A spec as one file of plain NumPy."""

    name = "numpy"
    title = "NumPy"
    is_imported = False
    about = (
        "NumPy: one .py file that needs NumPy alone, a function for each kind of layer and each block. It reads its "
        "weights from the .safetensors beside it, checks its input, and runs: python OUTPUT INPUT.npy."
    )
    options = (
        Option("standalone", False, "Take pictures (H, W, 3) of uint8 in .npy, and print their likeliest classes."),
    )

    def kinds(self) -> Container[str]:
        from .kinds import KINDS

        return KINDS

    def text(self, spec: Spec, name: str, choices: OptionValues) -> str:
        from .file_writer import text

        return text(spec, name, choices["standalone"])
