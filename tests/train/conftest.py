"""A folder to train in."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(net: Path) -> Path:
    """The current folder: the spec of the quadrants and its examples."""
    return net.parent
