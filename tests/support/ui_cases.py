"""Specs with what `validate` prints for them: the pages of the codes and further cases in `tests/ui`.

In these files a `yaml` block with a `text` block behind it is a spec, `net.yaml`, and what is printed for it; a
`yaml` block by itself is a spec without findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from checkout import TESTS

from cnnspec.diagnostics.catalogue import FOLDER, codes

UI = TESTS / "ui"
BLOCK = re.compile(r"^```(yaml|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = tuple(code for code in codes() if code.startswith(("E4", "E5", "W4")))
"""Codes of files, weights and images, and of training: a spec alone cannot show them."""


@dataclass(frozen=True)
class Case:
    """A spec with the place of its message in the file; None for a spec without findings."""

    file: Path
    spec: str
    shown: tuple[int, int] | None

    @property
    def expected(self) -> str:
        start, end = self.shown or (0, 0)
        return self.file.read_text(encoding="utf-8")[start:end]


def cases() -> Iterator[Case]:
    pages = (FOLDER / f"{code}.md" for code in codes() if code not in FILES)
    for file in (*pages, *sorted(UI.glob("*.md"))):
        blocks = [*BLOCK.finditer(file.read_text(encoding="utf-8")), None]
        for block, after in pairwise(blocks):
            if block is not None and block[1] == "yaml":
                shown = after.span(2) if after is not None and after[1] == "text" else None
                yield Case(file, block[2], shown)


def name(case: Case) -> str:
    line = case.file.read_text(encoding="utf-8").partition(case.spec)[0].count("\n")
    return f"{case.file.stem}:{line}"


MESSAGES = [case for case in cases() if case.shown][::-1]  # from the end: an update moves what follows
CLEAN = [case for case in cases() if not case.shown]
