"""Manual pages as Markdown, which reads well as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat
from textwrap import wrap

from ...graph.layer import TensorSpec
from ...graph.shape import times
from .pages import Entry, Page, Use

WIDTH = 100
INDENT = "    "
LEAST = 24
"""So many columns a text beside its name needs."""
NUMBERS = "A number may also be an expression over the C, H, W that arrive and a block's arguments: `K: 4*C`."


def render(page: Page, width: int = WIDTH) -> str:
    """A page as Markdown. Lists are made for a `width`; prose and pictures are as they are."""
    parts = [f"# {page.name}: {page.title}", page.prose]
    if page.entries:
        parts += ["## Fields", "\n".join(_entries(page.entries, width))]
        parts += [NUMBERS] if page.uses and any("number" in entry.takes for entry in page.entries) else []
    good = [use for use in page.uses if use.error is None]
    holding = next((use for use in good if use.step.tensors), None)
    if holding:
        parts += [f"## Tensors of `{holding.yaml}`", "\n".join(_tensors(holding.step.tensors))]
    if good:
        parts += ["## Examples", "\n".join(_good(good, width))]
    bad = [use for use in page.uses if use.error is not None]
    if bad:
        parts += ["## Mistakes", "\n".join(_bad(bad))]
    return "\n\n".join(filter(None, parts)) + "\n"


def index(sections: Mapping[str, Mapping[str, str]], width: int = WIDTH) -> str:
    """Names with a line each, under headings."""
    room = max(len(name) for names in sections.values() for name in names)
    parts = []
    for title, names in sections.items():
        lines = chain.from_iterable(_listed(name, room, [said], width) for name, said in names.items())
        parts += [f"## {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _entries(entries: Sequence[Entry], width: int) -> Iterator[str]:
    room = max(len(entry.name) for entry in entries)
    for entry in entries:
        given = "required" if entry.default is None else f"default {entry.default}" if entry.default else "optional"
        yield from _listed(entry.name, room, [f"{entry.takes}; {given}", entry.description], width)


def _listed(name: str, room: int, said: Sequence[str], width: int) -> Iterator[str]:
    """A name and beside it what is said of it; below it where there is no room."""
    column = len(INDENT) + room + 2
    if width - column < LEAST:
        yield f"{INDENT}{name}"
        name, column = "", 2 * len(INDENT)
    names = chain([f"{INDENT}{name:{column - len(INDENT)}}"], repeat(" " * column))
    for text in said:
        for line in wrap(text, width - column, break_long_words=False, break_on_hyphens=False) or [""] * (
            text == said[0]
        ):
            yield f"{next(names)}{line}".rstrip()


def _tensors(tensors: Mapping[str, TensorSpec]) -> Iterator[str]:
    names = max(map(len, tensors))
    shapes = max(len(times(tensor.shape)) for tensor in tensors.values())
    for name, tensor in tensors.items():
        origin = "computed while training" if tensor.buffer else "learned"
        start = "at random" if tensor.fan else f"at {tensor.fill:g}"
        yield f"{INDENT}{name:{names}}  {times(tensor.shape):{shapes}}  {origin}, starts {start}"


def _good(uses: list[Use], width: int) -> Iterator[str]:
    room = max(len(use.yaml) for use in uses)
    flows = [f"{times(use.arriving)} -> {times(use.step.shape)}" for use in uses]
    widest = max(map(len, flows))
    lines = [(f"{INDENT}- {use.yaml}", flow, _cost(use)) for use, flow in zip(uses, flows, strict=True)]
    whole = [f"{yaml:{room + 6}}  {flow:{widest}}  {cost}".rstrip() for yaml, flow, cost in lines]
    if max(map(len, whole)) <= max(width, 120):
        yield from whole
        return
    for yaml, flow, cost in lines:
        yield yaml
        yield f"{INDENT * 2}{flow}  {cost}".rstrip()


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
