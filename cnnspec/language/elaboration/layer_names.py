"""The names of a document's layers and block calls: as given, with a number for each repetition, or counted."""

from __future__ import annotations

from ...diagnostics import Diagnostic, Note, Span
from ...diagnostics.collector import Collector
from ..syntax.tree import LENGTH, Entry
from .context import Tensor
from .symbol_table import SymbolTable, repeated


class LayerNames:
    """Gives names; mistakes go to `findings`."""

    def __init__(self, table: SymbolTable[Tensor], findings: Collector) -> None:
        self.table = table
        self.findings = findings
        self.counted_up: dict[Span, str] = {}
        """Where a name stands that `repeat` counts up."""

    def name(self, entry: Entry, scopes: tuple[str, ...], index: int | None = None) -> str:
        """The full name of a layer or block call in scopes of names, in its repetition `index`."""
        if entry.name is None:
            return self.table.count(scopes, entry.word.text)
        own, span = entry.name.text, entry.name.span
        if index is not None:
            self.counted_up[span] = own
            own = repeated(own, index)
        full = scopes[-1] + own
        if len(full) > LENGTH:
            self.findings.report("E109", f"a name of {len(full)} characters", span, why=f"at most {LENGTH}")
        first = self.table.give(full, span)
        if first is not None:
            self.findings.add(self._twice(full, span, first))
        return full

    def _twice(self, full: str, span: Span, first: Span) -> Diagnostic:
        """E108 for the name `full`, given at two places or twice at one."""
        notes: tuple[Note, ...] = ()
        if first == span:
            why, cure = "this line is reached more than once", "name the block call as well: its name becomes a prefix"
        else:
            notes, why, cure = (Note(first, "given here first"),), "", ""
            stem = self.counted_up.get(first) or self.counted_up.get(span)
            if stem and not full.endswith(stem):
                why = f"`{stem}` with `repeat` counts up and also makes `{full}`"
                cure = f"call it `{stem}.0`: its repetitions are then `{stem}.0`, `{stem}.1`, ..."
        return Diagnostic("E108", f"two layers are called `{full}`", span=span, notes=notes, why=why, help=cure)
