"""Specs of very many layers: no answer takes longer than reading them, as far as it goes by orders of magnitude."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from processor_time import about

from cnnspec.server.code_actions import code_actions
from cnnspec.server.completion import complete
from cnnspec.server.formatting import format_edits
from cnnspec.server.hover import hover
from cnnspec.server.inlay_hints import inlay_hints
from cnnspec.server.names import references
from cnnspec.server.outline import folds, outline
from cnnspec.server.reading import Reading, read
from cnnspec.spec import bundled

REPEATED = """\
input: {C: 8, H: 16, W: 16}
blocks:
  unit: {layers: [{conv: {F: 3, K: C, P: same}, name: a}, {relu: {}, name: b}]}
layers:
  - {unit: {}, name: u, repeat: 9000}
  - from: u.8999.a
"""
WRITTEN = "input: {C: 8, H: 16, W: 16}\nlayers:\n" + "".join(
    f"  - {{conv: {{F: 1, K: 8}}, name: a{n}}}\n" for n in range(3000)
)
QUESTIONS: dict[str, Callable[[Reading, int, int], object]] = {
    "hover": hover,
    "complete": complete,
    "references": references,
    "outline": lambda reading, line, column: (outline(reading), folds(reading)),
    "hints": lambda reading, line, column: inlay_hints(reading, 1, line + 1),
    "actions": lambda reading, line, column: list(code_actions(reading, 1, line)),
    "layout": lambda reading, line, column: format_edits(reading),
}


def test_reading_the_largest_bundled_network() -> None:
    """After a key there are 100 ms."""
    path = bundled.folder() / "resnet50.yaml"
    text = path.read_text(encoding="utf-8")
    read(str(path), text)  # modules and schemas are made once
    with about(0.02):
        read(str(path), text)


@pytest.mark.parametrize("text", [REPEATED, WRITTEN], ids=["repeated", "written"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_answers(text: str, question: str) -> None:
    reading = read("net.yaml", text)
    lines = text.rstrip("\n").split("\n")
    with about(0.2):
        QUESTIONS[question](reading, len(lines), len(lines[-1]) - 3)
