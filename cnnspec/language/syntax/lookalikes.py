"""What is said of characters that only look like YAML's; the text is then read as it was meant."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, takewhile
from operator import itemgetter

from ...diagnostics import Diagnostic, Edit, Fix
from .lookalike_characters import name, plain, told
from .lookalike_scanner import LookalikeScanner
from .mended_source import MendedSource, Replacement, replaced
from .source import Source

SAID, SHOWN, LINES = 4, 100, 200
"""So many different characters of a line are named, so long a line is written out, and so many lines have a finding of
their own; the rest have one together."""


def straightened(source: Source, is_yaml: bool = False) -> tuple[Source, list[Diagnostic]]:
    """A text as it was meant, with a finding for each line that is not written so, and one for all its tabs.

    Where it `is_yaml` as it stands, `*` and `+` before an item are not taken for list marks: they stand in a text of
    several lines.
    """
    replacements = LookalikeScanner(source.text, takes_ascii_marks=not is_yaml).scan()
    if not replacements:
        return source, []
    tabs = [made for made in replacements if source.text[made.start] == "\t"]
    others = [made for made in replacements if source.text[made.start] != "\t"]
    return MendedSource.of(source, replacements), [*_of_tabs(source, tabs), *_of_lines(source, others)]


def _of_tabs(source: Source, tabs: Sequence[Replacement]) -> Iterator[Diagnostic]:
    if tabs:
        fix = Fix("write spaces for tabs", _edits(source, tabs), is_sure=True)
        yield Diagnostic(
            "E001",
            "a tab cannot indent",
            source.file,
            source.span(tabs[0].start, tabs[0].end),
            help="indent with spaces",
            fixes=(fix,),
        )


def _of_lines(source: Source, replacements: Sequence[Replacement]) -> Iterator[Diagnostic]:
    numbers = [source.span(made.start, made.end).line for made in replacements]
    lines = dict.fromkeys(numbers)
    last = list(lines)[LINES - 1] if len(lines) > LINES else max(lines, default=0)
    own = bisect_right(numbers, last)
    for line, group in groupby(zip(numbers[:own], replacements[:own], strict=True), itemgetter(0)):
        found = [made for _, made in group]
        start = source.offset(line, 1)
        meant = replaced(source.text, found, start, start + len(source.lines[line - 1])).strip()
        yield _finding(source, found, f"write `{meant}`" if len(meant) <= SHOWN else "")
    if own < len(replacements):
        yield _finding(source, replacements[own:], f"here and in {len(lines) - LINES:,} lines in all")


def _finding(source: Source, found: Sequence[Replacement], help: str) -> Diagnostic:
    pairs = dict.fromkeys((source.text[made.start : made.end], made.new.strip()) for made in found)
    start = source.span(found[0].start, found[0].end)
    same = list(takewhile(lambda made: source.span(made.start, made.end).line == start.line, found))
    return Diagnostic(
        "E009",
        _first(f"{told(theirs)} is not {_ours(ours)}" for theirs, ours in pairs),
        source.file,
        source.span(same[0].start, same[-1].end),
        why=_first(f"{told(theirs)} is {_numbered(theirs)}" for theirs, _ in pairs),
        help=help,
        fixes=(Fix(_first(_cure(*pair) for pair in pairs), _edits(source, found), is_sure=True),),
    )


def _edits(source: Source, replacements: Sequence[Replacement]) -> tuple[Edit, ...]:
    return tuple(Edit(source.span(start, end), new) for start, end, new in replacements)


def _ours(text: str) -> str:
    return f"`{text}`" if text else "a space"


def _cure(theirs: str, ours: str) -> str:
    return f"write {f'`{ours}`' if ours else 'a space' if plain(theirs) else 'nothing'} for {told(theirs)}"


def _numbered(character: str) -> str:
    number = f"U+{ord(character):04X}"
    return name(character) if told(character) == number else f"{number}, {name(character)}"


def _first(texts: Iterable[str]) -> str:
    said = list(texts)
    return "; ".join(said[:SAID]) + (f"; and {len(said) - SAID} more" if len(said) > SAID else "")
