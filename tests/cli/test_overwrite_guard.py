"""What `cnnspec train` and `eval` read is not overwritten by what they write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calling import call
from quadrants import SPEC

from cnnspec.spec import bundled

THREADS = ("--threads", "1")
CLASSES = "classes: [top left, top right, bottom left, bottom right]"


@pytest.fixture
def named(net: Path) -> Path:
    """Its spec names a file of each kind."""
    text = SPEC.replace(CLASSES, "classes: classes.txt\nsample: one.npy\nweights: own.safetensors")
    net.write_text(text.replace("data: x.npz", "data: again.npz"))
    Path("classes.txt").write_text("top left\ntop right\nbottom left\nbottom right\n")
    np.save("one.npy", np.zeros((1, 6, 6), np.float32))
    call("init", "net.yaml", "-o", "own.safetensors")
    call("init", "net.yaml", "-o", "w.npz")
    Path("again.npz").symlink_to("x.npz")
    Path("own.svg").symlink_to("own.safetensors")
    return net


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-o", "x.npz"], "--output would overwrite the data of the spec"),
        (["-o", "x.npz", "--data", "./again.npz"], "--output would overwrite the data"),
        (["--log", "net.yaml"], "--log would overwrite the spec, `net.yaml`"),
        (["--log", "classes.txt"], "the `classes` of the spec"),
        (["--log", "one.npy"], "the `sample` of the spec"),
        (["--log", "own.safetensors"], "the weights of the spec"),
        (["--log", "w.npz", "--weights", "w.npz"], "the weights to start from"),
        (["--plot", "own.svg"], "--plot would overwrite the weights of the spec"),
        (["--checkpoint", "x.npz"], "--checkpoint would overwrite the data"),
        (["--restart", "--checkpoint", "net.yaml"], "--checkpoint would overwrite the spec"),
    ],
)
def test_what_is_read_is_not_overwritten(named: Path, options: list[str], said: str) -> None:
    before = {path: path.read_bytes() for path in named.parent.iterdir()}
    called = call("train", "net.yaml", *THREADS, *options)
    assert (called.code, said in called.err, called.out) == (2, True, "")
    assert {path: path.read_bytes() for path in named.parent.iterdir()} == before


def test_files_in_folders_of_data_are_not_overwritten(net: Path, tmp_path: Path) -> None:
    for folder in ("cats", "dogs"):
        (tmp_path / "images" / folder).mkdir(parents=True)
    digits = bundled.data()["digits"]
    for data, log in ((tmp_path / "images", Path("images/cats/1.png")), (digits, next(digits.glob("*labels*")))):
        called = call("train", "net.yaml", "--data", data, "--log", log)
        assert (called.code, "--log lies among the data" in called.err) == (2, True)


def test_weights_may_be_trained_on_in_their_place(named: Path) -> None:
    """Where they are named as the output: nothing is replaced that nobody has named."""
    before = Path("own.safetensors").read_bytes()
    named.rename("own.yaml")
    called = call("train", "own.yaml", *THREADS)
    assert (called.code, "the default output would overwrite the weights of the spec" in called.err) == (2, True)
    assert "`own.safetensors`; name the file with -o" in called.err
    assert Path("own.safetensors").read_bytes() == before
    assert call("train", "own.yaml", *THREADS, "-o", "own.safetensors").code == 0
    assert Path("own.safetensors").read_bytes() != before
    assert call("train", "own.yaml", *THREADS, "--weights", "w.npz", "-o", "w.npz").code == 0


def test_restart_replaces_no_weights(named: Path) -> None:
    """Those to start from may be in a checkpoint, but not be overwritten by one."""
    before = Path("own.safetensors").read_bytes()
    called = call(
        "train",
        "net.yaml",
        "--restart",
        "--checkpoint",
        "own.safetensors",
        "--weights",
        "own.safetensors",
        "-o",
        "q.npz",
    )
    assert (called.code, "error[E503]: another file is where the checkpoint goes" in called.err) == (1, True)
    assert Path("own.safetensors").read_bytes() == before


def test_a_picture_is_svg(net: Path) -> None:
    for command in ("train", "eval"):
        weights = ["--weights", "w.npz"] if command == "eval" else []
        call("init", "net.yaml", "-o", "w.npz")
        called = call(command, "net.yaml", *weights, "--plot", "curves.png")
        assert (called.code, "error[E405]" in called.err, "end it in .svg" in called.err) == (3, True, True)
        assert not Path("curves.png").exists()


def test_patterns_to_freeze_are_shown_as_they_were_given(net: Path) -> None:
    assert " --> --freeze *\n" in call("train", "net.yaml", "--set", "train.rate=1", "--freeze", "*").err
    assert " --> --freeze cnv --freeze fc\n" in call("train", "net.yaml", "--freeze", "cnv", "--freeze", "fc").err
