"""What layers with groups share: G divides the channels."""

from __future__ import annotations

from ..diagnostics import Issue
from ..graph.layer import LayerError


def divide(letter: str, count: int, G: int, why: str, help: str) -> None:
    """Raise `LayerError` when G groups do not divide `count` channels, called `letter`."""
    if count % G:
        raise LayerError(
            Issue(
                "E201",
                f"{{layer}}: G does not divide {letter}",
                field="G",
                label=f"{letter}/G = {count}/{G}",
                why=why,
                help=help,
                shows_input=letter == "C",
            )
        )
