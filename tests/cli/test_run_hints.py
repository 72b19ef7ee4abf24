"""What `run` says of images that are not like those which the network knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calling import call
from PIL import Image

from cnnspec.spec import bundled

SAMPLES = bundled.folder() / "samples"
NOTE = "note: `black.png` is dark on light; what the network knows is light on dark: "


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    white = np.asarray(Image.open(SAMPLES / "digit-7.png").convert("L"))
    Image.fromarray(white).save("white.png")
    Image.fromarray(255 - white).save("black.png")
    return tmp_path


def test_dark_on_light_for_a_network_of_light_on_dark(folder: Path) -> None:
    """The cure is one: with it, the digit is read."""
    called = call("run", "lenet5", "black.png", "black.png", "white.png")
    assert called.err == f"{NOTE}`preprocess: {{..., invert: true}}` in the spec turns it round\n"
    text = bundled.folder().joinpath("lenet5.yaml").read_text()
    cured = text.replace("scale: 1/255}", "scale: 1/255, invert: true}").replace("sample: samples/digit-7.png\n", "")
    Path("cured.yaml").write_text(cured)
    weights = str(bundled.folder() / "lenet5.safetensors")
    called = call("run", "cured.yaml", "black.png", "--weights", weights, "--format", "json")
    assert (called.err, called.objects[0]["top"][0]["class"]) == ("", "7")


@pytest.mark.parametrize("name", ["white.png", "blank.png"])
def test_nothing_is_said_of_others(folder: Path, name: str) -> None:
    Image.new("L", (28, 28), 255).save("blank.png")
    assert call("run", "lenet5", name).err == ""


def test_the_data_of_the_spec_are_what_it_knows_without_a_sample(folder: Path) -> None:
    Path("net.yaml").write_text(
        "input: {C: 1, H: 28, W: 28}\nlayers: [flatten, {dense: {K: 10}}]\n"
        "preprocess: {mode: gray, resize: [28, 28], scale: 1/255, mean: 0.5, std: 0.5}\ntrain: {data: digits28}\n"
    )
    assert call("run", "net.yaml", "black.png", "--init", "he").err.startswith(NOTE)
    assert call("run", "net.yaml", "white.png", "--init", "he").err == ""
    Path("net.yaml").write_text(Path("net.yaml").read_text().replace("train: {data: digits28}\n", ""))
    assert call("run", "net.yaml", "black.png", "--init", "he").err == ""
