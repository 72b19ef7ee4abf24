"""What names stand for: braces, patterns, folders with all that is in them."""

from __future__ import annotations

import errno
import os
from io import BytesIO
from pathlib import Path

import pytest
from image_shards import folder, png

from cnnspec.bulk.listing import expanded, fingerprint, listed
from cnnspec.bulk.task import tasks
from cnnspec.diagnostics import FileError
from cnnspec.files.store import Stored


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("a.tar", ["a.tar"]),
        ("{0..3}.tar", ["0.tar", "1.tar", "2.tar", "3.tar"]),
        ("{098..101}.tar", ["098.tar", "099.tar", "100.tar", "101.tar"]),
        ("{2..0}", ["2", "1", "0"]),
        ("{train,test}/{0..1}", ["train/0", "train/1", "test/0", "test/1"]),
        ("a{b}c", ["a{b}c"]),
        ("a{b}{1,2}", ["a{b}1", "a{b}2"]),
        ("{", ["{"]),
    ],
)
def test_braces_are_those_of_a_shell(name: str, names: list[str]) -> None:
    assert list(expanded(name)) == names


def urls(*names: str, output: str = "results.parquet") -> list[str]:
    return [file.url for file in listed(names, output)]


def test_of_a_folder_everything_below_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder(tmp_path / "in", 3)
    for name in ("in/deep/er/x.JPG", "in/t.tar.gz", "in/notes.txt", "in/.hidden.png", "in/.git/x.png", "in/p.parquet"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"x")
    assert urls("in") == [
        "in/bird/00002.png",
        "in/cat/00000.png",
        "in/deep/er/x.JPG",
        "in/dog/00001.png",
        "in/p.parquet",
        "in/t.tar.gz",
    ]
    assert urls("in/**/*.png") == ["in/bird/00002.png", "in/cat/00000.png", "in/dog/00001.png"]
    assert urls("in/{dog/00001,cat/00000}.png") == ["in/dog/00001.png", "in/cat/00000.png"]
    assert urls(f"file://{tmp_path}/in/t.tar.gz") == [f"{tmp_path}/in/t.tar.gz"]


def test_a_name_with_braces_or_stars_that_is_there_is_that_file(tmp_path: Path) -> None:
    for name in ("a{1,2}.png", "b[1].png"):
        (tmp_path / name).write_bytes(png(0))
        assert urls(str(tmp_path / name)) == [str(tmp_path / name)]


@pytest.mark.parametrize(("name", "code"), [("gone.tar", "E404"), ("empty", "E410"), ("*.tar", "E410")])
def test_what_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    with pytest.raises(FileError) as caught:
        urls(name)
    assert caught.value.diagnostics[0].code == code


@pytest.mark.parametrize("name", ["n" * 300, "[" * 100_000, "{a,b}" * 2000, "a*\0", "x/" * 3000, "a\0b"])
def test_impossible_names_are_said(name: str) -> None:
    with pytest.raises(FileError) as raised:
        listed([name], "r.parquet")
    assert raised.value.diagnostics[0].code in ("E403", "E404")


def test_a_file_whose_first_byte_cannot_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Damaged(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    (tmp_path / "a.npy").write_bytes(b"something")
    monkeypatch.setattr("cnnspec.files.store.opened", lambda path: Damaged())
    with pytest.raises(FileError) as raised:
        listed([str(tmp_path / "a.npy")], "r.parquet")
    assert (raised.value.diagnostics[0].code, raised.value.diagnostics[0].why) == ("E403", os.strerror(errno.EIO))


def test_the_results_do_not_lie_among_the_inputs(tmp_path: Path) -> None:
    folder(tmp_path / "in", 1)
    (tmp_path / "link").symlink_to(tmp_path / "in")
    for output in ("in/results.parquet", "link/results.parquet"):
        with pytest.raises(FileError, match="E415"):
            urls(str(tmp_path / "in"), output=str(tmp_path / output))


def test_containers_stand_alone_and_single_files_together() -> None:
    files = [Stored(name, 1) for name in ("a.png", "b.png", "c.png", "d.tar", "e.npy", "f.png", "g.png?key=1")]
    found = [(task.number, [file.url for file in task.files]) for task in tasks(files, 2, lambda file: [])]
    assert found == [
        (0, ["a.png", "b.png"]),
        (1, ["c.png"]),
        (2, ["d.tar"]),
        (3, ["e.npy"]),
        (4, ["f.png", "g.png?key=1"]),
    ]


def test_the_fingerprint_is_that_of_names_and_sizes() -> None:
    files = [Stored("a", 1), Stored("b", 2)]
    assert fingerprint(files) == fingerprint(list(files))
    others = [files[::-1], files[:1], [Stored("a", 1), Stored("b", 3)], [Stored("a", 1), Stored("c", 2)]]
    assert fingerprint(files) not in map(fingerprint, others)
