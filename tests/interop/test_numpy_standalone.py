"""A file that stands alone: where nothing but NumPy can be imported, it says of a picture what `run` says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL
import pytest
from calling import call
from generated_code import NUMPY_ALONE, imported, network, random_tensors, written
from PIL import Image

import cnnspec
from cnnspec.diagnostics import FileError
from cnnspec.graph.layer import image
from cnnspec.inputs.images import load as load_image
from cnnspec.interop.numpy import picture_definitions as pictures
from cnnspec.spec import load

Write = Callable[[str, str], str]
BEFORE_13 = int(PIL.__version__.split(".")[0]) < 13
"""Earlier ones always resized columns first."""
SAMPLES = Path(__file__).parents[2] / "specs/samples"
RUNNER = f"""{NUMPY_ALONE}
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
SMALL = """
input: {{C: 3, H: 20, W: 24}}
preprocess: {{{}}}
classes: [cat, 'a "dog"', coffee]
layers: [{{conv: {{F: 3, K: 3}}, name: a}}, globalavgpool, flatten]
"""
WAYS = [
    "mode: rgb, resize: 28, crop: [20, 24], scale: 1/255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]",
    "mode: bgr, crop_fraction: 0.875, resize: 27, filter: bicubic, crop: [20, 24], mean: 127, std: 128",
    "resize: 27, filter: bicubic, crop: [20, 24], mean: [120, 110, 100]",
    "resize: [20, 24], filter: bicubic",
    "resize: [20, 24], filter: nearest, invert: true, scale: 1/255",
    "crop: [20, 24]",
]


def decoded(name: str, mode: str, folder: Path) -> Path:
    path = folder / f"{name}.npy"
    with Image.open(SAMPLES / name) as opened:
        np.save(path, np.asarray(opened.convert(mode)))
    return path


def printed(net: Path, *arguments: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", RUNNER, str(net), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_digits(tmp_path: Path) -> None:
    names = [f"digit-{digit}.png" for digit in range(0, 10, 3)]
    assert call("export", "lenet5", "--to", "numpy", "--standalone", "-o", tmp_path / "net.py").code == 0
    found = printed(tmp_path / "net.py", *[decoded(name, "L", tmp_path) for name in names])
    assert (found.returncode, found.stderr) == (0, "")
    wanted = call("run", "lenet5", *[SAMPLES / name for name in names], "--format", "json").objects
    lines = [line for line in found.stdout.splitlines() if " %  " in line]
    top = [each for one in wanted for each in one["top"]]
    assert len(lines) == len(top) == 20
    for line, each in zip(lines, top, strict=True):
        score, _, name = line.partition(" %  ")
        assert float(score) == pytest.approx(100 * each["score"], abs=0.02)
        assert name == each["class"] or each["score"] < 1e-4


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["chelsea.jpg", "coffee.jpg", "digit-7.png"])
def test_pictures_become_what_run_feeds(way: str, name: str, write: Write, tmp_path: Path) -> None:
    of = load(write("net.yaml", SMALL.format(way)))
    module = imported(written(of, tmp_path, "numpy", random_tensors(of), standalone=True))
    mode = "L" if name.startswith("digit") else "RGB"
    picture = np.load(decoded(name, mode, tmp_path))
    preprocess = of.header.preprocess
    assert preprocess is not None
    wanted = load_image(SAMPLES / name, preprocess, image(of.graph.input))
    np.testing.assert_array_equal(module.preprocess(picture)[0], wanted)


@pytest.mark.parametrize("filter", ["nearest", "bilinear", "bicubic"])
def test_resizing_is_that_of_pillow(filter: str) -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 90, (200, 4))
    sizes[::2, 3] = np.maximum(1, sizes[::2, 1] - (sizes[::2, 0] - sizes[::2, 2]) // 2)  # where the order turns
    for H, W, h, w in sizes.tolist():
        picture = (rng.integers(0, 2, (H, W, 3)) * 255).astype(np.uint8)
        if BEFORE_13 and h < H and H - h > 2 * (W - w):
            continue
        wanted = np.asarray(Image.fromarray(picture).resize((w, h), Image.Resampling[filter.upper()]))
        found = pictures.resized(pictures.pixels(picture), h, w, filter)
        np.testing.assert_array_equal(found, wanted)


def test_what_is_no_picture(tmp_path: Path) -> None:
    written(load("lenet5"), tmp_path, "numpy", random_tensors(load("lenet5")), standalone=True)
    for wrong in (np.zeros((28, 28)), np.zeros((28, 28, 4), np.uint8), np.zeros((0, 3), np.uint8)):
        np.save(tmp_path / "x.npy", wrong)
        found = printed(tmp_path / "net.py", tmp_path / "x.npy")
        assert (found.returncode, "Traceback" in found.stderr, "a picture is" in found.stderr) == (1, False, True)


def test_pictures_that_are_far_too_long() -> None:
    with pytest.raises(ValueError, match="too much memory"):
        pictures.resized(pictures.pixels(np.zeros((1, 50_000), np.uint8)), 28, 1_400_000, "bilinear")


@pytest.mark.parametrize(("name", "code"), [("unet", "E419"), ("filters", "E412")])
def test_what_a_file_alone_cannot_do(name: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=code):
        cnnspec.export(load(name), tmp_path / "net.py", weights=None, to="numpy", standalone=True)
    assert not (tmp_path / "net.py").exists()


def test_names_of_classes_are_no_code(tmp_path: Path) -> None:
    names = ['"', "'\"", "\\", "\n1/0", "\u202e", "狗", "\N{DOG FACE}"]
    head = {"input": {"C": 1, "H": 4, "W": 4}, "preprocess": {"mode": "gray"}, "classes": names}
    of = load({**head, "layers": [{"conv": {"F": 4, "K": 7}}, "flatten"]})
    path = written(of, tmp_path, "numpy", random_tensors(of), standalone=True)
    assert names == imported(path).CLASSES
    assert '"\\u202e"' in path.read_text(encoding="utf-8")


def test_names_do_not_steer_a_terminal(tmp_path: Path) -> None:
    head = {"input": {"C": 1, "H": 2, "W": 1}, "preprocess": {"mode": "gray"}, "classes": ["a\u202eb", "c\u200bd"]}
    path = written(load({**head, "layers": ["flatten"]}), tmp_path, "numpy", None, standalone=True)
    picture = tmp_path / "p\u202e.npy"
    np.save(picture, np.array([[2], [1]], np.uint8))
    found = printed(path, picture, tmp_path / "none\x07.npy")
    assert found.stdout.splitlines()[0].endswith(r"p\u202e.npy")
    assert [line.split()[-1] for line in found.stdout.splitlines()[1:]] == [r"a\u202eb", r"c\u200bd"]
    assert found.stderr.endswith("none\\x07.npy: No such file or directory\n")


@pytest.mark.peers
@pytest.mark.parametrize("name", ["lenet5", "mobilenet_v1"])
def test_it_is_formatted(name: str, tmp_path: Path) -> None:
    from generated_code import formatted

    assert (
        formatted(written(network(name) if name == "lenet5" else load(name), tmp_path, "numpy", None, standalone=True))
        == ""
    )
