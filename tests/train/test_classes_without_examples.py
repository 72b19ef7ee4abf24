"""Classes of which nothing is learned, nothing is held out, or nothing is judged: it is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calling import call
from datasets import class_folders, idx, npz, pictures, refusals

from cnnspec.spec import load
from cnnspec.train.datasets import open_dataset

NET = """\
input: {C: 1, H: 4, W: 5}
layers: [flatten, {dense: {K: 3}}]
preprocess: {scale: 1/255}
"""
NAMED = NET + "classes: [ant, bee, cat]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NAMED)
    assert call("init", "net.yaml", "-o", "w.safetensors").code == 0
    return tmp_path


def labelled(labels: list[int]) -> str:
    x = np.random.default_rng(0).normal(size=(len(labels), 1, 4, 5)).astype(np.float32)
    return str(npz(Path("x.npz"), x=x, y=np.array(labels)))


def test_what_is_held_out_is_of_one_class(folder: Path) -> None:
    data = labelled([0] * 30 + [1] * 30 + [2] * 40)
    said = "note: of the 20 examples held out none is of classes ant, bee: are the data sorted?\n"
    called = call("train", "net.yaml", "--data", data, "--set", "train.validation=20")
    assert (called.code, called.err) == (0, said)
    judged = call("eval", "net.yaml", "--data", data, "--set", "train.validation=20", "--weights", "net.safetensors")
    assert (judged.code, judged.err) == (0, said)


def test_a_class_that_never_occurs(folder: Path) -> None:
    called = call("train", "net.yaml", "--data", labelled([0, 2] * 50))
    assert (called.code, called.err) == (0, "note: no example of class bee is learned from\n")


def test_nothing_is_said_where_all_is_well(folder: Path) -> None:
    assert call("train", "net.yaml", "--data", labelled([0, 1, 2] * 30)).err == ""
    assert (
        call("train", "net.yaml", "--data", labelled([0, 1, 2] * 30), "--restart", "--set", "train.validation=0").err
        == ""
    )


def test_a_single_class_can_be_judged(folder: Path) -> None:
    """Nothing is learned from it."""
    class_folders(Path("data"), *pictures(6))
    for gone in ("ant", "cat"):
        for path in Path(f"data/{gone}").iterdir():
            path.unlink()
    Path("data/ant").rmdir()
    eval_all = ("eval", "net.yaml", "--weights", "w.safetensors", "--data", "data", "--part", "all")
    for _ in range(2):  # with an empty folder, and without it
        called = call(*eval_all)
        assert called.code == 0
        assert "ant           0" in called.out
        assert called.err == "note: of the 2 examples looked at none is of classes ant, cat: are the data sorted?\n"
        if Path("data/cat").exists():
            assert call("train", "net.yaml", "--data", "data").code == 3
            Path("data/cat").rmdir()
    for path in Path("data/bee").iterdir():
        path.unlink()
    called = call(*eval_all)
    assert (called.code, "there is no image in 1 sub-folder" in called.err) == (3, True)


def test_a_test_set_of_as_many_as_are_held_out(folder: Path) -> None:
    data = labelled([0, 1, 2] * 4)
    judge = ("eval", "net.yaml", "--weights", "w.safetensors", "--data", data, "--set", "train.validation=12")
    called = call(*judge)
    assert called.code == 3
    assert "= why: `validation` holds 12 examples out, there are 12: as many as a test set has\n" in called.err
    assert "`--part all`" in called.err
    assert call(*judge, "--part", "all").code == 0


@pytest.mark.parametrize(("to_learn", "meant"), [(True, "train"), (False, "test")])
def test_a_folder_of_data_sets(folder: Path, to_learn: bool, meant: str) -> None:
    """The cure names the one that is meant, and it is one."""
    for name in ("test", "train", "val"):
        class_folders(Path("data") / name, *pictures(6))
    called = call("train", "net.yaml", "--data", "data") if to_learn else None
    called = called or call("eval", "net.yaml", "--data", "data", "--weights", "w.safetensors")
    assert called.code == 3
    assert called.err.count("error[E420]") == 1
    assert "= why: `test`, `train`, `val` have sub-folders of images\n" in called.err
    assert f"= help: give `data/{meant}` instead\n" in called.err
    assert len(open_dataset(f"data/{meant}", load("net.yaml"))) == 6


def test_a_folder_of_other_sets(folder: Path) -> None:
    class_folders(Path("data") / "fold1", *pictures(6))
    (only,) = refusals(Path("data"), load("net.yaml"))
    assert only.help == "give `data/fold1` instead"
    class_folders(Path("data") / "fold2", *pictures(6))
    (only,) = refusals(Path("data"), load("net.yaml"))
    assert only.help == "give one of them: `data/fold1`, `data/fold2`"


@pytest.mark.parametrize("shape", [(9, 0, 5), (9, 4, 0), (9, 0, 0)])
@pytest.mark.parametrize("preprocess", ["scale: 1/255", "resize: [4, 5], scale: 1/255"])
def test_images_without_pixels(folder: Path, shape: tuple[int, ...], preprocess: str) -> None:
    Path("net.yaml").write_text(NET.replace("scale: 1/255", preprocess))
    path = idx(Path("train-images-idx3-ubyte"), np.zeros(shape, np.uint8))
    idx(Path("train-labels-idx1-ubyte"), np.zeros(9, np.uint8))
    called = call("train", "net.yaml", "--data", str(path))
    assert (called.code, "error[E403]" in called.err) == (3, True)
    assert f"its images are of {shape[1]} x {shape[2]} pixels" in called.err


def test_an_idx_file_of_no_images_however_large(folder: Path) -> None:
    head = bytes([0, 0, 8, 3]) + (0).to_bytes(4, "big") + b"\xff" * 8
    Path("train-images-idx3-ubyte").write_bytes(head)
    idx(Path("train-labels-idx1-ubyte"), np.zeros(0, np.uint8))
    called = call("train", "net.yaml", "--data", "train-images-idx3-ubyte")
    assert (called.code, "error[E420]" in called.err, "there are no examples" in called.err) == (3, True, True)
