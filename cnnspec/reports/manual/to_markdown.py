"""Manual pages as Markdown, which reads well as it is, and Markdown for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from textwrap import wrap

from ...graph.layer import TensorSpec
from ...graph.shape import times
from ..drawing.ansi import BOLD, CYAN, PLAIN
from .pages import Entry, Page, Use

WIDTH = 100
INDENT = "    "
NUMBERS = "A number may also be an expression over the C, H, W that arrive and a block's arguments: `K: 4*C`."


def render(page: Page) -> str:
    """A page as Markdown."""
    parts = [f"# {page.name}: {page.title}", page.prose]
    if page.entries:
        parts += ["## Fields", "\n".join(_entries(page.entries))]
        parts += [NUMBERS] if page.uses and any("number" in entry.takes for entry in page.entries) else []
    good = [use for use in page.uses if use.error is None]
    holding = next((use for use in good if use.step.tensors), None)
    if holding:
        parts += [f"## Tensors of `{holding.yaml}`", "\n".join(_tensors(holding.step.tensors))]
    if good:
        parts += ["## Examples", "\n".join(_good(good))]
    bad = [use for use in page.uses if use.error is not None]
    if bad:
        parts += ["## Mistakes", "\n".join(_bad(bad))]
    return "\n\n".join(filter(None, parts)) + "\n"


def index(sections: Mapping[str, Mapping[str, str]]) -> str:
    """Names with a line each, under headings."""
    room = max(len(name) for names in sections.values() for name in names)
    parts = []
    for title, names in sections.items():
        parts += [f"## {title}", "\n".join(_listed(name, room, said) for name, said in names.items())]
    return "\n\n".join(parts) + "\n"


def _listed(name: str, room: int, said: str) -> str:
    lines = wrap(said, WIDTH - room - 2 - len(INDENT)) or [""]
    return f"\n{INDENT}{' ' * (room + 2)}".join([f"{INDENT}{name:{room}}  {lines[0]}", *lines[1:]])


def _entries(entries: Sequence[Entry]) -> Iterator[str]:
    room = max(len(entry.name) for entry in entries)
    for entry in entries:
        given = "required" if entry.default is None else f"default {entry.default}" if entry.default else "optional"
        names = chain([entry.name], repeat(""))
        for said in (f"{entry.takes}; {given}", entry.description):
            for line in wrap(said, WIDTH - room - 2 - len(INDENT)):
                yield f"{INDENT}{next(names):{room}}  {line}"


def _tensors(tensors: Mapping[str, TensorSpec]) -> Iterator[str]:
    names = max(map(len, tensors))
    shapes = max(len(times(tensor.shape)) for tensor in tensors.values())
    for name, tensor in tensors.items():
        origin = "computed while training" if tensor.buffer else "learned"
        start = "at random" if tensor.fan else f"at {tensor.fill:g}"
        yield f"{INDENT}{name:{names}}  {times(tensor.shape):{shapes}}  {origin}, starts {start}"


def _good(uses: list[Use]) -> Iterator[str]:
    room = max(len(use.yaml) for use in uses)
    flows = [f"{times(use.arriving)} -> {times(use.step.shape)}" for use in uses]
    widest = max(map(len, flows))
    for use, flow in zip(uses, flows, strict=True):
        yield f"{INDENT}- {use.yaml:{room}}  {flow:{widest}}  {_cost(use)}".rstrip()


def _cost(use: Use) -> str:
    steps = use.checked.steps
    counts = {"params": sum(step.params for step in steps), "MACs": sum(step.macs for step in steps)}
    return ", ".join(f"{count:,} {unit}" for unit, count in counts.items() if count)


def _bad(uses: list[Use]) -> Iterator[str]:
    room = max(len(use.yaml) for use in uses)
    for use in uses:
        assert use.error is not None
        yield f"{INDENT}- {use.yaml:{room}}  {times(use.arriving)} arrives"
        yield f"{INDENT}  {use.error.code}: {use.error.message}"


def styled(text: str) -> str:
    """Markdown for a terminal: headings bold, code in colour, marks gone."""
    return "".join(f"{line}\n" for line in _styled(text.splitlines()))


def _styled(lines: list[str]) -> Iterator[str]:
    fenced = False
    for line in lines:
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            yield INDENT + line
        elif heading := re.fullmatch(r"#+ (.*)", line):
            yield f"{BOLD}{heading[1].replace('`', '')}{PLAIN}"
        elif line.startswith(INDENT):
            yield line
        else:
            yield re.sub(r"`([^`]+)`", rf"{CYAN}\1{PLAIN}", line)
