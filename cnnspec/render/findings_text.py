"""Findings for people: message, place, the reader's own line with a caret, why, help."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..diagnostics import Diagnostic, Span
from ..source import Source
from .safe import escaped, width

MOST = 50
RED, YELLOW, BLUE, CYAN, BOLD, PLAIN = (
    "\x1b[1;31m",
    "\x1b[1;33m",
    "\x1b[1;34m",
    "\x1b[1;36m",
    "\x1b[1m",
    "\x1b[0m",
)
TAB = "    "
LINE = 160

Paint = Callable[[str, str], str]


def text(diagnostics: Iterable[Diagnostic], sources: Iterable[Source] = (), colour: bool = False) -> str:
    """All findings as text, at most `MOST` for each file and a count of the rest."""
    paint: Paint = (lambda code, s: f"{code}{s}{PLAIN}") if colour else (lambda code, s: s)
    by_file = {source.file: source for source in sources}
    parts = []
    for file, shown, rest in limited(diagnostics):
        parts += ["\n".join(_one(d, by_file.get(file), paint)) + "\n\n" for d in shown]
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


def _one(diagnostic: Diagnostic, source: Source | None, paint: Paint) -> Iterator[str]:
    main = RED if diagnostic.severity == "error" else YELLOW
    yield paint(main, f"{diagnostic.severity}[{diagnostic.code}]") + paint(BOLD, f": {escaped(diagnostic.message)}")
    span = diagnostic.span
    if diagnostic.file:
        place = f":{span.line}:{span.column}" if span else ""
        yield f"{paint(BLUE, ' -->')} {escaped(diagnostic.file)}{place}"
    if span and source:
        gutter = len(str(max([span.line, *(note.span.line for note in diagnostic.notes)])))
        yield from _excerpt(source, span, diagnostic.label, gutter, lambda s: paint(main, s), paint)
        for note in diagnostic.notes:
            yield from _excerpt(source, note.span, note.label, gutter, lambda s: paint(BLUE, s), paint)
    elif diagnostic.label:
        yield f"  = {escaped(diagnostic.label)}"
    for title, said in (("why", diagnostic.why), ("help", diagnostic.help)):
        if said:
            yield f"  {paint(BLUE, '=')} {paint(CYAN, title)}: {escaped(said)}"


def _excerpt(
    source: Source, span: Span, label: str, gutter: int, mark: Callable[[str], str], paint: Paint
) -> Iterator[str]:
    """The line of a span with carets under it. Long lines are cut around the span."""
    line = source.lines[span.line - 1] if span.line <= len(source.lines) else ""
    last = span.end_column if span.end_line == span.line else len(line) + 1
    start, end = span.column - 1, max(last - 1, span.column)
    cut = max(0, start - LINE // 2)
    before, within = _shown(line[cut:start]), _shown(line[start : min(end, cut + LINE)])
    rest = _shown(line[end : cut + LINE]) if end < cut + LINE else ""
    dots = "..." if cut else ""
    carets = "^" * max(1, width(within))
    number = paint(BLUE, f"{span.line:>{gutter}} |")
    yield f"{number} {dots}{before}{within}{rest}".rstrip()
    blank = paint(BLUE, " " * gutter + " |")
    yield f"{blank} {' ' * width(dots + before)}{mark((carets + ' ' + escaped(label)).rstrip())}"


def _shown(part: str) -> str:
    return escaped(part.replace("\t", TAB))
