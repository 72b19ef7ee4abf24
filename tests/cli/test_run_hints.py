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


WARNED = "cnnspec: 1\ninput: {C: 1, H: 6, W: 6}\nlayers: [{conv: {F: 3, S: 2, K: 2}}, globalavgpool]\n"


def test_that_the_spec_has_warnings_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where they are shown; not those that nobody wants, nor those of another size than is run."""
    monkeypatch.chdir(tmp_path)
    Path("a net.yaml").write_text(WARNED)
    np.save("x.npy", np.ones((1, 6, 6), np.float32))
    np.save("y.npy", np.ones((1, 7, 7), np.float32))
    words = "run", "a net.yaml", "x.npy", "--init", "he"
    said = "note: the spec has 1 warning (W201); `cnnspec validate 'a net.yaml'` shows it\n"
    called = call(*words)
    assert (called.code, called.err) == (0, said)
    assert called.out == call("run", "a net.yaml", "x.npy", "--init", "he").out
    assert "W201" in call("validate", "a net.yaml").out
    larger = call("run", "a net.yaml", "y.npy", "--init", "he", "--input", "1x7x7")
    assert "W201" not in larger.err
    Path("a net.yaml").write_text(WARNED.replace("6", "7"))
    smaller = call(*words, "--input", "1x6x6")
    assert "`cnnspec validate 'a net.yaml' --input 1x6x6` shows it" in " ".join(smaller.err.split())
    Path("a net.yaml").write_text(WARNED)
    Path("cnnspec.toml").write_text('ignore = ["W201"]\n')
    assert call(*words).err == ""
    Path("cnnspec.toml").write_text("ignore = [[\n")
    assert call(*words).err == said
