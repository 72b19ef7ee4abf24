"""Markdown for a terminal: as wide as that is, headings bold, code in colour, marks gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

from ..drawing.ansi import BOLD, CYAN, Paint, painter
from .to_markdown import INDENT

_CODE = re.compile(r"`([^`\n]+)`")
_ITEM = re.compile(r"(?:[-*] |[0-9]+\. )")
JOINT = "\x1f"
"""Stands for a blank within code, which no line ends in."""


def render(text: str, width: int, colour: bool) -> str:
    """A page for a terminal of some width. Words are never cut; a line of code goes on further in."""
    paint = painter(colour)
    return "".join(f"{line}\n" for block in _blocks(text.splitlines()) for line in _lines(block, width, paint))


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Paragraphs and list items as lists of lines; any other line by itself, code of fences indented."""
    block: list[str] = []
    fenced = False
    for line in lines:
        is_fence = line.startswith("```")
        is_alone = fenced or is_fence or not line or line.startswith((INDENT, "#", "|"))
        if block and (is_alone or _ITEM.match(line)):
            yield block
            block = []
        if is_fence:
            fenced = not fenced
        elif is_alone:
            yield [INDENT + line if fenced else line]
        else:
            block.append(line.strip() if block else line)
    if block:
        yield block


def _lines(block: list[str], width: int, paint: Paint) -> Iterator[str]:
    first = block[0]
    if first.startswith(INDENT):
        inner = first[: len(first) - len(first.lstrip(" -"))].replace("-", " ")
        yield from _wrapped(first, width, f"{inner}  ") if len(first) > width else [first]
    elif heading := re.fullmatch(r"#+ (.*)", first):
        yield from (paint(BOLD, line) for line in _wrapped(heading[1].replace("`", ""), width, "  "))
    elif first.startswith("|"):
        yield first
    else:
        item = _ITEM.match(first)
        joined = _CODE.sub(lambda found: found[0].replace(" ", JOINT), " ".join(block))
        for line in _wrapped(joined, width, " " * len(item[0]) if item else ""):
            yield _CODE.sub(lambda found: paint(CYAN, found[1]), line.replace(JOINT, " "))


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]
