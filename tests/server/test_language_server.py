"""The language server at the other end of the protocol, asked by a real client."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from editor import Editor, session

from cnnspec.spec import bundled

pytestmark = pytest.mark.peers

SPEC = """\
input: {C: 3, H: 8, W: 8}
layers:
  - {conv: {F: 3, K: 4}, name: stem}  # 😀
  - relu
  - add: [stem, []]
"""
URI = "untitled:net.cnn.yaml"


def place(line: int, character: int) -> dict[str, dict[str, int]]:
    return {"position": {"line": line, "character": character}}


def test_findings_while_typing() -> None:
    async def work(editor: Editor) -> None:
        await editor.start(is_process=True)
        assert await editor.open(URI, SPEC) == ()
        (found,) = await editor.change(URI, SPEC.replace("relu", "rellu"))
        assert (found.code, found.severity, found.source) == ("E101", 1, "cnnspec")
        assert found.message == "unknown layer `rellu`: did you mean `relu`?"
        assert (found.range.start.line, found.range.start.character, found.range.end.character) == (3, 4, 9)
        assert await editor.change(URI, SPEC) == ()
        assert await editor.stop() == 0
        assert editor.complaints == []

    session(work)


def test_places_are_counted_as_the_client_does() -> None:
    """A smiley is two units of UTF-16, one character of UTF-32 and four bytes of UTF-8."""
    from lsprotocol import types

    text = 'input: {C: 1, H: 8, W: 8}\nlayers: [relu]\nabout: "😀" x\n'

    async def work(editor: Editor, encodings: Any) -> int:
        general = types.GeneralClientCapabilities(position_encodings=encodings)
        await editor.start(types.ClientCapabilities(general=general))
        (found,) = await editor.open(URI, text)
        await editor.stop()
        return int(found.range.start.character)

    told = [session(lambda editor, e=e: work(editor, e)) for e in (None, ["utf-16"], ["utf-32"], ["utf-8"])]  # type: ignore[misc]
    assert told == [12, 12, 11, 14]


def test_questions() -> None:
    from lsprotocol import types

    async def work(editor: Editor) -> None:
        able = await editor.start()
        assert able.position_encoding == "utf-16"
        await editor.open(URI, SPEC)
        told = await editor.ask("textDocument/hover", URI, **place(2, 6))
        assert told.contents.kind == types.MarkupKind.Markdown
        assert told.contents.value.startswith("`stem`: 3x8x8 -> 4x6x6  \n112 parameters, 3,888 MACs, receptive field 3")
        whole = {"range": {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}}
        hints = await editor.ask("textDocument/inlayHint", URI, **whole)
        at = [(hint.position.line, hint.position.character, hint.label) for hint in hints]
        assert at == [(2, 42, "-> 4x6x6"), (3, 8, "-> 4x6x6"), (4, 19, "-> 4x6x6")], (
            "behind the smiley, which is two units"
        )
        symbols = await editor.ask("textDocument/documentSymbol", URI)
        assert [symbol.name for symbol in symbols] == ["input", "layers"]
        assert [inner.name for inner in symbols[1].children] == ["stem", "relu", "add"]
        (fold,) = await editor.ask("textDocument/foldingRange", URI)
        assert (fold.start_line, fold.end_line) == (1, 4)
        await editor.stop()

    session(work)


def test_names_and_edits() -> None:
    from pygls.exceptions import JsonRpcInvalidParams

    text = SPEC.replace("relu", "rellu")

    async def work(editor: Editor) -> None:
        await editor.start()
        await editor.open(URI, SPEC)
        (where,) = await editor.ask("textDocument/definition", URI, **place(4, 12))
        assert (where.uri, where.range.start.line, where.range.start.character) == (URI, 2, 31)
        asked = {**place(2, 34), "context": {"includeDeclaration": True}}
        assert [found.range.start.line for found in await editor.ask("textDocument/references", URI, **asked)] == [2, 4]
        assert len(await editor.ask("textDocument/documentHighlight", URI, **place(2, 34))) == 2
        here = await editor.ask("textDocument/prepareRename", URI, **place(2, 34))
        assert (here.start.character, here.end.character) == (31, 35)
        assert await editor.ask("textDocument/prepareRename", URI, **place(3, 5)) is None
        change = await editor.ask("textDocument/rename", URI, **place(4, 12), newName="first")
        assert [(edit.range.start.line, edit.new_text) for edit in change.changes[URI]] == [(2, "first"), (4, "first")]
        with pytest.raises(JsonRpcInvalidParams, match="a name has letters"):
            await editor.ask("textDocument/rename", URI, **place(4, 12), newName="a b")
        await editor.change(URI, text)
        lines = {"range": {"start": {"line": 3, "character": 0}, "end": {"line": 3, "character": 0}}}
        mend, whole = await editor.ask("textDocument/codeAction", URI, **lines, context={"diagnostics": []})
        assert (mend.title, mend.kind, mend.is_preferred) == ("Write `relu`", "quickfix", True)
        assert mend.diagnostics[0].code == "E101"
        assert (whole.kind, whole.edit) == ("source.fixAll", mend.edit)
        (edit,) = mend.edit.changes[URI]
        assert (edit.range.start.line, edit.range.start.character, edit.new_text) == (3, 4, "relu")
        await editor.stop()

    session(work)


def test_formatting() -> None:
    async def work(editor: Editor) -> None:
        able = await editor.start()
        assert able.document_formatting_provider
        options = {"options": {"tabSize": 4, "insertSpaces": True}}
        await editor.open(URI, SPEC)
        assert not await editor.ask("textDocument/formatting", URI, **options)
        await editor.change(URI, SPEC.replace("- relu", "-   relu"))
        (edit,) = await editor.ask("textDocument/formatting", URI, **options)
        assert (edit.range.start.line, edit.range.end.line, edit.new_text) == (3, 3, "  - relu")
        await editor.change(URI, SPEC + "{")
        assert not await editor.ask("textDocument/formatting", URI, **options)
        await editor.stop()

    session(work)


@pytest.mark.parametrize("snippets", [False, True])
def test_completion(snippets: bool) -> None:
    from lsprotocol import types

    item = types.ClientCompletionItemOptions(snippet_support=snippets)
    completing = types.CompletionClientCapabilities(completion_item=item)
    capabilities = types.ClientCapabilities(text_document=types.TextDocumentClientCapabilities(completion=completing))

    async def work(editor: Editor) -> None:
        await editor.start(capabilities)
        await editor.open(URI, f"{SPEC}  - de")
        answer = await editor.ask("textDocument/completion", URI, **place(5, 6))
        (dense,) = (item for item in answer.items if item.label == "dense")
        assert dense.text_edit.new_text == ("dense: {K: $1}" if snippets else "dense: {K: ")
        assert (dense.text_edit.range.start.character, dense.text_edit.range.end.character) == (4, 6)
        assert dense.documentation is None, "a page is made when it is looked at"
        whole = await editor.client.completion_item_resolve_async(dense)
        assert whole.documentation.value.startswith("# dense: K neurons")
        await editor.stop()

    session(work)


def test_every_prefix_of_a_spec() -> None:
    """Each is opened, and asked about where it ends, as if it had been typed."""
    text = (bundled.folder() / "tinyvgg.yaml").read_text(encoding="utf-8")

    async def work(editor: Editor) -> None:
        await editor.start(is_process=True)
        await editor.open(URI, "")
        for end in range(1, len(text) + 1):
            before = text[:end]
            await editor.change(URI, before)
            here = place(before.count("\n"), len(before) - before.rfind("\n") - 1)
            await editor.ask("textDocument/hover", URI, **here)
            await editor.ask("textDocument/completion", URI, **here)
            await editor.ask("textDocument/documentSymbol", URI)
        assert await editor.stop() == 0
        assert editor.complaints == []

    session(work)


def test_files_that_a_spec_names_are_looked_at_when_it_is_saved(tmp_path: Path) -> None:
    file = tmp_path / "my net.cnn.yaml"
    text = SPEC + "classes: names.txt\n"
    file.write_text(text, encoding="utf-8")

    async def work(editor: Editor) -> None:
        from lsprotocol import types

        await editor.start()
        assert [found.code for found in await editor.open(file.as_uri(), text)] == ["E404"]
        (tmp_path / "names.txt").write_text("a\nb\nc\nd\n", encoding="utf-8")
        saved = types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(file.as_uri()))
        editor.client.text_document_did_save(saved)
        assert await editor.found() == ()
        await editor.stop()

    session(work)


def test_closing_takes_findings_away() -> None:
    async def work(editor: Editor) -> None:
        from lsprotocol import types

        await editor.start()
        assert len(await editor.open(URI, "layers: [relu]")) == 1
        editor.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(URI)))
        assert (await editor.findings.get()).diagnostics == ()
        await editor.stop()

    session(work)


def test_a_client_that_is_gone_takes_the_server_along() -> None:
    command = [sys.executable, "-m", "cnnspec", "lsp", "--stdio"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=600)
    assert (done.returncode, done.stdout) == (0, b"")
