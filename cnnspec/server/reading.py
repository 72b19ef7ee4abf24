"""A text as it stands in an editor, read as far as it can be: what is wrong with it, and what is known of its layers.

Half-typed texts are the rule. The findings are those of `validate`; where the text cannot be read for them, the rest is
told from what is readable of it, at the same places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ..diagnostics import Diagnostic, Failure, FileError, Span
from ..language.document.document import Document, of_root
from ..language.elaboration.elaborate import elaborate
from ..language.elaboration.trace import Trace, Visit
from ..language.syntax.nodes import Scalar, Sequence
from ..language.syntax.source import MAX_BYTES, Source
from ..language.syntax.tree import Argument, Branch, Entry, JoinEntry
from ..language.syntax.tree import BlockCall as Call
from ..language.syntax.unfinished import readable
from ..spec import Checked, check
from ..spec.given import Content
from ..spec.project import settings_for


@dataclass(frozen=True)
class Reading:
    """A text, its findings, its document (None where nothing is a spec) and what a walk over that came by."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    document: Document | None
    trace: Trace

    @cached_property
    def visits(self) -> dict[Entry, list[int]]:
        """The visits of each entry, as their places in the trace."""
        found: dict[Entry, list[int]] = {}
        for number, visit in enumerate(self.trace.visits):
            found.setdefault(visit.entry, []).append(number)
        return found

    @cached_property
    def entries(self) -> tuple[tuple[Entry, str], ...]:
        """Every entry that is written, outer ones first, with the block that it is in (`""` for the spec itself)."""
        if self.document is None:
            return ()
        found = [(entry, "") for entry in _within(self.document.items)]
        for name, block in self.document.blocks.items():
            defaults = [default for _, default in block.arguments.values() if default is not None]
            found += [(entry, name) for part in (*defaults, block.items) for entry in _in(part)]
        return tuple(found)

    def entry(self, line: int, column: int) -> tuple[Entry, str] | None:
        """The innermost entry around a place, and the block that it is in."""
        around = [found for found in self.entries if covers(found[0].span, line, column)]
        return around[-1] if around else None

    def first_visit(self, entry: Entry) -> Visit | None:
        numbers = self.visits.get(entry)
        return self.trace.visits[numbers[0]] if numbers else None

    def visits_of(self, entry: Entry) -> list[Visit]:
        return [self.trace.visits[number] for number in self.visits.get(entry, ())]


def covers(span: Span, line: int, column: int) -> bool:
    """Whether a cursor at a place stands in a piece of text, or at its end."""
    return span.start <= (line, column) <= span.end


def _within(entries: tuple[Entry, ...]) -> Iterator[Entry]:
    for entry in entries:
        yield entry
        inner: tuple[Branch | Argument, ...] = ()
        if isinstance(entry, JoinEntry):
            inner = entry.branches
        elif isinstance(entry, Call):
            inner = tuple(argument for _, argument in entry.arguments)
        for part in inner:
            yield from _in(part)


def _in(part: Branch | Argument) -> Iterator[Entry]:
    if not isinstance(part, Scalar | Sequence):
        yield from _within(part)


def read(path: str, text: str) -> Reading:
    """Read a text that belongs to the file at `path`, whether that is there or not."""
    trace = Trace()
    try:
        checked = _judged(
            Path(path), check(Content(path, text.encode("utf-8", "surrogatepass")), files=True, trace=trace)
        )
    except FileError as error:
        checked = Checked.unread(path, error.diagnostics)
    source = Source(path, text.encode("utf-8", "replace").decode())  # half a character can come through the protocol
    document = checked.document
    if document is None and len(text) <= MAX_BYTES:
        root = readable(source.text)
        if root is not None:
            document, _ = of_root(source, root)
            elaborate(document, trace=trace)
    return Reading(source, checked.diagnostics, document, trace)


def _judged(path: Path, checked: Checked) -> Checked:
    """What is found, as the repository of the file wants it."""
    try:
        settings = settings_for(path.parent)
    except Failure as failure:  # the repository's own file has a mistake
        elsewhere = (replace(d, message=f"{d.file}: {d.message}", span=None, notes=()) for d in failure.diagnostics)
        return replace(checked, diagnostics=(*checked.diagnostics, *elsewhere))
    return settings.judge(checked, path) if settings else checked
