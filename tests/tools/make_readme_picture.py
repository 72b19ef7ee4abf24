"""Draws docs/cnnspec.svg, the README's picture: what two commands print in a terminal, in its colours.

    python tests/tools/make_readme_picture.py

draws it anew; `pytest --update-golden` does so too.
"""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import tempfile
import termios
from collections.abc import Iterator
from io import StringIO
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree

import readme
from checkout import ROOT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

PICTURE = ROOT / "docs" / "cnnspec.svg"
COMMANDS = ("cnnspec validate first.yaml", "cnnspec run lenet5")
COLUMNS = 112


def draw(shell: readme.Shell) -> str:
    """The picture as SVG."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), highlight=False)
    for line in COMMANDS:
        console.print(Text.assemble(("$ ", "dim"), (line, "bold")))
        console.print(Text.from_ansi(readme.portable(printed(shell, line))))
    svg = console.export_svg(title="", theme=MONOKAI, code_format=FORMAT, unique_id="cnnspec")
    return svg.replace("textLength", 'lengthAdjust="spacingAndGlyphs" textLength')  # fonts differ in width


def printed(shell: readme.Shell, line: str) -> str:
    """What a command prints in a terminal of `COLUMNS`."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    environment = shell.environment(TERM="xterm-256color", COLORTERM="", NO_COLOR="")
    environment.pop("COLUMNS", None)
    child = subprocess.Popen(line.split(), cwd=shell.folder, env=environment, stdin=its, stdout=its, stderr=its)
    os.close(its)
    found = b"".join(_read(ours))
    child.wait()
    os.close(ours)
    return found.decode().replace("\r\n", "\n").rstrip("\n") + "\n"


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:  # Linux's way to say that the other side has gone
            return
        if not data:
            return
        yield data


def words(svg: str) -> list[str]:
    """The lines of text in a picture, without their blanks."""
    texts = [e for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text") if e.text]
    return ["".join("".join((e.text or "").split()) for e in row) for _, row in groupby(texts, lambda e: e.get("y"))]


# rich's own format frames a window, and loads a font over the network, which pages do not let a picture do.
FORMAT = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px }}
{styles}
</style>
<rect fill="#1e1e1e" width="100%" height="100%" rx="8"/>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
<g transform="translate({terminal_x}, 22)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        PICTURE.write_text(draw(readme.Shell(Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    main()
