"""The page's script, one module joined of the files in `scripts`, which stand there as they are tested and typed.

Each imports what it uses from its neighbours and exports what they may use. Joined, all stand in one scope in an order
in which every file comes after those that it imports; the words `import` and `export`, comments and indentation go.
"""

from __future__ import annotations

import re
from functools import cache

from .own_files import own_file

IMPORT = re.compile(r'^import\s.*?\sfrom "\./([\w-]+)\.js";\n', re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"^export (?=(async )?(function|const|let|class) )", re.MULTILINE)
COMMENT = re.compile(r"/\*\*.*?\*/ ?\n?", re.DOTALL)
"""What is said to people and to the check of types."""
SPACE = re.compile(r"^\s+", re.MULTILINE)
"""What lines begin with, and empty lines. No text of the script goes over several lines."""
START = "main"
"""The file that imports all others."""


@cache
def script() -> str:
    """The whole module. Raises ValueError where files import each other in a circle."""
    joined: dict[str, str] = {}
    _add(START, joined, ())
    return SPACE.sub("", COMMENT.sub("", "\n".join(joined.values())))


def source(name: str) -> str:
    """A file of the script as it stands."""
    return own_file(f"scripts/{name}.js")


def _add(name: str, joined: dict[str, str], waiting: tuple[str, ...]) -> None:
    if name in waiting:
        raise ValueError(f"imports go in a circle: {' -> '.join((*waiting, name))}")
    if name in joined:
        return
    written = source(name)
    for needed in IMPORT.findall(written):
        _add(needed, joined, (*waiting, name))
    joined[name] = EXPORT.sub("", IMPORT.sub("", written))
