"""Findings for people: message, place, the reader's own line with a caret, why, help."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...diagnostics import Diagnostic, Span
from ...language.syntax.source import Source
from ..drawing.ansi import BLUE, BOLD, CYAN, RED, YELLOW, Paint, painter
from ..drawing.terminal_text import escaped
from ..drawing.terminal_text import width as columns
from ..drawing.text_table import wrapped

MOST = 50
TAB = "    "
EDGE = BOLD + BLUE
"""The colour of what frames the reader's lines."""
LINE = 160


def render(
    diagnostics: Iterable[Diagnostic],
    sources: Iterable[Source] = (),
    colour: bool = False,
    width: int | None = None,
) -> str:
    """All findings as text, at most `MOST` for each file and a count of the rest; words in lines of `width`."""
    paint = painter(colour)
    by_file = {source.file: source for source in sources}
    parts = []
    for file, shown, rest in limited(diagnostics):
        parts += ["\n".join(_one(d, by_file.get(file), paint, width)) + "\n\n" for d in shown]
        if rest:
            parts.append(f"... and {rest:,} more in {escaped(file)}\n\n")
    return "".join(parts)


def limited(diagnostics: Iterable[Diagnostic]) -> Iterator[tuple[str, list[Diagnostic], int]]:
    """For each file its first findings and how many more there are."""
    groups: dict[str, list[Diagnostic]] = {}
    for diagnostic in diagnostics:
        groups.setdefault(diagnostic.file, []).append(diagnostic)
    for file, found in groups.items():
        yield file, found[:MOST], max(0, len(found) - MOST)


def _one(diagnostic: Diagnostic, source: Source | None, paint: Paint, room: int | None) -> Iterator[str]:
    main = BOLD + (RED if diagnostic.severity == "error" else YELLOW)
    title = f"{diagnostic.severity}[{diagnostic.code}]"
    first, *further = wrapped(f"{title}: {escaped(diagnostic.message)}", room, 2)
    yield paint(main, title) + paint(BOLD, first.removeprefix(title))
    yield from (paint(BOLD, line) for line in further)
    span = diagnostic.span
    if diagnostic.file:
        place = f":{span.line}:{span.column}" if span else ""
        yield f"{paint(EDGE, ' -->')} {escaped(diagnostic.file)}{place}"
    if span and source:
        gutter = len(str(max([span.line, *(note.span.line for note in diagnostic.notes)])))
        yield from _excerpt(source, span, diagnostic.label, gutter, main, paint)
        for note in diagnostic.notes:
            yield from _excerpt(source, note.span, note.label, gutter, EDGE, paint)
    elif diagnostic.label:
        yield from wrapped(f"  = {escaped(diagnostic.label)}", room, 4)
    for title, said in (("why", diagnostic.why), ("help", diagnostic.help)):
        if said:
            head = f"  = {title}:"
            first, *further = wrapped(f"{head} {escaped(said)}", room, 4)
            yield f"  {paint(EDGE, '=')} {paint(BOLD + CYAN, title)}:{first.removeprefix(head)}"
            yield from further


def _excerpt(source: Source, span: Span, label: str, gutter: int, mark: str, paint: Paint) -> Iterator[str]:
    """The line of a span with carets under it, in the colour `mark`. Long lines are cut around the span."""
    line = source.lines[span.line - 1] if span.line <= len(source.lines) else ""
    last = span.end_column if span.end_line == span.line else len(line) + 1
    start, end = span.column - 1, max(last - 1, span.column)
    cut = max(0, start - LINE // 2)
    before, within = _shown(line[cut:start]), _shown(line[start : min(end, cut + LINE)])
    rest = _shown(line[end : cut + LINE]) if end < cut + LINE else ""
    dots = "..." if cut else ""
    carets = "^" * max(1, columns(within))
    number = paint(EDGE, f"{span.line:>{gutter}} |")
    yield f"{number} {dots}{before}{within}{rest}".rstrip()
    blank = paint(EDGE, " " * gutter + " |")
    yield f"{blank} {' ' * columns(dots + before)}{paint(mark, (carets + ' ' + escaped(label)).rstrip())}"


def _shown(part: str) -> str:
    return escaped(part.replace("\t", TAB))
