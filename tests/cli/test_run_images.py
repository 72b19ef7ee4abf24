"""`run`: outputs that are images are shown and saved, small outputs are printed as numbers, `input` is a name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calling import call, image, net
from PIL import Image

HEAD = "input: {C: 1, H: 6, W: 6}\npreprocess: {mode: gray, resize: [6, 6], scale: 1/255, mean: 0.5, std: 0.25}\n"
SAME = HEAD + "layers: [identity]\n"


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as found:
        return np.asarray(found)


def test_an_image_that_passes_unchanged_is_saved_as_it_was(tmp_path: Path) -> None:
    """Its preprocessing is undone."""
    (tmp_path / "same.yaml").write_text(SAME)
    file = image(tmp_path / "a.png", size=(6, 6))
    called = call("run", tmp_path / "same.yaml", file, "--init", "he", "--images", tmp_path / "out")
    assert (called.code, called.err) == (0, "")
    np.testing.assert_array_equal(pixels(tmp_path / "out" / "a.png"), pixels(file))


def test_colours_come_back_in_their_order(tmp_path: Path) -> None:
    head = "input: {C: 3, H: 6, W: 6}\npreprocess: {mode: bgr, resize: [6, 6], mean: [9, 8, 7], invert: true}\n"
    (tmp_path / "same.yaml").write_text(head + "layers: [identity]\n")
    colours = np.random.default_rng(0).integers(0, 256, (6, 6, 3), np.uint8)
    Image.fromarray(colours).save(tmp_path / "a.png")
    out = tmp_path / "out"
    assert call("run", tmp_path / "same.yaml", tmp_path / "a.png", "--init", "he", "--images", out).code == 0
    np.testing.assert_array_equal(pixels(out / "a.png"), colours)


def test_the_input_itself_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "same.yaml").write_text(SAME)
    file = image(tmp_path / "a.png", size=(6, 6))
    before = file.read_bytes()
    for given in (["run", "--images"], ["inspect", "--maps"]):
        Path(tmp_path / "input.png").unlink(missing_ok=True)
        Path(tmp_path / "input.png").symlink_to(file)
        called = call(given[0], tmp_path / "same.yaml", file, "--init", "he", given[1], tmp_path)
        assert (called.code, "would overwrite" in called.err) == (2, True)
        assert file.read_bytes() == before


def test_probabilities_are_gray_and_many_channels_are_classes(tmp_path: Path) -> None:
    spec = net(tmp_path, HEAD + "layers: [{conv: {F: 3, K: 4, P: same}}, {conv: {F: 1, K: 1}}, sigmoid]\n")
    x = np.random.default_rng(1).normal(size=(2, 1, 6, 6)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    assert call("run", spec, tmp_path / "x.npy", "--images", tmp_path / "out", "--out", tmp_path / "y.npz").code == 0
    y = np.load(tmp_path / "y.npz")["sigmoid1"].astype(float)
    for i in range(2):
        np.testing.assert_array_equal(pixels(tmp_path / "out" / f"x-{i}.png"), (y[i, 0] * 255).round())
    assert call("run", spec, tmp_path / "x.npy", "--images", tmp_path / "out", "--until", "conv1").code == 0
    assert pixels(tmp_path / "out" / "x-0-conv1.png").shape == (6, 6, 3)


def test_inputs_of_one_name_do_not_replace_each_other(tmp_path: Path) -> None:
    (tmp_path / "same.yaml").write_text(SAME)
    files = []
    for i, folder in enumerate(("a", "b")):
        (tmp_path / folder).mkdir()
        files.append(image(tmp_path / folder / "1.png", i, (6, 6)))
    assert call("run", tmp_path / "same.yaml", *files, "--init", "he", "--images", tmp_path / "out").code == 0
    for file, saved in zip(files, ("1.png", "1-2.png"), strict=True):
        np.testing.assert_array_equal(pixels(tmp_path / "out" / saved), pixels(file))


def test_a_network_without_images_says_so() -> None:
    called = call("run", "lenet5", "--images", "nowhere")
    assert (called.code, "this network has none" in called.err) == (2, True)
    assert not Path("nowhere").exists()


def test_a_gray_output_is_drawn(tmp_path: Path) -> None:
    (tmp_path / "same.yaml").write_text(SAME)
    half = np.zeros((6, 6), np.uint8)
    half[:, 3:] = 255
    Image.fromarray(half).save(tmp_path / "a.png")
    called = call("run", tmp_path / "same.yaml", tmp_path / "a.png", "--init", "he")
    assert called.out.count("   ███\n") == 6


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("flat", "  4  min 0  mean 0.9375  max 2\n        0  0.250  1.500  2.000\n"),
        ("input", "  1x2x2  min 0  mean 0.9375  max 2\n        0  0.250\n    1.500  2.000\n"),
        ("two", "    channel 0\n        0  0.250\n    1.500  2.000\n    channel 1\n        0  0.250\n"),
    ],
)
def test_few_values_are_printed(tmp_path: Path, until: str, said: str) -> None:
    layers = "[{concat: [[], []], name: two}, {slice: {to: 1}}, {flatten: {}, name: flat}, {dense: {K: 3}}]"
    text = f"input: {{C: 1, H: 2, W: 2}}\nlayers: {layers}\n"
    (tmp_path / "few.yaml").write_text(text)
    np.save(tmp_path / "x.npy", np.array([[[0, 0.25], [1.5, 2]]], np.float32))
    called = call("run", tmp_path / "few.yaml", tmp_path / "x.npy", "--init", "he", "--until", until)
    assert said in called.out


def test_input_can_be_saved(tmp_path: Path) -> None:
    (tmp_path / "same.yaml").write_text(SAME)
    x = np.random.default_rng(1).normal(size=(2, 1, 6, 6)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    out = tmp_path / "y.npz"
    saved = call("run", tmp_path / "same.yaml", tmp_path / "x.npy", "--init", "he", "--out", out, "--save", "input")
    assert saved.code == 0
    np.testing.assert_array_equal(np.load(tmp_path / "y.npz")["input"], x)


def test_images_do_not_replace_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one that was read, nor one that is still to be read, nor one of a folder."""
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SAME)
    Path("in").mkdir()
    image(Path("in/a.png"), 1, (6, 6))
    image(Path("a.png"), 2, (6, 6))
    before = {path: path.read_bytes() for path in (Path("a.png"), Path("in/a.png"))}
    for given in (["a.png"], ["in/a.png", "a.png", "--batch", "1"]):
        called = call("run", "net.yaml", *given, "--init", "he", "--images", ".")
        assert (called.code, "would overwrite `a.png`, which is read" in called.err) == (2, True)
    called = call("run", "net.yaml", "in", "--init", "he", "--images", "in")
    assert (called.code, "lies among the data in `in`" in called.err) == (2, True)
    assert {path: path.read_bytes() for path in before} == before
