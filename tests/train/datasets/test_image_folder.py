"""A folder for each class: labels by their names, every stretch of them mixed, images as they are read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from datasets import class_folders, network, pictures, read, refusal, refusals
from PIL import Image

from cnnspec.diagnostics import FileError
from cnnspec.files import png
from cnnspec.train.datasets import open_dataset
from cnnspec.train.datasets.image_folder import ImageFiles, classes_in


def test_folders_are_classes_in_natural_order(tmp_path: Path, held: int) -> None:
    pixels, _ = pictures(6)
    labels = np.array([0, 1, 1, 1, 1, 2], np.uint8)
    examples = open_dataset(class_folders(tmp_path, pixels, labels, ("c2", "c10", "d")), network())
    x, y = read(examples)
    assert examples.classes == ("c2", "c10", "d")
    assert isinstance(examples.inputs, ImageFiles) == (held == 1)
    order = [np.flatnonzero((pixels / np.float32(255) == picture[0]).all((1, 2))).item() for picture in x]
    assert sorted(order) == list(range(6))
    assert y.tolist() == labels[order].tolist()
    assert y.tolist() == [1, 1, 0, 2, 1, 1]


def test_every_stretch_of_folders_holds_each_class_in_proportion(tmp_path: Path) -> None:
    pixels, _ = pictures(40)
    labels = np.repeat(np.arange(3, dtype=np.uint8), [20, 12, 8])
    _, y = read(open_dataset(class_folders(tmp_path, pixels, labels), network()))
    for i in range(0, 40, 10):
        assert (np.abs(np.bincount(y[i : i + 10], minlength=3) - [5, 3, 2]) <= 1).all()


def test_folders_are_numbered_by_the_spec_s_classes(tmp_path: Path) -> None:
    pixels, labels = pictures(2)
    net = network(rest="preprocess: {scale: 1}\nclasses: [cat, bee, ant]")
    examples = open_dataset(class_folders(tmp_path, pixels, labels), net)
    assert examples.classes == ("cat", "bee", "ant")
    assert read(examples)[1].tolist() == [2, 1]


def test_hidden_folders_are_no_classes(tmp_path: Path) -> None:
    class_folders(tmp_path, *pictures())
    (tmp_path / ".cache").mkdir()
    assert open_dataset(tmp_path, network()).classes == ("ant", "bee", "cat")


def test_names_of_images_need_not_be_text(tmp_path: Path) -> None:
    class_folders(tmp_path, *pictures())
    (tmp_path / "ant/0.png").rename(tmp_path / "ant" / os.fsdecode(b"\xff.png"))
    assert len(open_dataset(tmp_path, network())) == 7


def test_images_of_folders_are_decoded_by_pillow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = class_folders(tmp_path, *pictures())
    monkeypatch.setattr(png, "pixels", lambda path: pytest.fail(f"{path} was decoded without it"))
    assert len(read(open_dataset(path, network()))[0]) == 7


def test_an_image_whose_header_is_damaged(tmp_path: Path) -> None:
    class_folders(tmp_path, *pictures())
    (tmp_path / "ant/0.png").write_bytes(b"")
    (tmp_path / "bee/1.png").write_bytes(b"no image")
    found = refusals(tmp_path)
    assert [(d.code, Path(d.file).name) for d in found] == [("E410", "0.png"), ("E410", "1.png")]


def with_half_an_image(folder: Path) -> Path:
    """Makes a data set with an image whose header is as it should be, and whose pixels are cut off."""
    noise, labels = pictures(6, 60, 60)
    path = class_folders(folder, noise, labels) / "cat/half.jpg"
    Image.fromarray(noise[0]).save(path)
    os.truncate(path, path.stat().st_size // 2)
    return path


def test_an_image_that_is_cut_off(tmp_path: Path) -> None:
    path = with_half_an_image(tmp_path)
    found = refusal(tmp_path, network(H=60, W=60))
    assert (found.code, found.file) == ("E410", str(path))


def test_an_image_that_is_cut_off_among_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more than fit in memory it is found when its turn comes."""
    monkeypatch.setattr("cnnspec.train.datasets.storage.HELD", 1)
    path = with_half_an_image(tmp_path)
    examples = open_dataset(tmp_path, network(H=60, W=60))
    with pytest.raises(FileError) as caught:
        examples.read(np.arange(7))
    assert [(d.code, d.file) for d in caught.value.diagnostics] == [("E410", str(path))]


def test_images_that_are_pipes_are_passed_over(tmp_path: Path) -> None:
    class_folders(tmp_path, *pictures())
    os.mkfifo(tmp_path / "ant/pipe.png")
    assert len(open_dataset(tmp_path, network())) == 7


def test_too_large_images_are_not_decoded(tmp_path: Path) -> None:
    class_folders(tmp_path, *pictures())
    Image.new("1", (70_000, 1)).save(tmp_path / "ant/0.png")
    assert refusal(tmp_path).code == "E410"


def test_images_in_sub_folders_of_a_class_are_its_images(tmp_path: Path) -> None:
    for name in ("a/1.png", "a/more/0.png", "a/more/deeper/2.png", "a/.hidden/3.png", "b/1.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "b" / "again").symlink_to(tmp_path / "b")
    found = classes_in(tmp_path)
    names = {name: [str(path.relative_to(tmp_path / name)) for path in paths] for name, paths in found.items()}
    assert names == {"a": ["1.png", "more/0.png", "more/deeper/2.png"], "b": ["1.png"]}
