"""A real client of the language server, as an editor has one: at its other end is a process, `cnnspec lsp`, or a thread
of this one, whose lines the measurement of coverage sees."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")
PATIENCE = 300
"""Seconds until a server counts as hung."""


class Editor:
    """An editor with one server; `client` is pygls' own, `told` what the server has sent unasked."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.findings: asyncio.Queue[Any] = asyncio.Queue()
        self.complaints: list[Any] = []
        self.version = 0
        self.thread: Thread | None = None

    async def start(self, capabilities: Any = None, is_process: bool = False) -> Any:
        """Start the server; what it says it can do."""
        from lsprotocol import types

        self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda found: self.findings.put_nowait(found))
        self.client.feature(types.WINDOW_SHOW_MESSAGE)(lambda said: self.complaints.append(said))
        if is_process:
            await self.client.start_io(sys.executable, "-m", "cnnspec", "lsp")
        else:
            await self.connect()
        asked = types.InitializeParams(capabilities=capabilities or types.ClientCapabilities())
        answer = await self.client.initialize_async(asked)
        self.client.initialized(types.InitializedParams())
        return answer.capabilities

    async def connect(self) -> None:
        """Start the server in a thread."""
        from pygls.io_ import run_async

        here, there = socket.socketpair()
        self.thread = Thread(target=served, args=(there,))
        self.thread.start()
        reader, writer = await asyncio.open_connection(sock=here)
        self.client.protocol.set_writer(writer)
        heard = run_async(self.client._stop_event, reader, self.client.protocol)
        self.client._async_tasks.append(asyncio.create_task(heard))

    async def stop(self) -> int:
        """Leave; the exit code of the server, if it is a process."""
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()
        if self.thread is None:
            return int(self.client._server.returncode)
        self.thread.join()
        self.client.protocol.writer.close()
        await self.client.protocol.writer.wait_closed()
        return 0

    async def open(self, uri: str, text: str) -> Any:
        """Open a text; what is found in it."""
        from lsprotocol import types

        self.version += 1
        item = types.TextDocumentItem(uri, "cnnspec", self.version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return await self.found()

    async def change(self, uri: str, text: str) -> Any:
        """Change the text to another; what is then found in it."""
        from lsprotocol import types

        self.version += 1
        document = types.VersionedTextDocumentIdentifier(self.version, uri)
        whole = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [whole]))
        return await self.found()

    async def found(self) -> Any:
        """The findings in the text as it is now."""
        while (found := await self.findings.get()).version != self.version:
            pass
        return found.diagnostics

    async def ask(self, method: str, uri: str, **about: Any) -> Any:
        """The answer to a question about a text."""
        from lsprotocol import types

        params = {"textDocument": {"uri": uri}, **about}
        asked = self.client.protocol._converter.structure(params, types.METHOD_TO_TYPES[method][2])
        return await self.client.protocol.send_request_async(method, asked)


def served(end: socket.socket) -> None:
    """Serve the client at the other end."""
    from cnnspec.server.language_server import serve

    with end, end.makefile("rb") as requests, end.makefile("wb") as answers:
        serve(requests, answers)


def session(work: Callable[[Editor], Awaitable[T]]) -> T:
    """What comes of `work` with a new editor."""
    from pygls.lsp.client import LanguageClient

    async def run() -> T:
        return await asyncio.wait_for(work(Editor(LanguageClient("tests", "1"))), PATIENCE)

    # In a thread of its own: where a browser is open, the main one's loop is its.
    with ThreadPoolExecutor(1) as own:
        return own.submit(asyncio.run, run()).result()
