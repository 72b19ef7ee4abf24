"""The HTML file: the joined script, the style, blocks of data, and a policy that lets nothing else run or load."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape

from .own_files import own_file
from .script import script

STYLES = ("page.css", "guide.css")
ICON = "data:,"
"""No icon: without the line a browser asks a server for one."""


def document(
    title: str, language: str, blocks: Mapping[str, str], noscript: str, waiting: str, asks: bool = False
) -> str:
    """The page with its data `blocks`, base64 by name. `noscript` is what is said where scripts do not run, `waiting`
    where they do not come to an end, in an old browser. Only where it `asks` for its numbers it may speak to where it
    comes from."""
    css, js = style(), script()
    policy = (
        f"default-src 'none'; script-src '{_hash(js)}'; style-src '{_hash(css)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'" + ("; connect-src 'self'" if asks else "")
    )
    data = "".join(f'<script type="text/plain" id="{name}">{block}</script>\n' for name, block in blocks.items())
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<link rel="icon" href="{ICON}">\n<title>{escape(title)}</title>\n<style>{css}</style>\n</head>\n'
        f"<body>\n<noscript>{escape(noscript)}</noscript>\n"
        f'<div id="page"><p class="waiting">{escape(waiting)}</p></div>\n{data}'
        f'<script type="module">{js}</script>\n</body>\n</html>\n'
    )


def style() -> str:
    """The whole style sheet."""
    return "".join(map(own_file, STYLES))


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}"
