"""From a key to the findings: how long an editor waits for `cnnspec lsp`.

`python -m benchmarks.editor [SPEC] [--keys N]` opens a spec (resnet50) in a language server, a process of its own, and
changes one of its characters N times. A time is from the change that a client sends to the findings that it gets; the
server waits a moment for the next key before it reads the text, which is part of it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

from cnnspec.spec import bundled

PATIENCE = 60
"""Seconds until an answer counts as none."""


def texts(text: str) -> tuple[str, str]:
    """A spec with its last layer's number of neurons or filters changed, and as it is: the first has a mistake."""
    at = text.rindex("K: ") + 3
    return f"{text[:at]}C/7/11/13 + {text[at:]}", text


async def waits(name: str, keys: int) -> list[float]:
    """Milliseconds from each change to what is found then."""
    from lsprotocol import types
    from pygls.lsp.client import LanguageClient

    path = bundled.folder() / f"{name}.yaml"
    uri, text = path.as_uri(), path.read_text(encoding="utf-8")
    client: Any = LanguageClient("benchmark", "1")
    told: asyncio.Queue[Any] = asyncio.Queue()
    client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda found: told.put_nowait(found))
    await client.start_io(sys.executable, "-m", "cnnspec", "lsp")
    await client.initialize_async(types.InitializeParams(capabilities=types.ClientCapabilities()))
    client.initialized(types.InitializedParams())
    client.text_document_did_open(
        types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "cnnspec", 0, text)),
    )
    await asyncio.wait_for(told.get(), PATIENCE)
    found = []
    for version in range(1, keys + 1):
        change = types.TextDocumentContentChangeWholeDocument(texts(text)[version % 2])
        document = types.VersionedTextDocumentIdentifier(version, uri)
        begun = time.perf_counter()
        client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))
        await asyncio.wait_for(told.get(), PATIENCE)
        found.append(1000 * (time.perf_counter() - begun))
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.editor", description=__doc__)
    parser.add_argument("spec", nargs="?", default="resnet50", choices=bundled.names(), metavar="SPEC")
    parser.add_argument("--keys", type=int, default=200)
    options = parser.parse_args(arguments)
    found = asyncio.run(waits(options.spec, options.keys))
    print(f"{options.spec}: {median(found):.0f} ms from a key to the findings, {min(found):.0f} to {max(found):.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
