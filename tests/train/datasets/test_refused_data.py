"""What is no data set for this network is refused before any work, with what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datasets import class_folders, idx_folder, network, npz, pictures, refusal, refusals, table

from cnnspec.diagnostics import FileError
from cnnspec.train.datasets import open_dataset
from cnnspec.train.datasets.kind import KINDS
from cnnspec.train.datasets.split import held_out

IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"


def test_there_is_nothing(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.npz").code == "E404"
    assert refusal(tmp_path / "none").code == "E404"
    assert refusal(tmp_path / IMAGES).code == "E404"


def test_a_folder_of_one_class(tmp_path: Path) -> None:
    found = refusal(class_folders(tmp_path, *pictures(1)))
    assert (found.code, found.why) == ("E420", "`ant` is the only sub-folder")


def test_a_folder_of_images_without_classes(tmp_path: Path) -> None:
    class_folders(tmp_path, *pictures(1))
    found = refusal(tmp_path / "ant")
    assert (found.code, found.why) == ("E420", "its 1 images are in no sub-folder, so their classes are unknown")


def test_an_empty_folder(tmp_path: Path) -> None:
    found = refusal(tmp_path)
    assert (found.code, found.message) == ("E420", "no data set in this folder")


def test_a_class_without_images(tmp_path: Path) -> None:
    class_folders(tmp_path, *pictures(2))
    for name in ("bat", "cow"):
        (tmp_path / name).mkdir()
    assert [d.message for d in refusals(tmp_path)] == ["no image in `bat`", "no image in `cow`"]


def test_folders_that_lie_a_level_deeper(tmp_path: Path) -> None:
    class_folders(tmp_path / "train", *pictures())
    class_folders(tmp_path / "test", *pictures())
    assert [d.help for d in refusals(tmp_path)] == [f"give `{tmp_path / 'train'}` instead"]


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    for content, why in (b"PAR1", "it is a Parquet table"), (b"\x89PNG\r\n\x1a\n", "it is an image"):
        (tmp_path / "data").write_bytes(content)
        found = refusal(tmp_path / "data")
        assert (found.code, found.why) == ("E403", why)
    assert found.help == KINDS
    (tmp_path / "notes.txt").write_text("a text")
    found = refusal(tmp_path / "notes.txt")
    assert (found.code, found.message) == ("E420", "`notes.txt` is no data set")


@pytest.mark.parametrize("name", ["a.npz", "a.csv", "a", IMAGES, LABELS])
def test_what_git_has_left_in_place_of_data(tmp_path: Path, name: str) -> None:
    """Under every name that data may have, given by itself or found in a folder."""
    idx_folder(tmp_path, *pictures())
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    given = [tmp_path / name] if name != LABELS else [tmp_path / IMAGES, tmp_path]
    for path in given + [tmp_path] * (name == IMAGES):
        found = refusal(path)
        assert (found.code, found.why) == ("E403", "it is a Git LFS pointer, not the file itself")
        assert found.help == "`git lfs pull` fetches the file"


def test_an_archive_of_examples_is_known_by_what_is_in_it(tmp_path: Path) -> None:
    pixels, labels = pictures()
    npz(tmp_path / "a.npz", x=pixels, y=labels).rename(tmp_path / "examples")
    assert len(open_dataset(tmp_path / "examples", network())) == len(pixels)


def test_labels_in_place_of_images(tmp_path: Path) -> None:
    idx_folder(tmp_path, *pictures())
    found = refusal(tmp_path / LABELS)
    assert (found.code, found.help) == ("E420", f"name the images: `{tmp_path / IMAGES}`")


@pytest.mark.parametrize("size", [(0, 4, 5), (0, 0, 0)])
def test_no_examples(tmp_path: Path, size: tuple[int, ...]) -> None:
    assert refusal(idx_folder(tmp_path, np.zeros(size, np.uint8), np.zeros(0, np.uint8))).code == "E420"
    assert refusal(npz(tmp_path / "a.npz", x=np.zeros((0, 1, 4, 5)), y=np.zeros(0, int))).code == "E420"
    for header in ("", "\n\n", "label,a,b\n"):
        (tmp_path / "a.csv").write_text(header)
        assert refusal(tmp_path / "a.csv").code == "E420"


def test_an_archive_of_other_arrays(tmp_path: Path) -> None:
    found = refusal(npz(tmp_path / "a.npz", inputs=np.zeros(3), y_train=np.zeros(3)))
    assert (found.code, found.why) == ("E420", "it holds `inputs`, `y_train`")


def test_everything_held_out() -> None:
    for count, validation in ((3, 3), (3, 10), (1, 0.1), (2, 0.9)):
        with pytest.raises(FileError) as caught:
            held_out(count, validation)
        assert [d.code for d in caught.value.diagnostics] == ["E420"]


def test_images_of_another_size_than_the_spec_s(tmp_path: Path) -> None:
    pixels, labels = pictures(3, 6, 6)
    for path in (idx_folder(tmp_path / "idx", pixels, labels), table(tmp_path / "a.csv", pixels, labels)):
        found = refusal(path)
        assert (found.code, found.why) == ("E411", "H x W = 6x6")
    assert [d.code for d in refusals(class_folders(tmp_path / "f", pixels, labels))] == ["E411"] * 3


@pytest.mark.parametrize("C", [1, 4])
def test_pixels_need_a_preprocess_section(tmp_path: Path, C: int) -> None:
    """Which there cannot be for a depth of 4."""
    pixels, labels = pictures(3)
    net = network(C, rest="")
    for path in (idx_folder(tmp_path / "idx", pixels, labels), table(tmp_path / "a.csv", pixels, labels)):
        assert refusal(path, net).code == "E412"
    assert {d.code for d in refusals(class_folders(tmp_path / "f", pixels, labels), net)} == {"E412"}


def test_arrays_of_another_shape(tmp_path: Path) -> None:
    found = refusal(npz(tmp_path / "a.npz", x=np.zeros((3, 4, 5)), y=np.arange(3)))
    assert (found.code, found.help) == ("E413", "save `array[:, None]`: its axis C is missing")
    found = refusal(npz(tmp_path / "a.npz", x=np.zeros((3, 4, 5, 1)), y=np.arange(3)))
    assert (found.code, found.help) == ("E413", "save `array.transpose(0, 3, 1, 2)`: its axes are in another order")
    assert refusal(npz(tmp_path / "a.npz", x=np.float32(1), y=np.arange(3))).code == "E413"


@pytest.mark.parametrize("broken", [np.nan, np.inf, 1e300])
@pytest.mark.parametrize("name", ["x", "y"])
def test_numbers_that_are_not_finite(tmp_path: Path, name: str, broken: float, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = {"x": np.zeros((4, 1, 4, 5)), "y": np.zeros((4, 3))}
    arrays[name][2, ..., 1] = broken
    path = npz(tmp_path / "a.npz", x=arrays["x"], y=arrays["y"])
    found = refusal(path, loss="mse")
    assert (found.code, found.message) == ("E426", f"`{name}[2]` holds NaN or infinity")
    monkeypatch.setattr("cnnspec.train.datasets.storage.HELD", 1)
    examples = open_dataset(path, network(), "mse")
    examples.read(np.array([0, 3]))
    with pytest.raises(FileError) as caught:
        examples.read(np.array([3, 2, 0]))
    assert [d.message for d in caught.value.diagnostics] == [found.message]
