"""A session as a person has one, recorded: what goes to the server and what comes back, word by word.

The record, `tests/golden/lsp_session.txt`, is played again by a real client. `->` goes to the server, `<-` comes back.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from editor import Editor, session

pytestmark = pytest.mark.peers

URI = "untitled:net.cnn.yaml"
FIRST = "input: {C: 3, H: 32, W: 32}\nlayers:\n  - conv: {F: 3, K: 8, P: sa"
SECOND = "input: {C: 3, H: 32, W: 32}\nlayers:\n  - conv: {F: 3, K: 8, P: same}\n  - rellu\n  - from: "
THIRD = """\
input: {C: 3, H: 32, W: 32}
layers:
  - {conv: {F: 3, K: 8, P: same}, name: stem}  # 😀
  - relu
  - {conv: {F: 3,  K: 2*C}, name: head}
  - from: stem
  - {conv: {F: 3, K: 2*C}, name: side}
  - add: [side, head]
"""


class Recorder:
    """Asks, and writes down what is asked and answered."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.lines: list[str] = []

    def note(self, mark: str, what: str, said: Any) -> None:
        plain = self.editor.client.protocol._converter.unstructure(said)
        self.lines.append(f"{mark} {what} {json.dumps(plain, ensure_ascii=False)}")

    async def type(self, text: str) -> None:
        self.note("->", "text", text)
        act = self.editor.change if self.editor.version else self.editor.open
        self.note("<-", "findings", await act(URI, text))

    async def ask(self, question: str, most: int | None = None, **about: Any) -> Any:
        self.note("->", question, about)
        answer = await self.editor.ask(f"textDocument/{question}", URI, **about)
        shown = answer.items[:most] if most else answer
        self.note("<-", f"{len(answer.items)} items, the first" if most else "answer", shown)
        return answer


def at(line: int, character: int) -> dict[str, Any]:
    return {"position": {"line": line, "character": character}}


def lines(first: int, last: int) -> dict[str, Any]:
    return {"range": {"start": {"line": first, "character": 0}, "end": {"line": last, "character": 0}}}


async def played(editor: Editor) -> str:
    """The record of the session."""
    recorder = Recorder(editor)
    await editor.start(is_process=True)
    await recorder.type(FIRST)
    await recorder.ask("completion", most=3, **at(2, 28))
    await recorder.type(SECOND)
    await recorder.ask("codeAction", **lines(3, 3), context={"diagnostics": []})
    await recorder.ask("completion", most=3, **at(4, 10))
    await recorder.type(THIRD)
    await recorder.ask("hover", **at(4, 22))
    await recorder.ask("hover", **at(7, 11))
    await recorder.ask("inlayHint", **lines(0, 99))
    await recorder.ask("documentSymbol")
    await recorder.ask("foldingRange")
    await recorder.ask("definition", **at(5, 12))
    await recorder.ask("references", **at(2, 42), context={"includeDeclaration": True})
    await recorder.ask("rename", **at(2, 42), newName="first")
    await recorder.ask("formatting", options={"tabSize": 2, "insertSpaces": True})
    recorder.note("<-", "the server's exit code", await editor.stop())
    return "".join(f"{line}\n" for line in recorder.lines)


def test_a_session_goes_as_it_went(golden: Callable[[str, str], None]) -> None:
    golden("lsp_session.txt", session(played))
