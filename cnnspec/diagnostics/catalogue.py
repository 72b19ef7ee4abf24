"""The pages that explain errors and warnings: one Markdown file for each code, beside this one."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

FOLDER = Path(__file__).parent / "codes"


@lru_cache(maxsize=1)
def codes() -> tuple[str, ...]:
    """All codes that have a page, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.md")))


def page(code: str) -> str:
    """The page of a code, Markdown. Raises KeyError when there is none."""
    if code not in codes():
        raise KeyError(code)
    return (FOLDER / f"{code}.md").read_text(encoding="utf-8")


def title(code: str) -> str:
    """What a code stands for, in a few words: the first line of its page."""
    return page(code).splitlines()[0].removeprefix(f"# {code}: ")
