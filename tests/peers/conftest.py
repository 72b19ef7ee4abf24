"""Fixtures of the comparisons with other frameworks."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """PyTorch adds up in the same order on every machine."""
    import torch

    torch.set_num_threads(1)
