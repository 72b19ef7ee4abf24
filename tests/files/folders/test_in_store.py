"""Files in a store are there whole or not at all, whatever the store makes of writing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from object_store import BUCKET, register_others, s3

from cnnspec.diagnostics import FileError
from cnnspec.files import store
from cnnspec.files.folders import folder_at
from cnnspec.files.store import StoreError, opened_at

pytestmark = pytest.mark.peers
KINDS = ("moving://results", f"s3://{BUCKET}/results", "on disk")


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with s3():
        yield


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(store, "PAUSES", (0.0, 0.0))
    monkeypatch.chdir(tmp_path)
    register_others()


def read(place: str) -> bytes:
    with opened_at(place) as stream:
        return stream.read()


@pytest.mark.parametrize("url", KINDS)
def test_files_are_written_listed_replaced_removed(url: str) -> None:
    folder = folder_at(url)
    with folder.alone():
        assert folder.begin("kept") == 0
        assert folder.names() == []
        for content in (b"first", b"second " * 1000):
            folder.write("kept", content)
            folder.write("other", b"")
            assert sorted(folder.names()) == ["kept", "other"]
            assert read(folder.place("kept")) == content
        folder.remove("other")
        assert folder.names() == ["kept"]
    assert folder_at(url).begin("kept") == 0
    assert folder.names() == ["kept"]


@pytest.mark.parametrize("url", KINDS)
def test_a_file_of_that_name_is_no_folder(url: str) -> None:
    outer = folder_at(f"{url}-outer")
    outer.begin("x")
    outer.write("file", b"theirs")
    with pytest.raises(FileError, match="E415") as caught, folder_at(outer.place("file")).alone():
        pass
    assert "it is a file" in str(caught.value)


def test_what_a_killed_writer_has_left_is_removed() -> None:
    from fsspec import filesystem

    folder = folder_at("moving://results")
    folder.begin("x")
    folder.write("a", b"whole")
    filesystem("moving").pipe("/results/.cnnspec-0123456789ab.tmp", b"ha")
    assert folder.begin("x") == 1
    assert folder.names() == ["a"]


def test_where_files_grow_they_take_their_name_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from memory_stores import MovingStore

    folder = folder_at("moving://results")
    folder.begin("x")
    folder.write("a", b"older")
    seen, whole = set[bytes](), MovingStore.pipe_file

    def watched(self: MovingStore, path: str, value: bytes) -> None:
        for part in (value[:2], value):
            whole(self, path, part)
            seen.add(read(folder.place("a")))

    monkeypatch.setattr(MovingStore, "pipe_file", watched)
    folder.write("a", b"newer")
    assert seen == {b"older"}
    assert read(folder.place("a")) == b"newer"


def test_a_file_stays_where_its_successor_cannot_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    from memory_stores import MovingStore

    folder = folder_at("moving://stays")
    folder.begin("x")
    folder.write("a", b"older")

    def failing(self: MovingStore, old: str, new: str, **options: object) -> None:
        self.rm_file(old)
        raise OSError("the connection is gone")

    monkeypatch.setattr(MovingStore, "mv", failing)
    with pytest.raises(StoreError):
        folder.write("a", b"newer")
    assert folder.names() == ["a"]
    assert read(folder.place("a")) == b"older"


@pytest.mark.parametrize("times", [2, 3])
def test_a_store_that_fails_is_asked_again(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    from memory_stores import MovingStore

    folder = folder_at("moving://results")
    folder.begin("x")
    faults, move = iter([ConnectionError("gone")] * times), MovingStore.mv

    def failing(self: MovingStore, *paths: str) -> None:
        for fault in faults:
            raise fault
        move(self, *paths)

    monkeypatch.setattr(MovingStore, "mv", failing)
    if times == 2:
        folder.write("a", b"all of it")
        assert read(folder.place("a")) == b"all of it"
        return
    with pytest.raises(StoreError, match="E433") as caught:
        folder.write("a", b"all of it")
    assert "the store cannot be written" in str(caught.value)
    assert "a" not in folder.names()


def test_what_may_not_be_written_is_said_before_anything_is() -> None:
    said = {
        "readonly://results": ("E433", "the store does not let us in", "an account by which it may be written"),
        "s3://nobody-made-it/results": ("E433", "there is no such place in the store", "make the bucket first"),
        "nowhere://results": ("E433", "the store cannot be written", "check the URL"),
        "memory://results": ("E415", "is lost when the process ends", "or of a store that stays"),
        "zip://results::memory://a.zip": ("E415", "cannot be written", "name a folder of a store"),
    }
    for url, (code, *words) in said.items():
        with pytest.raises(FileError, match=code) as caught:
            folder_at(url).begin("x")
        assert all(word in str(caught.value) for word in words), url


def test_a_web_server_is_no_place_for_results(tmp_path: Path) -> None:
    from functools import partial
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=os.fspath(tmp_path))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(StoreError, match="E433"):
            folder_at(f"http://127.0.0.1:{server.server_port}/results").begin("x")
        server.shutdown()
    assert list(tmp_path.iterdir()) == []
