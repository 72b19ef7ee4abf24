"""The language server: what an editor sends and asks, answered from readings of the open texts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from .. import __version__
from . import names
from .code_actions import code_actions, mend_all
from .completion import complete
from .formatting import format_edits
from .hover import hover, manual
from .inlay_hints import inlay_hints
from .outline import folds, outline
from .protocol import Places, file_of
from .reading import Reading, read

DELAY = 0.02
"""Seconds without a key after which findings are told."""
ACTIONS = [types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]
TRIGGERS = [" ", "{", "["]


class Session:
    """The open texts of one client."""

    def __init__(self, server: LanguageServer) -> None:
        self.server = server
        self.readings: dict[str, Reading] = {}
        self.waiting: dict[str, asyncio.TimerHandle] = {}

    # texts

    def reading(self, uri: str) -> tuple[Reading, Places]:
        """A text as it stands now, read once."""
        text = self.server.workspace.get_text_document(uri).source
        found = self.readings.get(uri)
        if found is None or found.source.text != text:
            found = self.readings[uri] = read(file_of(uri), text)
        return found, Places(uri, found.source.lines, self.server.workspace.position_codec)

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        self.publish(params.text_document.uri)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        uri = params.text_document.uri
        self.forget(uri)
        self.waiting[uri] = asyncio.get_running_loop().call_later(DELAY, self.publish, uri)

    def saved(self, params: types.DidSaveTextDocumentParams) -> None:
        """The files that a spec names may have changed, too."""
        self.readings.pop(params.text_document.uri, None)
        self.publish(params.text_document.uri)

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        self.forget(uri)
        self.readings.pop(uri, None)
        self.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def forget(self, uri: str) -> None:
        """Call off findings that are to be told."""
        waiting = self.waiting.pop(uri, None)
        if waiting is not None:
            waiting.cancel()

    def publish(self, uri: str) -> None:
        self.waiting.pop(uri, None)
        reading, places = self.reading(uri)
        found = [places.diagnostic(each) for each in reading.diagnostics]
        version = self.server.workspace.get_text_document(uri).version
        self.server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))

    # questions

    def hover(self, params: types.HoverParams) -> types.Hover | None:
        reading, places = self.reading(params.text_document.uri)
        told = hover(reading, *places.place(params.position))
        return places.hover(told) if told is not None else None

    def complete(self, params: types.CompletionParams) -> types.CompletionList:
        reading, places = self.reading(params.text_document.uri)
        found = complete(reading, *places.place(params.position))
        items = [places.completion(each, number, self.has_snippets()) for number, each in enumerate(found)]
        return types.CompletionList(is_incomplete=False, items=items)

    def has_snippets(self) -> bool:
        """Whether the client fills in what is left open in a completion."""
        about = self.server.client_capabilities.text_document
        item = about.completion.completion_item if about and about.completion else None
        return bool(item and item.snippet_support)

    def resolve(self, item: types.CompletionItem) -> types.CompletionItem:
        """A completion with its manual page."""
        if isinstance(item.data, str) and (page := manual(item.data)):
            item.documentation = types.MarkupContent(types.MarkupKind.Markdown, page)
        return item

    def symbols(self, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        reading, places = self.reading(params.text_document.uri)
        return [places.symbol(symbol) for symbol in outline(reading)]

    def hints(self, params: types.InlayHintParams) -> list[types.InlayHint]:
        reading, places = self.reading(params.text_document.uri)
        return [
            places.hint(hint) for hint in inlay_hints(reading, params.range.start.line + 1, params.range.end.line + 1)
        ]

    # names

    def definition(self, params: types.DefinitionParams) -> list[types.Location]:
        reading, places = self.reading(params.text_document.uri)
        found = names.definitions(reading, *places.place(params.position))
        return [types.Location(places.uri, places.range(span)) for span in found]

    def references(self, params: types.ReferenceParams) -> list[types.Location]:
        reading, places = self.reading(params.text_document.uri)
        here = places.place(params.position)
        found = names.references(reading, *here, with_definition=params.context.include_declaration)
        return [types.Location(places.uri, places.range(span)) for span in found]

    def highlights(self, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        reading, places = self.reading(params.text_document.uri)
        found = names.references(reading, *places.place(params.position))
        return [types.DocumentHighlight(places.range(span)) for span in found]

    def prepare_rename(self, params: types.PrepareRenameParams) -> types.Range | None:
        """What a new name would stand in the place of; None where there is none to be had."""
        reading, places = self.reading(params.text_document.uri)
        here = names.at(reading, *places.place(params.position))
        return places.range(here[0].span) if here and not here[0].name.is_counted else None

    def rename(self, params: types.RenameParams) -> types.WorkspaceEdit:
        reading, places = self.reading(params.text_document.uri)
        try:
            edits = names.rename(reading, *places.place(params.position), params.new_name)
        except names.RenameError as error:
            raise JsonRpcInvalidParams(str(error)) from None
        return places.change(edits)

    # edits

    def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        reading, places = self.reading(params.text_document.uri)
        first, last = params.range.start.line + 1, params.range.end.line + 1
        found = [places.action(action) for action in code_actions(reading, first, last)]
        whole = mend_all(reading)
        return found if whole is None else [*found, places.action(whole)]

    def layout(self, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        reading, places = self.reading(params.text_document.uri)
        return places.edits(format_edits(reading))

    def folds(self, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        reading, _ = self.reading(params.text_document.uri)
        return [types.FoldingRange(first - 1, last - 1) for first, last in folds(reading)]


def language_server() -> LanguageServer:
    """A server that waits for its client. Texts come whole: how they are cut in lines is then up to nobody else."""
    server = LanguageServer("cnnspec", f"v{__version__}", text_document_sync_kind=types.TextDocumentSyncKind.Full)
    session = Session(server)

    def answer(method: str, work: Callable[[Any], Any], options: Any = None) -> None:
        server.feature(method, options)(lambda params: work(params))  # a method cannot be marked, as pygls does

    answer(types.TEXT_DOCUMENT_DID_OPEN, session.opened)
    answer(types.TEXT_DOCUMENT_DID_CHANGE, session.changed)
    answer(types.TEXT_DOCUMENT_DID_SAVE, session.saved)
    answer(types.TEXT_DOCUMENT_DID_CLOSE, session.closed)
    answer(types.TEXT_DOCUMENT_HOVER, session.hover)
    answer(types.TEXT_DOCUMENT_COMPLETION, session.complete, types.CompletionOptions(TRIGGERS, resolve_provider=True))
    answer(types.COMPLETION_ITEM_RESOLVE, session.resolve)
    answer(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, session.symbols)
    answer(types.TEXT_DOCUMENT_INLAY_HINT, session.hints)
    answer(types.TEXT_DOCUMENT_FOLDING_RANGE, session.folds)
    answer(types.TEXT_DOCUMENT_DEFINITION, session.definition)
    answer(types.TEXT_DOCUMENT_REFERENCES, session.references)
    answer(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT, session.highlights)
    answer(types.TEXT_DOCUMENT_PREPARE_RENAME, session.prepare_rename)
    answer(types.TEXT_DOCUMENT_RENAME, session.rename, types.RenameOptions(prepare_provider=True))
    answer(types.TEXT_DOCUMENT_FORMATTING, session.layout)
    answer(types.TEXT_DOCUMENT_CODE_ACTION, session.actions, types.CodeActionOptions(ACTIONS))
    return server


class Kept:
    """A stream that outlives the server, which would close it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream

    def write(self, data: bytes) -> None:
        self.stream.write(data)

    def flush(self) -> None:
        self.stream.flush()

    close = flush


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Serve the client at the other end of two streams until it says that it leaves, or is gone."""
    language_server().start_io(requests, Kept(answers))
