"""Pages in a browser: one browser for all tests, and files that several of them look at."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import all_kinds
import browsing
import numpy as np
import pytest

from cnnspec import Spec, load, report

Open = Callable[..., Any]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    with browsing.browser() as chromium:
        yield chromium


@pytest.fixture
def opened(chromium: Any) -> Iterator[Open]:
    """Opens a file, and closes what is open when the test ends."""
    with ExitStack() as stack:

        def open_page(file: Path, address: str = "", **context: Any) -> Any:
            page: AbstractContextManager[Any] = browsing.opened(chromium, file, address, **context)
            return stack.enter_context(page)

        yield open_page


@pytest.fixture(scope="session")
def lenet5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("lenet5") / "lenet5.html"
    report(load("lenet5")).save(file)
    return file


@pytest.fixture(scope="session")
def every_kind() -> tuple[Spec, dict[str, Any], Any]:
    """A network of all examples of all kinds, arrays for it, and an input (C, H, W)."""
    spec = load(io.StringIO(all_kinds.text()))
    x = np.random.default_rng(1).normal(size=spec.graph.input).astype(np.float32)
    return spec, all_kinds.weights(spec), x
