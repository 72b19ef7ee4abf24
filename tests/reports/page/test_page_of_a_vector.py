"""The page of a network whose input is a vector: no picture, no heat, no pen, and every number all the same."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnspec import load, report
from cnnspec.reports.page.report import LANGUAGES, words
from cnnspec.weights import initial

pytestmark = pytest.mark.browser

SPEC = "input: {C: 5}\nlayers: [{dense: {K: 4}}, relu, {dense: {K: 3}}, softmax]\n"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_a_vector(language: str, opened: Any, tmp_path: Path) -> None:
    spec = load(io.StringIO(SPEC))
    x = np.array([[0.5, -3, 0, 1, 2]], np.float32)
    report(spec, x, initial(spec.graph.tensors, "he", 0), language=language).save(tmp_path / "page.html")
    page = opened(tmp_path / "page.html")
    told = words(language)["guide"]
    page.locator("#guide h3").get_by_text(told["values.title"], exact=True).wait_for()
    page.wait_for_selector("#guide .piece canvas")
    said = page.inner_text("#guide .said")
    assert told["values.text"].format(count=5) in said
    assert "{" not in said
    assert page.locator(".drawing").count() == 0
    assert page.locator(".result canvas").evaluate("canvas => [canvas.width, canvas.height]") == [3, 2]
