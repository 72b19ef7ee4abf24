"""Data sets: what is read from files of each kind, with which exact values, and what stays on disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import class_folders, idx, idx_folder, network, npz, pictures, table

from cnnspec import bundled, images, spec
from cnnspec.diagnostics import FileError
from cnnspec.train.data import Examples, data_path, open_examples
from cnnspec.train.data.folder import Files
from cnnspec.train.data.rows import Rows, pieces

everywhere = pytest.mark.parametrize("held", [2**28, 1], ids=["in memory", "on disk"])
"""Whether data sets count as small."""


def read(examples: Examples) -> tuple[Any, Any]:
    x, y = examples.read(np.arange(len(examples)))
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    return x, y


@pytest.fixture(autouse=True)
def limit(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a test asks for it, data sets of more than `held` bytes stay on disk."""
    if "held" in request.fixturenames:
        monkeypatch.setattr("cnnspec.train.data.storage.HELD", request.getfixturevalue("held"))


# --- Pixels: IDX, images, CSV -------------------------------------------------------------------------------


@everywhere
@pytest.mark.parametrize("packed", [False, True])
def test_idx_gives_what_image_files_of_the_same_pixels_give(tmp_path: Path, packed: bool, held: int) -> None:
    pixels, labels = pictures()
    net = network(rest="preprocess: {invert: true, scale: 1/255, mean: 0.13, std: 0.31}")
    x, y = read(open_examples(idx_folder(tmp_path / "idx", pixels, labels, packed), net))
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
    x, _ = read(open_examples(idx_folder(tmp_path / "idx", pixels, labels), net))
    class_folders(tmp_path, pixels, labels)
    for i, name in enumerate(("ant", "bee", "cat")):
        assert np.array_equal(x[i], images.load(tmp_path / f"{name}/{i}.png", net.header.preprocess, (1, 6, 6)))


@pytest.mark.parametrize("mode", ["rgb", "bgr"])
def test_gray_pixels_in_three_channels(tmp_path: Path, mode: str) -> None:
    pixels, labels = pictures(3)
    net = network(3, rest=f"preprocess: {{mode: {mode}, scale: 1/255, mean: [0.1, 0.2, 0.3], std: [1, 2, 3]}}")
    examples = open_examples(idx_folder(tmp_path / "idx", pixels, labels), net)
    class_folders(tmp_path, pixels, labels)
    assert np.array_equal(read(examples)[0][0], images.load(tmp_path / "ant/0.png", net.header.preprocess, (3, 4, 5)))
    assert np.allclose(examples.blank, [-0.1, -0.1, -0.1])


def test_black_is_paper_where_colours_are_inverted(tmp_path: Path) -> None:
    net = network(rest="preprocess: {invert: true, scale: 1/255, mean: 0.5}")
    white = np.full((3, 4, 5), 255, np.uint8)
    examples = open_examples(idx_folder(tmp_path, white, np.arange(3, dtype=np.uint8)), net)
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
    assert read(open_examples(tmp_path if by_folder else path, network()))[1].tolist() == labels.tolist()


def test_a_folder_of_idx_files_is_its_training_part(tmp_path: Path) -> None:
    idx_folder(tmp_path, *pictures(5))
    idx(tmp_path / "t10k-images-idx3-ubyte", pictures(3)[0])
    assert len(open_examples(tmp_path, network())) == 5


@everywhere
@pytest.mark.parametrize("header", ["", "label,pixels" + ",p" * 19, '\ufeff"Label"' + ",p" * 20])
def test_a_table_is_pixels(tmp_path: Path, header: str, held: int) -> None:
    pixels, labels = pictures()
    x, y = read(open_examples(table(tmp_path / "a.csv", pixels, labels, header), network()))
    same, _ = read(open_examples(idx_folder(tmp_path / "idx", pixels, labels), network()))
    assert np.array_equal(x, same)
    assert y.tolist() == labels.tolist()


def test_a_table_s_label_stands_where_the_header_says(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,y,b\r\n10,2,20\r\n\r\n30,0,40\r\n")
    x, y = read(open_examples(tmp_path / "a.csv", network(1, 1, 2, rest="preprocess: {scale: 1}")))
    assert (x.tolist(), y.tolist()) == ([[[[10, 20]]], [[[30, 40]]]], [2, 0])


def test_a_table_is_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels, labels = pictures(50)
    path = table(tmp_path / "a.csv", pixels, labels, "label" + ",p" * 20)
    whole, _ = read(open_examples(path, network()))
    monkeypatch.setattr("cnnspec.train.data.table.BLOCK", 100)
    x, y = read(open_examples(path, network()))
    assert np.array_equal(x, whole)
    assert y.tolist() == labels.tolist()


def test_a_table_of_squares_is_resized(tmp_path: Path) -> None:
    pixels, labels = pictures(3, 6, 6)
    net = network(rest="preprocess: {resize: [4, 5]}")
    x, _ = read(open_examples(table(tmp_path / "a.csv", pixels, labels), net))
    assert np.array_equal(x, read(open_examples(idx_folder(tmp_path / "idx", pixels, labels), net))[0])


# --- A folder for each class --------------------------------------------------------------------------------


@everywhere
def test_folders_are_classes_in_natural_order(tmp_path: Path, held: int) -> None:
    pixels, _ = pictures(6)
    labels = np.array([0, 1, 1, 1, 1, 2], np.uint8)
    examples = open_examples(class_folders(tmp_path, pixels, labels, ("c2", "c10", "d")), network())
    x, y = read(examples)
    assert examples.classes == ("c2", "c10", "d")
    assert isinstance(examples.inputs, Files) == (held == 1)
    order = [np.flatnonzero((pixels / np.float32(255) == picture[0]).all((1, 2))).item() for picture in x]
    assert sorted(order) == list(range(6))
    assert y.tolist() == labels[order].tolist()
    assert y.tolist() == [1, 1, 0, 2, 1, 1]


def test_every_stretch_of_folders_holds_each_class_in_proportion(tmp_path: Path) -> None:
    pixels, _ = pictures(40)
    labels = np.repeat(np.arange(3, dtype=np.uint8), [20, 12, 8])
    _, y = read(open_examples(class_folders(tmp_path, pixels, labels), network()))
    for i in range(0, 40, 10):
        assert (np.abs(np.bincount(y[i : i + 10], minlength=3) - [5, 3, 2]) <= 1).all()


def test_folders_are_numbered_by_the_spec_s_classes(tmp_path: Path) -> None:
    pixels, labels = pictures(2)
    net = network(rest="preprocess: {scale: 1}\nclasses: [cat, bee, ant]")
    examples = open_examples(class_folders(tmp_path, pixels, labels), net)
    assert examples.classes == ("cat", "bee", "ant")
    assert read(examples)[1].tolist() == [2, 1]


def test_hidden_folders_are_no_classes(tmp_path: Path) -> None:
    class_folders(tmp_path, *pictures())
    (tmp_path / ".cache").mkdir()
    assert open_examples(tmp_path, network()).classes == ("ant", "bee", "cat")


def test_names_of_images_need_not_be_text(tmp_path: Path) -> None:
    class_folders(tmp_path, *pictures())
    (tmp_path / "ant/0.png").rename(tmp_path / "ant" / os.fsdecode(b"\xff.png"))
    assert len(open_examples(tmp_path, network())) == 7


# --- Arrays -------------------------------------------------------------------------------------------------


@everywhere
@pytest.mark.parametrize("packed", [False, True])
def test_arrays_are_taken_as_they_are(tmp_path: Path, packed: bool, held: int) -> None:
    x = np.random.default_rng(0).normal(size=(6, 1, 4, 5))
    examples = open_examples(npz(tmp_path / "a.npz", packed, x=x, y=np.arange(6) % 3, more=x), network())
    found, y = examples.read(np.array([5, 0, 2]))
    assert np.array_equal(found, x[[5, 0, 2]].astype(np.float32))
    assert y.dtype == np.int64
    assert y.tolist() == [2, 0, 2]
    assert examples.blank.tolist() == [0]


@pytest.mark.parametrize("packed", [False, True])
def test_arrays_in_fortran_order(tmp_path: Path, packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of them lie all over the file, so they have to fit in memory."""
    x = np.asfortranarray(np.random.default_rng(0).normal(size=(6, 1, 4, 5)))
    path = npz(tmp_path / "a.npz", packed, x=x, y=np.arange(6) % 3)
    assert np.array_equal(read(open_examples(path, network()))[0], x.astype(np.float32))
    monkeypatch.setattr("cnnspec.train.data.storage.HELD", 1)
    with pytest.raises(FileError) as caught:
        open_examples(path, network())
    assert [(d.code, d.help) for d in caught.value.diagnostics] == [("E403", "save `numpy.ascontiguousarray(x)`")]


@everywhere
def test_targets(tmp_path: Path, held: int) -> None:
    y = np.random.default_rng(0).normal(size=(6, 3))
    path = npz(tmp_path / "a.npz", x=np.zeros((6, 1, 4, 5)), y=y)
    _, found = read(open_examples(path, network(), "mse"))
    assert found.dtype == np.float32
    assert np.array_equal(found, y.astype(np.float32))


def test_targets_that_are_images(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(3, 1, 4, 5))
    examples = open_examples(npz(tmp_path / "a.npz", x=x, y=x), network(layers="[conv: {F: 3, K: 1, P: same}]"), "mse")
    found, y = read(examples)
    assert np.array_equal(found, y)


def test_a_label_for_each_place(tmp_path: Path) -> None:
    y = np.random.default_rng(0).integers(0, 2, (3, 4, 5))
    path = npz(tmp_path / "a.npz", x=np.zeros((3, 1, 4, 5)), y=y)
    assert np.array_equal(read(open_examples(path, network(layers="[conv: {F: 3, K: 2, P: same}]")))[1], y)


def test_mse_takes_labels_of_vectors(tmp_path: Path) -> None:
    pixels, labels = pictures()
    _, y = read(open_examples(idx_folder(tmp_path, pixels, labels), network(), "mse"))
    assert (y.dtype, y.tolist()) == (np.int64, labels.tolist())


@pytest.mark.parametrize("packed", [False, True])
def test_large_arrays_stay_on_disk(tmp_path: Path, packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    path = npz(tmp_path / "a.npz", packed, x=np.ones((6, 1, 4, 5), np.float32), y=np.arange(6) % 3)
    monkeypatch.setattr("cnnspec.train.data.storage.HELD", 1)
    inputs: Any = open_examples(path, network()).inputs
    assert isinstance(inputs.array, Rows)


def test_unpacked_data_leave_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr("cnnspec.train.data.storage.HELD", 1)
    examples = open_examples(idx_folder(tmp_path / "idx", *pictures(), packed=True), network())
    inputs: Any = examples.inputs
    assert isinstance(inputs.pixels, Rows)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_rows_are_those_of_the_array(tmp_path: Path) -> None:
    array = np.random.default_rng(0).normal(size=(7, 2, 3))
    (tmp_path / "a").write_bytes(b"head" + array.tobytes())
    with (tmp_path / "a").open("rb") as stream:
        rows = Rows(stream, "<f8", array.shape, 4)
    assert (len(rows), rows.ndim, rows.nbytes) == (7, 3, array.nbytes)
    for chosen in (np.array([6, 0, 3, 3]), slice(2, 5), slice(0, 0), slice(-2, None), np.zeros(0, int)):
        assert np.array_equal(rows[chosen], array[chosen])


def test_pieces_are_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.arange(70).reshape(7, 10)
    monkeypatch.setattr("cnnspec.train.data.rows.PIECE", 3 * array[0].nbytes)
    assert [start for start, _ in pieces(array)] == [0, 3, 6]
    assert np.array_equal(np.concatenate([piece for _, piece in pieces(array)]), array)


# --- The fingerprint ----------------------------------------------------------------------------------------

KINDS: dict[str, Callable[[Path, Any, Any], Path]] = {
    "idx": idx_folder,
    "folders": class_folders,
    "npz": lambda path, pixels, labels: npz(path.with_suffix(".npz"), x=pixels[:, None], y=labels),
    "csv": lambda path, pixels, labels: table(path.with_suffix(".csv"), pixels, labels),
}


@pytest.mark.parametrize("kind", KINDS)
def test_equal_data_have_equal_fingerprints_wherever_they_lie(tmp_path: Path, kind: str) -> None:
    pixels, labels = pictures()
    seals = {open_examples(KINDS[kind](tmp_path / name, pixels, labels), network()).fingerprint for name in "ab"}
    assert len(seals) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_other_data_have_other_fingerprints(tmp_path: Path, kind: str) -> None:
    pixels, labels = pictures()
    changed = pixels.copy()
    changed[-1, -1, -1] ^= 1
    variants = [(pixels, labels), (changed, labels), (pixels, labels[::-1].copy()), (pixels[:-1], labels[:-1])]
    seals = {
        open_examples(KINDS[kind](tmp_path / str(i), *variant), network()).fingerprint
        for i, variant in enumerate(variants)
    }
    assert len(seals) == 4


def test_the_way_from_pixels_to_inputs_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    path = idx_folder(tmp_path, *pictures())
    seals = {open_examples(path, network(rest=f"preprocess: {{scale: {scale}}}")).fingerprint for scale in (1, 2)}
    assert len(seals) == 2


# --- Where the data lie -------------------------------------------------------------------------------------


def with_data(folder: Path, data: str | None) -> spec.Spec:
    section = f"train: {{data: {data}}}" if data else ""
    (folder / "net.yaml").write_text(
        f"cnnspec: 1\ninput: {{C: 1, H: 8, W: 8}}\nlayers: [flatten, dense: {{K: 10}}]\n{section}\n"
    )
    return spec.load(folder / "net.yaml")


def test_data_of_a_spec_lie_beside_it(tmp_path: Path) -> None:
    (tmp_path / "my/data").mkdir(parents=True)
    assert data_path(with_data(tmp_path, "my/data")) == tmp_path / "my/data"


def test_given_data_lie_where_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.npz").touch()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert data_path(with_data(tmp_path, "my/data"), "../x.npz") == Path("../x.npz")


@pytest.mark.parametrize(
    ("data", "cure"), [("digit", "did you mean `digits`?"), ("my/data", "check the path, and its case")]
)
def test_data_that_are_not_there(tmp_path: Path, data: str, cure: str) -> None:
    for given in (data, None):
        with pytest.raises(FileError) as caught:
            data_path(with_data(tmp_path, data), given)
        assert [(d.code, d.help) for d in caught.value.diagnostics] == [("E404", cure)]


@pytest.mark.parametrize("given", ["digits", None])
def test_bundled_data_have_a_name(tmp_path: Path, given: str | None) -> None:
    assert data_path(with_data(tmp_path, "digits"), given) == bundled.folder() / "digits"


def test_own_data_go_before_bundled_ones(tmp_path: Path) -> None:
    (tmp_path / "digits").mkdir()
    assert data_path(with_data(tmp_path, "digits")) == tmp_path / "digits"


@pytest.mark.parametrize("data", ["../x", "/x", "a/../../x"])
def test_a_spec_names_no_data_outside_its_folder(tmp_path: Path, data: str) -> None:
    with pytest.raises(FileError) as caught:
        data_path(with_data(tmp_path, data))
    (found,) = caught.value.diagnostics
    assert found.code == "E416"
    assert found in spec.check(tmp_path / "net.yaml", files=True).diagnostics


def test_a_spec_without_data(tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        data_path(with_data(tmp_path, None))
    assert [d.code for d in caught.value.diagnostics] == ["E414"]


def test_bundled_digits() -> None:
    net = spec.load("digits")
    examples = open_examples(data_path(net), net)
    x, y = read(examples)
    assert x.shape == (1797, 1, 8, 8)
    assert np.bincount(y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    counts = np.rint(x * 16)
    assert np.abs(x * 16 - counts).max() < 0.04
    assert (counts.min(), counts.max(), counts.sum()) == (0, 16, 561718)
    sample = images.load(net.sample_path(), net.header.preprocess, (1, 8, 8))
    assert any(np.array_equal(sample, picture) for picture in x[1438:])


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is measured as Linux tells it")
def test_data_on_disk_take_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnspec.train.data.storage.HELD", 2**20)
    pixels = np.zeros((640, 256, 512), np.uint8)  # 80 MiB
    examples = open_examples(idx_folder(tmp_path, pixels, np.zeros(640, np.uint8)), network(H=256, W=512))
    del pixels

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    examples.read(np.arange(4))
    before = resident()
    for start in range(0, 640, 4):
        examples.read(np.arange(start, start + 4))
    assert resident() - before < 20 * 2**20
