"""The browser that the page is tested in, and what is held of every page that is opened in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium-headless-shell", "chromium", "google-chrome")
PATIENCE = 60_000
"""Milliseconds after which a page that does not come is a failure, on the slowest machine."""


def executable() -> str | None:
    """The browser that `CNNSPEC_BROWSER` names, or the first of those known that is on the PATH."""
    return os.environ.get("CNNSPEC_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def browser() -> Iterator[Any]:
    """A Chromium without a window. Run by root it has no sandbox of its own."""
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable(), args=flags, timeout=PATIENCE)
        yield chromium
        chromium.close()


def opened(chromium: Any, file: Path, address: str = "", **context: Any) -> AbstractContextManager[Any]:
    """A page from disk that is ready. It fails on an error in the page, and on a request for anything but the file."""
    return visited(chromium, file.as_uri() + address, file.as_uri(), offline=True, **context)


@contextmanager
def visited(chromium: Any, address: str, own: str, known: str = "nothing", **context: Any) -> Iterator[Any]:
    """A page that is ready. It fails on an error in the page, but for what the browser says of a `known` fault, and on
    a request to an address that does not begin as its `own`."""
    made = chromium.new_context(**{"viewport": {"width": 1400, "height": 950}, **context})
    made.set_default_timeout(PATIENCE)
    page, faults = made.new_page(), []
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on(
        "console",
        lambda said: (
            faults.append(f"{said.type}: {said.text}")
            if said.type in ("error", "warning") and known not in said.text
            else None
        ),
    )
    page.on(
        "request",
        lambda asked: faults.append(f"request: {asked.url}") if not asked.url.startswith(("data:", own)) else None,
    )
    page.goto(address)
    page.wait_for_selector("html[data-ready]", state="attached")
    yield page
    made.close()
    assert faults == [], faults
