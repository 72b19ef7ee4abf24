"""`run` and `eval --out` into a store: the same shards as on disk, going on after any kill, nothing mixed."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from calling import call, net
from image_shards import contents, folder
from object_store import BUCKET, register_others, s3
from waiting import until

from cnnspec.bulk.manifest import Manifest
from cnnspec.bulk.results import Results
from cnnspec.bulk.task import Shard
from cnnspec.diagnostics import FileError

pytestmark = pytest.mark.peers
KINDS = ("moving://r.parquet", f"s3://{BUCKET}/r.parquet")


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with s3():
        yield


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    register_others()
    monkeypatch.chdir(tmp_path)
    folder(Path("in"), 10)
    return net(tmp_path)


def at(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    store, path = url_to_fs(url)
    return store, path


def stored(url: str) -> dict[str, bytes]:
    """The bytes of every shard in a store by its name."""
    store, path = at(url)
    store.invalidate_cache()
    return {Path(name).name: store.cat_file(name) for name in store.ls(path, detail=False) if "part-" in name}


@pytest.mark.parametrize("url", KINDS)
def test_shards_are_those_of_a_folder_and_a_run_goes_on(spec: Path, url: str) -> None:
    Path("in/cat/bad.png").write_bytes(b"no image")
    command = ("run", spec, "in", "--shard", "2", "--out")
    alone = call(*command, "r.parquet")
    called = call(*command, url)
    assert (called.code, called.out) == (4, alone.out.replace("r.parquet", url))
    assert stored(url) == contents(Path("r.parquet"))
    store, path = at(url)
    store.rm_file(f"{path}/part-000001.parquet")
    store.pipe_file(f"{path}/part-000002.parquet", stored(url)["part-000003.parquet"][:50])
    store.pipe_file(f"{path}/.cnnspec-0123456789ab.tmp", b"half")
    called = call(*command, url)
    assert (called.code, called.out) == (4, alone.out.replace("r.parquet", url))
    assert "2 shards of an earlier run not whole, made anew" in called.err
    assert "made by an earlier run: 4 of 6 shards" in called.err
    assert stored(url) == contents(Path("r.parquet"))
    assert not [name for name in store.ls(path, detail=False) if name.endswith(".tmp")]


@pytest.mark.parametrize("url", KINDS)
def test_results_of_others_are_not_mixed_with(spec: Path, url: str) -> None:
    url = url.replace("r.parquet", "others.parquet")
    command = ("run", spec, "in", "--out", url)
    assert call(*command).code == 0
    before = stored(url)
    called = call(*command, "--top", "2")
    assert called.code == 3
    assert "error[E434]" in called.err
    assert "--top 5, not 2" in called.err
    assert stored(url) == before
    assert call(*command, "--top", "2", "--restart", "--shard", "5").code == 0
    assert len(stored(url)) == 2
    assert call(*command, "--top", "2", "--restart").code == 0
    assert len(stored(url)) == 1
    store, path = at(url)
    store.rm_file(f"{path}/_manifest.json")
    for more in ((), ("--restart",)):
        called = call(*command, *more)
        assert called.code == 3
        assert "error[E434]" in called.err
    assert len(stored(url)) == 1


def test_a_run_that_takes_the_place_of_another_is_noticed() -> None:
    """A store has no locks."""
    register_others()
    ours = Manifest("1", "net", "n", "w", {}, ("in",), "l", 1, 2)
    theirs = Manifest("1", "net", "n", "other", {}, ("in",), "l", 1, 2)
    first, second = Results("moving://r.parquet"), Results("moving://r.parquet")
    first.begin(ours, False)
    first.write(Shard(0, b"0", 1, 0, 0))
    second.begin(theirs, True)
    second.write(Shard(1, b"1", 1, 0, 0))
    with pytest.raises(FileError, match="E434") as caught:
        first.write(Shard(1, b"x", 1, 0, 0))
    assert "they are of other weights" in str(caught.value)
    assert stored("moving://r.parquet") == {"part-000001.parquet": b"1"}


def test_what_may_not_be_written_is_said_before_any_work(spec: Path) -> None:
    said = {
        "readonly://r.parquet": ("E433", "the store does not let us in"),
        "s3://nobody-made-it/r.parquet": ("E433", "there is no such place in the store"),
        "memory://r.parquet": ("E415", "what is in it is lost when the process ends"),
        "simplecache::memory://r.parquet": ("E415", "a store within another file is read only"),
    }
    for url, words in said.items():
        called = call("run", spec, "in", "--out", url)
        assert (called.code, called.out) == (3, "")
        assert all(word in " ".join(called.err.split()) for word in words), called.err
    assert not at("memory://")[0].find("/")
    call("run", spec, "in", "--out", "moving://in/r.parquet")
    called = call("run", spec, "moving://in", "--out", "moving://in/r.parquet")
    assert called.code == 3
    assert "the results would lie among the inputs" in called.err
    assert call("run", spec, "in", "--out", f"file://{Path.cwd()}/r.parquet").code == 0
    assert contents(Path("r.parquet"))


def test_killed_at_any_moment_it_goes_on(spec: Path) -> None:
    url = f"s3://{BUCKET}/killed.parquet"
    words = ("run", str(spec), str(folder(Path("many"), 100)), "--shard", "5", "--out")
    alone = call(*words, "r.parquet")
    for count in (0, 4):
        running = subprocess.Popen([sys.executable, "-m", "cnnspec", *words, url], stderr=subprocess.DEVNULL)
        until(lambda count=count, running=running: count < made(url) or running.poll() is not None)  # type: ignore[misc]
        running.kill()
        running.communicate()
    assert call(*words, url).out == alone.out.replace("r.parquet", url)
    assert stored(url) == contents(Path("r.parquet"))


def made(url: str) -> int:
    try:
        store, path = at(url)
        store.invalidate_cache()
        return len([name for name in store.ls(path, detail=False) if "part-" in name])
    except FileNotFoundError:
        return 0


def test_eval_keeps_its_rows_there_and_a_command_lists_all_errors(spec: Path) -> None:
    url = f"s3://{BUCKET}/judged.parquet"
    for number in range(5):
        Path(f"in/cat/bad {number}.png").write_bytes(b"no image")
    words = ("eval", spec, "--data", "in", "--format", "json", "--out")
    alone, called = call(*words, "r.parquet"), call(*words, url)
    assert (called.code, called.out) == (4, alone.out)
    assert stored(url) == contents(Path("r.parquet"))
    line = called.err.splitlines()[-1]
    command = [sys.executable, *shlex.split(line)[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert [f"bad {number}.png" in row for number, row in enumerate(done.stdout.splitlines())] == [True] * 5


@pytest.mark.parametrize("start", ["file://", "local://"])
def test_results_do_not_lie_among_inputs_of_this_machine(spec: Path, start: str) -> None:
    here = Path("in").resolve()
    refused = call("run", spec, here, "--out", f"{start}{here}/r.parquet")
    assert (refused.code, "the results would lie among the inputs" in refused.err) == (3, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["s3://b/x.png"], "'s3://b/x.png' lies in a store: these are read with --out RESULTS.parquet."),
        (
            ["in", "--out", "s3://b/r.npz"],
            "'s3://b/r.npz' lies in a store: of results, RESULTS.parquet may, in shards.",
        ),
    ],
)
def test_without_shards_all_is_of_this_machine(spec: Path, words: list[str], said: str) -> None:
    refused = call("run", spec, *words)
    assert (refused.code, said in refused.err) == (2, True)
