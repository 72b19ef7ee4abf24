"""The pages, README.md and those in docs/, taken apart: their fenced blocks, and the outputs that stand in them.

The word behind a block's language says what the block is. Without one, `yaml` is a complete spec; `FILE` names a file
with this content; `layers CxHxW` is a list of layers over that input; `peers` marks what needs the extra of that name.
A file that begins with a dot is another program's configuration, and `text` a drawing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checkout import ROOT

from cnnspec import load
from cnnspec.graph.shape import times
from cnnspec.spec import bundled

README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
DOCS = ROOT / "docs"
FENCED = re.compile(r"^```(\w+) ?(.*)\n((?:.*\n)*?)```$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: `language` and `about` from its first line, the section (`## ...`) that it stands in."""

    page: Path
    language: str
    about: str
    text: str
    section: str
    line: int

    def __str__(self) -> str:
        return f"{self.page.stem}-{self.language}-{self.line}"


@dataclass(frozen=True)
class Command:
    """A line behind `$` in a console, and what it prints."""

    line: str
    output: str


def pages(root: Path = ROOT) -> list[Path]:
    """Every page of the project's documentation."""
    return [*sorted(root.glob("*.md")), *sorted((root / "docs").rglob("*.md"))]


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def everything() -> str:
    """All pages in one."""
    return "".join(text(page) for page in pages())


def blocks(*languages: str, root: Path = ROOT) -> list[Block]:
    """The blocks in these languages, or all, of every page."""
    found = (block for page in pages(root) for block in _blocks(page))
    return [block for block in found if not languages or block.language in languages]


def _blocks(page: Path) -> Iterator[Block]:
    whole = text(page)
    for found in FENCED.finditer(whole):
        before = whole[: found.start()]
        section = re.findall(r"^## (.*)$", FENCED.sub("", before), re.MULTILINE)
        yield Block(page, found[1], found[2], found[3], section[-1] if section else "", before.count("\n") + 1)


def is_spec(block: Block) -> bool:
    """Whether a block is a spec or a part of one."""
    return block.language == "yaml" and not block.about.startswith(".")


def files() -> dict[str, str]:
    """The files whose content the pages show, by path."""
    shown = (block for block in blocks() if block.about not in ("", "peers"))
    return {block.about: block.text for block in shown if not block.about.startswith("layers ")}


def commands(block: Block) -> list[Command]:
    """The commands of a console."""
    first, *rest = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not first, "a console begins with a command"
    return [Command(line, output) for line, _, output in (entry.partition("\n") for entry in rest)]


def console(ran: list[Command]) -> str:
    return "".join(f"$ {command.line}\n{command.output}" for command in ran)


class Shell:
    """A folder as the reader has it after the pages' files are written: the clone's `specs/` is there, and `cnnspec`
    is this checkout's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "specs").symlink_to(bundled.folder())
        for name, content in files().items():
            if not name.startswith((".", "cnnspec/")):  # what changes cnnspec itself is tried elsewhere
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_text(content, encoding="utf-8")
        self.programs = folder / ".bin"
        self.programs.mkdir()
        for name, call in (("cnnspec", f"{sys.executable} -m cnnspec"), ("python", sys.executable)):
            program = self.programs / name
            program.write_text(f'#!/bin/sh\nexec {call} "$@"\n', encoding="utf-8")
            program.chmod(0o755)

    def environment(self, **more: str) -> dict[str, str]:
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **more}

    def run(self, line: str) -> str:
        """What a command prints on both streams. It must end with exit code 0."""
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return portable(done.stdout)


def portable(output: str) -> str:
    """Without what differs from clone to clone: the folder that the bundled specs lie in."""
    return output.replace(str(bundled.folder()), "specs")


def rows(page: str, title: str) -> list[list[str]]:
    """The cells of a page's table whose first row begins with `title`."""
    whole = text(DOCS / f"{page}.md")
    table = re.search(rf"^\| {title} \|.*\n\|[-:|]+\n((?:\|.*\n)+)", whole, re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table[1].splitlines()]


def words(cell: str) -> list[str]:
    """What stands in backticks in a cell."""
    return re.findall(r"`(\w+)`", cell)


def listed_kinds() -> set[str]:
    """The layer kinds that come with cnnspec; one that somebody adds as a file is not among them."""
    return {kind for row in rows("language", "layer") for kind in words(row[0])}


def networks() -> str:
    """The table of the bundled networks."""
    rows = ["| name | network | input | params | MACs | buffers |", "|---|---|---|--:|--:|--:|"]
    for name in bundled.names():
        spec = load(name)
        totals = spec.graph.totals
        figures = (times(spec.graph.input), *(f"{n:,}" for n in (totals.params, totals.macs, totals.buffers)))
        rows.append(f"| {' | '.join((f'`{name}`', spec.name, *figures))} |")
    return "".join(f"{row}\n" for row in rows)
