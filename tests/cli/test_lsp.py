"""`cnnspec lsp` without what it needs. What it does with it is told by `tests/server/test_language_server.py`."""

from __future__ import annotations

import importlib.util

import pytest
from click.testing import CliRunner

from cnnspec.cli import group


def test_the_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.cli.commands.lsp.find_spec", lambda name: None)
    result = CliRunner().invoke(group, ["lsp"])
    assert result.exit_code == 2
    assert "needs the package pygls: `pip install 'cnnspec[lsp]'`" in result.output


def test_help_needs_no_package() -> None:
    assert importlib.util.find_spec("cnnspec.server") is not None
    assert "Language Server Protocol" in CliRunner().invoke(group, ["lsp", "--help"]).output
