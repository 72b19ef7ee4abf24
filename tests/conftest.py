"""Options of the whole test run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-ui", action="store_true", help="rewrite the expected messages in cnnspec/codes and tests/ui"
    )
