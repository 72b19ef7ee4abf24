"""`cnnspec lsp` without what it needs. What it does with it is told by `tests/server/test_language_server.py`."""

from __future__ import annotations

import importlib.util
import sys

import pytest
from calling import call
from click.testing import CliRunner

from cnnspec.cli import group


def test_the_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygls", None)
    called = call("lsp")
    assert called.code == 3
    assert "error[E417]: the language server needs the package `pygls`" in called.err
    assert "help: `pip install 'cnnspec[lsp]'`" in called.err


def test_help_needs_no_package() -> None:
    assert importlib.util.find_spec("cnnspec.server") is not None
    assert "Language Server Protocol" in CliRunner().invoke(group, ["lsp", "--help"]).output
