"""`cnnspec lsp`: what editors start."""

from __future__ import annotations

import sys

import click

from ...diagnostics.missing_package import ensure_package
from ..docstrings import ensure_docstrings


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="Speak through standard input and output, as it does anyhow.")
def command(stdio: bool) -> None:
    """Start a language server for specs, as editors do.

    It speaks the Language Server Protocol through standard input and output: mistakes while typing, completion, hover,
    definitions, renaming, shapes behind each layer. It needs the package pygls.
    """
    ensure_package("the language server", "pygls", "lsp")
    ensure_docstrings()
    from ...server.language_server import serve

    serve(sys.stdin.buffer, sys.stdout.buffer)
