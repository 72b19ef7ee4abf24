"""From what is known of a spec to what the protocol calls it, and back.

A `Span` counts characters from 1; the protocol counts lines from 0 and, in a line, units of what client and server have
agreed upon: UTF-16 as a rule, in which a character beyond U+FFFF is two.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lsprotocol import types
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec

from ..diagnostics import Diagnostic, Edit, Severity, Span
from .code_actions import Action
from .completion import Completion
from .grammar import Sort
from .hover import Told
from .inlay_hints import Hint
from .outline import Symbol

SEVERITIES: dict[Severity, types.DiagnosticSeverity] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
}
SORTS: dict[Sort, types.CompletionItemKind] = {
    "layer": types.CompletionItemKind.Class,
    "block": types.CompletionItemKind.Function,
    "field": types.CompletionItemKind.Field,
    "key": types.CompletionItemKind.Keyword,
    "word": types.CompletionItemKind.EnumMember,
    "name": types.CompletionItemKind.Variable,
    "argument": types.CompletionItemKind.Property,
    "letter": types.CompletionItemKind.Constant,
}
SYMBOLS = {
    "key": types.SymbolKind.Key,
    "block": types.SymbolKind.Function,
    "argument": types.SymbolKind.Property,
    "layer": types.SymbolKind.Class,
}


def file_of(uri: str) -> str:
    """The path that a document has, or is to have."""
    return to_fs_path(uri) or Path(uri).name


class Places:
    """Places of one text, counted as the client does."""

    def __init__(self, uri: str, lines: tuple[str, ...], codec: PositionCodec) -> None:
        self.uri = uri
        self.lines = lines
        self.codec = codec

    def position(self, line: int, column: int) -> types.Position:
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        before = text[: column - 1]
        return types.Position(line - 1, len(before) if before.isascii() else self.codec.client_num_units(before))

    def range(self, span: Span) -> types.Range:
        return types.Range(self.position(*span.start), self.position(*span.end))

    def place(self, position: types.Position) -> tuple[int, int]:
        """Line and column, as in a `Span`, of what a client calls so."""
        text = self.lines[position.line] if position.line < len(self.lines) else ""
        if text.isascii():
            return position.line + 1, min(position.character, len(text)) + 1
        units = 0
        for column, character in enumerate(text, 1):
            if units >= position.character:
                return position.line + 1, column
            units += self.codec.client_num_units(character)
        return position.line + 1, len(text) + 1

    def edits(self, edits: Iterable[Edit]) -> list[types.TextEdit]:
        return [types.TextEdit(self.range(edit.span), edit.text) for edit in edits]

    def change(self, edits: Iterable[Edit]) -> types.WorkspaceEdit:
        return types.WorkspaceEdit(changes={self.uri: self.edits(edits)})

    def diagnostic(self, found: Diagnostic) -> types.Diagnostic:
        """A finding with what explains it, why and help."""
        said = [f"{found.message}: {found.label}" if found.label else found.message]
        said += [f"{title}: {text}" for title, text in (("why", found.why), ("help", found.help)) if text]
        notes = [
            types.DiagnosticRelatedInformation(types.Location(self.uri, self.range(note.span)), note.label)
            for note in found.notes
        ]
        return types.Diagnostic(
            range=self.range(found.span or Span(1, 1, 1, 1)),
            message="\n".join(said),
            severity=SEVERITIES[found.severity],
            code=found.code,
            source="cnnspec",
            related_information=notes or None,
        )

    def action(self, action: Action) -> types.CodeAction:
        """Edits to choose: of one finding, or of all at once."""
        is_one = action.finding is not None
        return types.CodeAction(
            title=action.title,
            kind=types.CodeActionKind.QuickFix if is_one else types.CodeActionKind.SourceFixAll,
            diagnostics=[self.diagnostic(action.finding)] if action.finding is not None else None,
            is_preferred=is_one and action.is_sure,
            edit=self.change(action.edits),
        )

    def hover(self, told: Told) -> types.Hover:
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, told.text), self.range(told.span))

    def completion(self, found: Completion, number: int, snippets: bool) -> types.CompletionItem:
        """An offer; without snippets only what stands before the first thing to fill in is written."""
        offer = found.offer
        is_snippet = snippets and "$" in found.text
        text = found.text if snippets else found.text.partition("$")[0].rstrip("{[")
        return types.CompletionItem(
            label=offer.word,
            kind=SORTS[offer.sort],
            detail=offer.about or None,
            sort_text=f"{number:04}",
            filter_text=offer.word,
            insert_text_format=types.InsertTextFormat.Snippet if is_snippet else types.InsertTextFormat.PlainText,
            text_edit=types.TextEdit(self.range(found.span), text),
            data=offer.page or None,
        )

    def hint(self, hint: Hint) -> types.InlayHint:
        at = self.position(hint.line, len(self.lines[hint.line - 1]) + 1)
        return types.InlayHint(at, hint.text, types.InlayHintKind.Type, padding_left=True)

    def symbol(self, symbol: Symbol) -> types.DocumentSymbol:
        return types.DocumentSymbol(
            name=symbol.name or "?",
            kind=SYMBOLS[symbol.sort],
            range=self.range(symbol.span),
            selection_range=self.range(symbol.place),
            detail=symbol.about or None,
            children=[self.symbol(inner) for inner in symbol.inner],
        )
