"""Data that cannot be learned from: each is refused before any work, with what is wrong and what to do."""

from __future__ import annotations

import gzip
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import class_folders, idx, idx_folder, network, npz, pictures, table
from PIL import Image

from cnnspec.diagnostics import Diagnostic, FileError
from cnnspec.spec import Spec
from cnnspec.train.data import open_examples
from cnnspec.train.data.order import held_out, refuse_unlearned
from cnnspec.train.data.targets import Loss

IMAGES = "train-images-idx3-ubyte"
LABELS = "train-labels-idx1-ubyte"


def refusals(path: Path, net: Spec | None = None, loss: Loss = "cross_entropy") -> tuple[Diagnostic, ...]:
    with pytest.raises(FileError) as caught:
        open_examples(path, net or network(), loss)
    return caught.value.diagnostics


def refusal(path: Path, net: Spec | None = None, loss: Loss = "cross_entropy") -> Diagnostic:
    (found,) = refusals(path, net, loss)
    assert found.file
    return found


# --- No data set --------------------------------------------------------------------------------------------


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
    assert [d.help for d in refusals(tmp_path)] == [f"give `{tmp_path / 'test'}` instead?"] * 2


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "data.parquet").write_bytes(b"PAR1")
    found = refusal(tmp_path / "data.parquet")
    assert (found.code, found.message) == ("E420", "`data.parquet` is no data set")


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
    found = refusal(npz(tmp_path / "a.npz", x_train=np.zeros(3), y_train=np.zeros(3)))
    assert (found.code, found.why) == ("E420", "it holds `x_train`, `y_train`")


def test_everything_held_out() -> None:
    for count, validation in ((3, 3), (3, 10), (1, 0.1), (2, 0.9)):
        with pytest.raises(FileError) as caught:
            held_out(count, validation)
        assert [d.code for d in caught.value.diagnostics] == ["E420"]


# --- Labels and answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "message", "cure"),
    [
        ([0, 1, 5, 3], "label 5 of example 2 is no class", "a last layer of 6 outputs, `dense: {K: 6}`"),
        ([1, 2, 3, 3], "label 3 of example 2 is no class", "classes are counted from 0: save `y - 1`"),
        ([0, -1, 2, 1], "label -1 of example 1 is no class", "count classes from 0"),
    ],
)
def test_labels_out_of_range(tmp_path: Path, labels: list[int], message: str, cure: str) -> None:
    found = refusal(npz(tmp_path / "a.npz", x=np.zeros((4, 1, 4, 5)), y=np.array(labels)))
    assert (found.code, found.message, found.help) == ("E421", message, cure)
    pixels, _ = pictures(4)
    assert refusal(table(tmp_path / "a.csv", pixels, np.array(labels, np.int64))).code == "E421"
    if min(labels) >= 0:
        assert refusal(idx_folder(tmp_path, pixels, np.array(labels, np.uint8))).code == "E421"


def test_more_folders_than_scores(tmp_path: Path) -> None:
    found = refusal(class_folders(tmp_path, *pictures(2)))
    assert (found.code, found.message) == ("E421", "2 classes, but the network gives 3 scores")


def test_a_folder_that_is_no_class_of_the_spec(tmp_path: Path) -> None:
    net = network(rest="preprocess: {scale: 1}\nclasses: [ant, bee, cow]")
    found = refusal(class_folders(tmp_path, *pictures()), net)
    assert (found.code, found.message) == ("E421", "`cat` is no class of the spec")
    assert found.why == "the spec's `classes` are ant, bee, cow"


@pytest.mark.parametrize("y", [np.zeros(3, int), np.zeros(5, int), np.int64(0), np.zeros(0, int)])
def test_x_and_y_of_different_length(tmp_path: Path, y: Any) -> None:
    assert refusal(npz(tmp_path / "a.npz", x=np.zeros((4, 1, 4, 5)), y=y)).code == "E422"


def test_images_and_labels_of_different_number(tmp_path: Path) -> None:
    pixels, labels = pictures(7)
    found = refusal(idx_folder(tmp_path, pixels, labels[:-1]))
    assert (found.code, found.why) == ("E422", "7 inputs, 6 answers")


IMAGE = "[conv: {F: 3, K: 2, P: same}]"


@pytest.mark.parametrize(
    ("layers", "loss", "y", "cure"),
    [
        (None, "cross_entropy", np.zeros((4, 3)), "`loss: mse`; when they are classes one-hot, save `y.argmax(1)`"),
        (None, "cross_entropy", np.zeros(4), "save `y.astype(int)`, or `loss: mse`"),
        (None, "cross_entropy", np.zeros((4, 1), int), "`y` of shape (n,)"),
        (IMAGE, "cross_entropy", np.zeros(4, int), "`y` of shape (n, 4, 5)"),
        (IMAGE, "cross_entropy", np.zeros((4, 1, 4, 5)), "`loss: mse`"),
        (None, "mse", np.zeros((4, 2)), "`y` of shape (n, 3)"),
        (IMAGE, "mse", np.zeros((4, 40)), "save `y.reshape(-1, 2, 4, 5)`"),
        ("[flatten, dense: {K: 1}]", "mse", np.zeros(4), "save `y.reshape(-1, 1)`"),
        (IMAGE, "mse", np.zeros(4, int), "`y` of shape (n, 2, 4, 5)"),
    ],
)
def test_answers_that_do_not_fit(tmp_path: Path, layers: str | None, loss: Loss, y: Any, cure: str) -> None:
    net = network(layers=layers) if layers else network()
    found = refusal(npz(tmp_path / "a.npz", x=np.zeros((4, 1, 4, 5)), y=y), net, loss)
    assert (found.code, found.help) == ("E423", cure)


@pytest.mark.parametrize("loss", ["cross_entropy", "mse"])
def test_labels_for_a_network_that_gives_images(tmp_path: Path, loss: Loss) -> None:
    pixels, labels = pictures()
    assert refusal(idx_folder(tmp_path, pixels, labels), network(layers=IMAGE), loss).code == "E423"
    assert refusal(class_folders(tmp_path / "f", pixels, labels), network(layers=IMAGE), loss).code == "E423"


def test_a_class_that_is_held_out_alone(tmp_path: Path) -> None:
    net = network(rest="classes: [ant, bee, cat]")
    path = npz(tmp_path / "a.npz", x=np.zeros((6, 1, 4, 5)), y=np.array([0, 0, 1, 1, 2, 2]))
    examples = open_examples(path, net)
    for held in (0, 1):
        refuse_unlearned(examples, held)
    with pytest.raises(FileError) as caught:
        refuse_unlearned(examples, 2)
    (found,) = caught.value.diagnostics
    assert found.code == "E425"
    assert found.why.startswith("class `cat` is found among the last 2 examples alone")


def test_targets_have_no_classes_to_miss(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", x=np.zeros((2, 1, 4, 5)), y=np.eye(2, 3))
    refuse_unlearned(open_examples(path, network(), "mse"), 1)


# --- Inputs -------------------------------------------------------------------------------------------------


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
    monkeypatch.setattr("cnnspec.train.data.storage.HELD", 1)
    path = with_half_an_image(tmp_path)
    examples = open_examples(tmp_path, network(H=60, W=60))
    with pytest.raises(FileError) as caught:
        examples.read(np.arange(7))
    assert [(d.code, d.file) for d in caught.value.diagnostics] == [("E410", str(path))]


@pytest.mark.parametrize("broken", [np.nan, np.inf, 1e300])
@pytest.mark.parametrize("name", ["x", "y"])
def test_numbers_that_are_not_finite(tmp_path: Path, name: str, broken: float, monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = {"x": np.zeros((4, 1, 4, 5)), "y": np.zeros((4, 3))}
    arrays[name][2, ..., 1] = broken
    path = npz(tmp_path / "a.npz", x=arrays["x"], y=arrays["y"])
    found = refusal(path, loss="mse")
    assert (found.code, found.message) == ("E426", f"`{name}[2]` holds NaN or infinity")
    monkeypatch.setattr("cnnspec.train.data.storage.HELD", 1)
    examples = open_examples(path, network(), "mse")
    examples.read(np.array([0, 3]))
    with pytest.raises(FileError) as caught:
        examples.read(np.array([3, 2, 0]))
    assert [d.message for d in caught.value.diagnostics] == [found.message]


# --- Damaged and hostile files ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it does not begin as an IDX file does"),
        (b"\x89PNG\r\n\x1a\n", "it does not begin as an IDX file does"),
        (b"\0\0\x0d\3" + bytes(12), "its numbers are of type 0x0D; pixels and labels are unsigned bytes, 0x08"),
        (b"\0\0\x08\1" + bytes(4), "it has 1 axes; images have 3"),
        (b"\0\0\x08\3\0\0", "it ends within its header"),
        (b"\0\0\x08\3\0\0\0\2\0\0\0\4\0\0\0\5" + bytes(39), "its header promises 2 x 4 x 5 bytes; 39 follow"),
        (b"\0\0\x08\3\0\0\0\2\0\0\0\4\0\0\0\5" + bytes(41), "its header promises 2 x 4 x 5 bytes; 41 follow"),
        (
            b"\0\0\x08\3" + b"\xff" * 12,
            "its header promises 4,294,967,295 x 4,294,967,295 x 4,294,967,295 bytes; 0 follow",
        ),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_damaged_idx(tmp_path: Path, content: bytes, why: str, packed: bool) -> None:
    idx_folder(tmp_path, *pictures())
    (tmp_path / IMAGES).write_bytes(gzip.compress(content) if packed else content)
    found = refusal(tmp_path)
    assert (found.code, found.why) == ("E403", why)


def test_idx_without_labels(tmp_path: Path) -> None:
    path = idx(tmp_path / IMAGES, pictures()[0])
    found = refusal(path)
    assert (found.code, Path(found.file).name) == ("E404", LABELS)


@pytest.mark.parametrize("damage", ["cut off", "flipped", "of nothing"])
def test_damaged_gzip(tmp_path: Path, damage: str) -> None:
    idx_folder(tmp_path, *pictures(), packed=True)
    path = tmp_path / f"{IMAGES}.gz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= damage == "flipped" and 0xFF
    path.write_bytes({"cut off": content[:-9], "flipped": content, "of nothing": content[:2]}[damage])
    found = refusal(tmp_path)
    assert found.code == "E403"
    assert "gzip" in found.why


def test_a_gzip_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.train.data.storage.FREE_UNPACKED", 2**20)
    idx_folder(tmp_path, np.zeros((1024, 64, 64), np.uint8), np.zeros(1024, np.uint8), packed=True)
    found = refusal(tmp_path)
    assert (found.code, found.why) == ("E403", "it unpacks to more than 1,048,576 bytes")


def test_an_archive_with_a_pickle(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.zeros((2, 1, 4, 5)), y=np.array([{}, []], object))
    assert refusal(path).code == "E406"


def test_a_damaged_archive(tmp_path: Path) -> None:
    path = npz(tmp_path / "a.npz", x=np.ones((30, 1, 4, 5)), y=np.zeros(30, int))
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    assert refusal(path).code == "E403"
    os.truncate(path, 1000)
    assert refusal(path).code == "E403"


def test_an_archive_that_points_beyond_its_member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.train.data.storage.HELD", 1)
    path = npz(tmp_path / "a.npz", x=np.ones((30, 1, 4, 5)), y=np.zeros(30, int))
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("x.npy").header_offset
    content = bytearray(path.read_bytes())
    content[start + 28 : start + 30] = b"\xff\xff"  # the length of the extra field
    path.write_bytes(content)
    assert refusal(path).code == "E403"


@pytest.mark.parametrize(
    ("rows", "place", "message", "why"),
    [
        ("1,2,3\n0,5,6\n0,5\n", (3, 1), "a row has another length", "2 fields; the first line has 3"),
        ("1,2,3\n0,5,6,7\n", (2, 1), "a row has another length", "4 fields; the first line has 3"),
        ("1,2,3\n\n0,x,6\n", (3, 3), "a field is no number", "found `x`"),
        ("1,2,3\n0,,6\n", (2, 3), "a field is no number", "found ``"),
        ("1,2,3\n0,12,256\n", (2, 6), "a pixel is a whole number from 0 to 255", "found 256"),
        ("1,2,3\n0,-1,2\n", (2, 3), "a pixel is a whole number from 0 to 255", "found -1"),
        ("1,2,3\n0,0.5,2\n", (2, 3), "a pixel is a whole number from 0 to 255", "found 0.5"),
        ("1,2,3\n0,nan,2\n", (2, 3), "a pixel is a whole number from 0 to 255", "found nan"),
        ("1,2,3\n0.5,1,2\n", (2, 1), "a label is a whole number", "found 0.5"),
        ("1,2,3\n1e300,1,2\n", (2, 1), "a label is a whole number", "found 1e+300"),
        ("a,b,c\n1,2,3\n", (1, 1), "which column is the label?", ""),
        ("y,label,c\n1,2,3\n", (1, 1), "which column is the label?", ""),
        ("1;2;3\n0;5;6\n", (1, 1), "which column is the label?", ""),
        ("1,2,3,4\n", (1, 1), "a row is no gray image", "3 pixels are neither 1 x 2 nor a square"),
        ("1\n2\n", (1, 1), "a row is no gray image", "0 pixels are neither 1 x 2 nor a square"),
        ("1,2,3\n" + "9" * 2**23 + "\n", (2, 1), "a line is too long", "it has more than 4,194,304 bytes"),
        ("0,1,1_0\n", (1, 1), "which column is the label?", ""),
    ],
)
def test_tables(tmp_path: Path, rows: str, place: tuple[int, int], message: str, why: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(rows)
    found = refusal(path, network(1, 1, 2))
    assert (found.code, found.message) == ("E424", message)
    assert found.why.startswith(why)
    assert found.span is not None
    assert found.span[:2] == place


def test_binary_tables(tmp_path: Path) -> None:
    for content in (bytes(range(256)) * 100, "label,a\n1,2\n".encode("utf-16")):
        (tmp_path / "a.csv").write_bytes(content)
        assert refusal(tmp_path / "a.csv").code == "E424"


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    for name in ("a.npz", "a.csv", IMAGES):
        os.mkfifo(tmp_path / name)
        assert refusal(tmp_path / name).code == "E403"


def test_images_that_are_pipes_are_passed_over(tmp_path: Path) -> None:
    class_folders(tmp_path, *pictures())
    os.mkfifo(tmp_path / "ant/pipe.png")
    assert len(open_examples(tmp_path, network())) == 7


def test_a_file_that_becomes_shorter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.train.data.storage.HELD", 1)
    examples = open_examples(idx_folder(tmp_path, *pictures()), network())
    os.truncate(tmp_path / IMAGES, 100)
    with pytest.raises(FileError) as caught:
        examples.read(np.arange(7))
    assert [(d.code, d.why) for d in caught.value.diagnostics] == [("E403", "it has become shorter while it was read")]


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cnnspec.train.data.storage.HELD", 1)
    monkeypatch.setattr("cnnspec.train.data.storage.TemporaryFile", full)
    found = refusal(idx_folder(tmp_path, *pictures(), packed=True))
    assert (found.code, found.why) == ("E403", "No space left on device")


def test_too_large_images_are_not_decoded(tmp_path: Path) -> None:
    class_folders(tmp_path, *pictures())
    Image.new("1", (70_000, 1)).save(tmp_path / "ant/0.png")
    assert refusal(tmp_path).code == "E410"
