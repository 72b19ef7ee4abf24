"""The filters that look at the picture itself are pictures, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnspec import load, report
from cnnspec.weights import initial

pytestmark = pytest.mark.browser

NET = """\
cnnspec: 1
input: {C: CHANNELS, H: 6, W: 6}
preprocess: {mode: MODE, scale: 1/255}
layers:
  - pad: {top: 1}
  - conv: {F: [2, 3], K: 5}
  - conv: {F: 2, K: CHANNELS}
  - conv: {F: 2, K: 2}
"""
PIXELS = """() => [...document.querySelectorAll(".filters canvas")].map((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return [canvas.height, canvas.width, Array.from(data)];
})"""


def shown(folder: Path, opened: Any, channels: int, mode: str) -> tuple[Any, list[Any], str]:
    """The weights of conv1, the pixels of what is shown, and what is said of it."""
    (folder / "net.yaml").write_text(NET.replace("CHANNELS", str(channels)).replace("MODE", mode))
    spec = load(folder / "net.yaml")
    tensors = initial(spec.graph.tensors, "he", 0)
    report(spec, np.zeros((1, channels, 6, 6), np.float32), tensors).save(folder / "page.html")
    page = opened(folder / "page.html")
    for section in range(1, 5):
        page.locator(f'[data-section="{section}"]').scroll_into_view_if_needed()
        page.wait_for_selector(f'[data-section="{section}"] .facts')
    page.wait_for_selector(".filters canvas")
    found = page.evaluate(PIXELS)
    return (
        tensors["conv1.weight"],
        [np.array(data).reshape(h, w, 4)[..., :3] for h, w, data in found],
        page.inner_text(".filters"),
    )


@pytest.mark.parametrize("mode", ["rgb", "bgr"])
def test_colours_are_those_of_the_picture(mode: str, tmp_path: Path, opened: Any) -> None:
    """Only of the first convolution, though its input was padded."""
    weights, pixels, said = shown(tmp_path, opened, 3, mode)
    assert len(pixels) == 5
    for filter, found in zip(weights, pixels, strict=True):
        expected = 127.5 * (1 + (filter if mode == "rgb" else filter[::-1]) / np.abs(weights).max())
        np.testing.assert_allclose(found, expected.transpose(1, 2, 0), atol=1)
    assert said == "its filters as colours; gray is 0"


def test_of_one_channel_they_have_signs(tmp_path: Path, opened: Any) -> None:
    """Above 0 there is more red than blue, below 0 less."""
    weights, pixels, said = shown(tmp_path, opened, 1, "gray")
    assert [found.shape for found in pixels] == [(2, 3, 3)] * 5
    found = np.stack(pixels)
    above = found[..., 0] > found[..., 2]
    strong = np.abs(weights[:, 0]) > 0.05 * np.abs(weights).max()
    np.testing.assert_array_equal(above[strong], weights[:, 0][strong] > 0)
    assert said == "its filters, by one scale"
