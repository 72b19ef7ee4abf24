"""The files that the page is made of: they come with the package, beside this one."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def own_file(name: str) -> str:
    """A file of this folder, such as `page.css`."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
