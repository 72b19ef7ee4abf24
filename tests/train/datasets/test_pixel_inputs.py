"""Pixels that lie side by side, IDX and CSV, become what images of the same pixels become."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datasets import class_folders, idx, idx_folder, network, pictures, read, table

from cnnspec.inputs import images
from cnnspec.spec import spec
from cnnspec.train.datasets import open_dataset


@pytest.mark.parametrize("packed", [False, True])
def test_idx_gives_what_image_files_of_the_same_pixels_give(tmp_path: Path, packed: bool, held: int) -> None:
    pixels, labels = pictures()
    net = network(rest="preprocess: {invert: true, scale: 1/255, mean: 0.13, std: 0.31}")
    x, y = read(open_dataset(idx_folder(tmp_path / "idx", pixels, labels, packed), net))
    class_folders(tmp_path, pixels, labels)
    for i, label in enumerate(labels):
        file = tmp_path / ("ant", "bee", "cat")[label] / f"{i}.png"
        assert np.array_equal(x[i], images.load(file, net.header.preprocess, (1, 4, 5)))
    assert (y.dtype, y.tolist()) == (np.int64, labels.tolist())


@pytest.mark.parametrize(
    "rest",
    [
        "preprocess: {resize: [6, 6], scale: 1/255}",
        "preprocess: {resize: 8, filter: bicubic, crop: 6, scale: 1/255}",
        "preprocess: {crop_fraction: 0.8, resize: [6, 6], filter: nearest}",
    ],
)
def test_idx_of_another_size_is_resized_as_images_are(tmp_path: Path, rest: str) -> None:
    pixels, labels = pictures(3, 9, 7)
    net = network(1, 6, 6, rest=rest)
    x, _ = read(open_dataset(idx_folder(tmp_path / "idx", pixels, labels), net))
    class_folders(tmp_path, pixels, labels)
    for i, name in enumerate(("ant", "bee", "cat")):
        assert np.array_equal(x[i], images.load(tmp_path / f"{name}/{i}.png", net.header.preprocess, (1, 6, 6)))


@pytest.mark.parametrize("mode", ["rgb", "bgr"])
def test_gray_pixels_in_three_channels(tmp_path: Path, mode: str) -> None:
    pixels, labels = pictures(3)
    net = network(3, rest=f"preprocess: {{mode: {mode}, scale: 1/255, mean: [0.1, 0.2, 0.3], std: [1, 2, 3]}}")
    examples = open_dataset(idx_folder(tmp_path / "idx", pixels, labels), net)
    class_folders(tmp_path, pixels, labels)
    assert np.array_equal(read(examples)[0][0], images.load(tmp_path / "ant/0.png", net.header.preprocess, (3, 4, 5)))
    assert np.allclose(examples.blank, [-0.1, -0.1, -0.1])


def test_black_is_paper_where_colours_are_inverted(tmp_path: Path) -> None:
    net = network(rest="preprocess: {invert: true, scale: 1/255, mean: 0.5}")
    white = np.full((3, 4, 5), 255, np.uint8)
    examples = open_dataset(idx_folder(tmp_path, white, np.arange(3, dtype=np.uint8)), net)
    assert (read(examples)[0] == examples.blank).all()


@pytest.mark.parametrize(
    ("images_name", "labels_name"),
    [
        ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"),
        ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte.gz"),
        ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte"),
        ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
    ],
)
@pytest.mark.parametrize("by_folder", [False, True])
def test_an_idx_file_finds_its_labels(tmp_path: Path, images_name: str, labels_name: str, by_folder: bool) -> None:
    pixels, labels = pictures()
    path = idx(tmp_path / images_name, pixels, images_name.endswith("gz"))
    idx(tmp_path / labels_name, labels, labels_name.endswith("gz"))
    assert read(open_dataset(tmp_path if by_folder else path, network()))[1].tolist() == labels.tolist()


def test_a_folder_of_idx_files_is_its_training_part(tmp_path: Path) -> None:
    idx_folder(tmp_path, *pictures(5))
    idx(tmp_path / "t10k-images-idx3-ubyte", pictures(3)[0])
    assert len(open_dataset(tmp_path, network())) == 5


@pytest.mark.parametrize("header", ["", "label,pixels" + ",p" * 19, '\ufeff"Label"' + ",p" * 20])
def test_a_table_is_pixels(tmp_path: Path, header: str, held: int) -> None:
    pixels, labels = pictures()
    x, y = read(open_dataset(table(tmp_path / "a.csv", pixels, labels, header), network()))
    same, _ = read(open_dataset(idx_folder(tmp_path / "idx", pixels, labels), network()))
    assert np.array_equal(x, same)
    assert y.tolist() == labels.tolist()


def test_a_table_s_label_stands_where_the_header_says(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,y,b\r\n10,2,20\r\n\r\n30,0,40\r\n")
    x, y = read(open_dataset(tmp_path / "a.csv", network(1, 1, 2, rest="preprocess: {scale: 1}")))
    assert (x.tolist(), y.tolist()) == ([[[[10, 20]]], [[[30, 40]]]], [2, 0])


def test_a_table_is_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, labels = pictures(50)
    path = table(tmp_path / "a.csv", pixels, labels, "label" + ",p" * 20)
    whole, _ = read(open_dataset(path, network()))
    monkeypatch.setattr("cnnspec.train.datasets.csv_lines.BLOCK", 100)
    x, y = read(open_dataset(path, network()))
    assert np.array_equal(x, whole)
    assert y.tolist() == labels.tolist()


def test_a_table_of_squares_is_resized(tmp_path: Path) -> None:
    pixels, labels = pictures(3, 6, 6)
    net = network(rest="preprocess: {resize: [4, 5]}")
    x, _ = read(open_dataset(table(tmp_path / "a.csv", pixels, labels), net))
    assert np.array_equal(x, read(open_dataset(idx_folder(tmp_path / "idx", pixels, labels), net))[0])


def test_bundled_digits() -> None:
    net = spec.load("digits")
    examples = open_dataset(net.data_path(), net)
    x, y = read(examples)
    assert x.shape == (1797, 1, 8, 8)
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    counts = np.rint(x * 16)
    assert np.abs(x * 16 - counts).max() < 0.04
    assert (counts.min(), counts.max(), counts.sum()) == (0, 16, 561718)
    path = net.sample()
    assert isinstance(path, Path)
    sample = images.load(path, net.header.preprocess, (1, 8, 8))
    assert any(np.array_equal(sample, picture) for picture in x[1438:])
