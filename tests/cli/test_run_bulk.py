"""`cnnspec run --out RESULTS.parquet`: rows in shards, what is there already, what is said before any work."""

from __future__ import annotations

import gzip
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from calling import call, net
from image_shards import contents, folder, png, rows, samples, shards, tar

from cnnspec.files.lock import locked

pytestmark = pytest.mark.peers


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return net(tmp_path)


def test_rows_say_what_run_prints(spec: Path) -> None:
    """The same classes, scores and errors as the lines of JSON, of the same files."""
    folder(Path("in"), 7)
    Path("in/cat/bad.png").write_bytes(b"no image")
    called = call("run", spec, "in", "--out", "r.parquet", "--shard", "3")
    assert (called.code, called.out) == (4, "r.parquet: 8 rows in 3 shards, 1 error among them\n")
    assert called.err.startswith("note: in/cat/bad.png: this is not an image that can be read (E410)")
    printed = call("run", spec, *sorted(Path("in").rglob("*.png")), "--format", "json").objects
    for row, line in zip(rows(Path("r.parquet")), printed, strict=True):
        assert row["input"] == line["input"]
        if "error" in line:
            assert {name: line["error"][name] for name in ("code", "message", "why", "help")} == row["error"]
            assert row["top"] is row["class"] is None
        else:
            assert row["top"] == line["top"]
            assert row["error"] is None
            best = {name: row[name] for name in ("index", "class", "score")}
            assert best == line["top"][0]


def test_an_output_that_is_no_class_is_its_values(spec: Path) -> None:
    folder(Path("in"), 2)
    call("run", spec, "in", "--out", "r.parquet", "--until", "relu")
    call("run", spec, *sorted(Path("in").rglob("*.png")), "--out", "r.npz", "--until", "relu")
    expected = np.load("r.npz")["relu"].reshape(2, -1)
    found = [row["relu"]["values"] for row in rows(Path("r.parquet"))]
    assert np.array_equal(np.array(found, np.float32), expected)


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="names are texts there")
def test_names_that_are_no_utf8_are_spelled_out(spec: Path) -> None:
    Path("in").mkdir()
    for name, data in ((b"in/caf\xe9.png", png(1)), (b"in/\xff\xc3\xa9.png", b"no image")):
        Path(os.fsdecode(name)).write_bytes(data)
    tar(Path("in/a.tar"), [(os.fsdecode(b"\xe9.png"), png(1))])
    called = call("run", spec, "in", os.fsdecode(b"in/caf\xe9.png"), "--out", "r.parquet")
    assert (called.code, called.err.count("note: ")) == (4, 1)
    names = [r"in/a.tar/\xe9.png", r"in/caf\xe9.png", r"in/\xffé.png", r"in/caf\xe9.png"]
    assert [row["input"] for row in rows(Path("r.parquet"))] == names
    assert json.loads(Path("r.parquet/_manifest.json").read_text())["inputs"] == ["in", r"in/caf\xe9.png"]


def test_containers_and_single_files_together(spec: Path) -> None:
    folder(Path("in"), 2)
    tar(Path("a-0.tar"), samples([1, 2]))
    tar(Path("a-1.tar"), samples([3]))
    np.save("x.npy", np.zeros((2, 1, 4, 6), np.float32))
    Path("list.txt").write_text("in\n\n  a-{0..1}.tar\n")
    called = call("run", spec, "x.npy", "--inputs-from", "list.txt", "--out", "r.parquet")
    assert (called.code, called.out) == (0, "r.parquet: 7 rows in 4 shards\n")
    assert [row["input"] for row in rows(Path("r.parquet"))] == [
        "x.npy[0]",
        "x.npy[1]",
        "in/cat/00000.png",
        "in/dog/00001.png",
        "a-0.tar/s00001.png",
        "a-0.tar/s00002.png",
        "a-1.tar/s00003.png",
    ]


def test_a_run_goes_on_where_it_was(spec: Path) -> None:
    folder(Path("in"), 10)
    command = ("run", spec, "in", "--shard", "2", "--out")
    assert call(*command, "whole.parquet").code == 0
    call(*command, "r.parquet")
    out = Path("r.parquet")
    kept = out / "part-000000.parquet"
    before = kept.stat().st_ino
    (out / "part-000001.parquet").unlink()
    os.truncate(out / "part-000002.parquet", 100)
    (out / "part-000003.parquet").write_bytes(b"")
    (out / ".cnnspec-01234567-0123456789ab.tmp").write_bytes(b"half")
    called = call(*command, "r.parquet")
    assert (called.code, called.out) == (0, "r.parquet: 10 rows in 5 shards\n")
    assert "3 shards of an earlier run not whole, made anew" in called.err
    assert "made by an earlier run: 2 of 5 shards" in called.err
    assert contents(out) == contents(Path("whole.parquet"))
    assert kept.stat().st_ino == before
    assert {path.name for path in out.iterdir()} == {"_manifest.json", *contents(out)}
    assert "nothing is left to do" in call(*command, "r.parquet").err


def test_results_of_another_run_are_not_mixed_with(spec: Path) -> None:
    folder(Path("in"), 3)
    command = ("run", spec, "in", "--out", "r.parquet")
    call(*command)
    before = contents(Path("r.parquet"))
    call("init", spec, "--seed", "1", "-o", "other.safetensors")
    text = spec.read_text()
    Path("deeper.yaml").write_text(text.replace("  - {relu: {}, name: relu}\n", ""))
    Path("brighter.yaml").write_text(text.replace("1/255", "1/128"))
    Path("renamed.yaml").write_text(
        text.replace("[cat, dog, bird]", "[cat, dog, a bird of the air that flies far away]")
    )
    others = {
        "others in `classes`": ("run", "renamed.yaml", *command[2:]),
        "other weights": (*command, "--weights", "other.safetensors"),
        "the network net, not deeper": ("run", "deeper.yaml", *command[2:]),
        "preprocess": ("run", "brighter.yaml", *command[2:]),
        "--top 5, not 2": (*command, "--top", "2"),
        "--shard 1000, not 2": (*command, "--shard", "2"),
        "3 files, not 2": ("run", spec, "in/cat", "in/dog", "--out", "r.parquet"),
    }
    for said, other in others.items():
        called = call(*other)
        assert (called.code, called.out) == (3, ""), said
        assert "error[E434]" in called.err
        assert said in called.err
        assert "other inputs" not in called.err or "files" in said
        assert contents(Path("r.parquet")) == before
    assert call(*others["--top 5, not 2"], "--restart").code == 0
    assert len(rows(Path("r.parquet"))[0]["top"]) == 2


def test_an_array_is_shared_by_workers(spec: Path) -> None:
    """Each input with the values that it has in a run of all of them; a folder of before, of one shard, is refused."""
    np.save("x.npy", np.random.default_rng(0).normal(size=(7, 1, 4, 6)).astype(np.float32))
    alone = call("run", spec, "x.npy", "--out", "alone.parquet", "--shard", "3")
    assert (alone.code, alone.out) == (0, "alone.parquet: 7 rows in 3 shards\n")
    assert call("run", spec, "x.npy", "--out", "shared.parquet", "--shard", "3", "--workers", "2").code == 0
    assert contents(Path("shared.parquet")) == contents(Path("alone.parquet"))
    printed = call("run", spec, "x.npy", "--format", "json").objects
    found = rows(Path("alone.parquet"))
    assert [row["input"] for row in found] == [f"x.npy[{i}]" for i in range(7)]
    for row, line in zip(found, printed, strict=True):
        assert row["score"] == pytest.approx(line["top"][0]["score"], rel=1e-5)
    manifest = Path("alone.parquet/_manifest.json")
    manifest.write_text(manifest.read_text().replace('"shards": 3', '"shards": 1'))
    called = call("run", spec, "x.npy", "--out", "alone.parquet", "--shard", "3")
    assert called.code == 3
    assert "error[E434]" in called.err
    assert "inputs that were cut otherwise: 1 shard, not 3" in called.err


@pytest.mark.parametrize("words", [("run", "lenet5"), ("eval", "lenet5", "--data")])
def test_a_folder_that_was_removed_meanwhile_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    path = tar(tmp_path / "a.tar", samples(range(2)))
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    called = call(*words, path, "--out", tmp_path / "r.parquet")
    monkeypatch.chdir(tmp_path)
    assert called.code == 3
    assert "error[E404]: the folder that the command runs in is not there any more" in called.err


def test_the_first_errors_are_said_and_a_command_lists_all(spec: Path) -> None:
    folder(Path("in"), 3)
    for number in range(5):
        Path(f"in/cat/bad {number}.png").write_bytes(b"no image")
    command = ("run", spec, "in", "--shard", "2", "--out", 'it\'s "r".parquet')
    for _ in range(2):  # the second finds all of it done
        called = call(*command)
        assert called.code == 4
        assert called.err.count("(E410)") == 3
        line = called.err.splitlines()[-1]
        done = subprocess.run([sys.executable, *shlex.split(line)[1:]], capture_output=True, text=True, check=True)
        assert [f"bad {number}.png" in row for number, row in enumerate(done.stdout.splitlines())] == [True] * 5


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz"])
def test_an_archive_without_a_folder_of_results_is_told_of_it(spec: Path, name: str) -> None:
    data = tar(Path("a.tar"), samples([1])).read_bytes()
    Path(name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
    called = call("run", spec, name)
    assert called.code == 3
    assert "`--out RESULTS.parquet`" in " ".join(called.err.split()) + called.out
    assert call("run", spec, name, "--out", "RESULTS.parquet").code == 0
    called = call("run", spec, name, "--out", "r.csv")
    assert "RESULTS.parquet" in called.err


def test_to_begin_anew_needs_no_results(spec: Path) -> None:
    folder(Path("in"), 3)
    for _ in range(2):
        called = call("run", spec, "in", "--out", "r.parquet", "--restart")
        assert (called.code, called.out, called.err) == (0, "r.parquet: 3 rows in 1 shard\n", "")


@pytest.mark.parametrize("name", ["one.tar", "one.parquet"])
def test_workers_share_one_archive(spec: Path, name: str) -> None:
    """Each takes parts of it, and the shards are those of one process; the rows those of an archive in one piece."""
    if name.endswith("tar"):
        tar(Path(name), [*samples(range(11)), ("s00011.png", b"no image")])
    else:
        import pyarrow as pa
        from pyarrow.parquet import write_table

        images = [*map(png, range(11)), b"no image"]
        write_table(pa.table({"jpg": images, "label": [n % 3 for n in range(12)]}), name, row_group_size=2)
    called = call("run", spec, name, "--shard", "4", "--workers", "2", "--out", "shared.parquet")
    assert (called.code, called.out) == (4, "shared.parquet: 12 rows in 3 shards, 1 error among them\n")
    assert call("run", spec, name, "--shard", "4", "--out", "alone.parquet").code == 4
    assert contents(Path("shared.parquet")) == contents(Path("alone.parquet"))
    assert call("run", spec, name, "--out", "whole.parquet").out.startswith("whole.parquet: 12 rows in 1 shard,")
    assert [row["input"] for row in rows(Path("shared.parquet"))] == [
        row["input"] for row in rows(Path("whole.parquet"))
    ]
    judged = [call("eval", spec, "--data", name, "--format", "json", *more) for more in ((), ("--shard", "4"))]
    assert judged[0].objects[0]["examples"] == judged[1].objects[0]["examples"] == 11


def test_an_option_for_what_is_not_there_is_said(spec: Path) -> None:
    folder(Path("in"), 3)
    tar(Path("a.tar"), samples([1]))
    said = "--image-column is for tables and tar archives; there are none among the inputs."
    assert said in call("run", spec, "in", "--out", "r.parquet", "--image-column", "jpg").err
    called = call("eval", spec, "--data", "a.tar", "--label-column", "y")
    assert called.code == 2
    assert "--label-column is for Parquet tables; there are none among the inputs." in called.err
    assert call("run", spec, "a.tar", "--out", "r.parquet", "--image-column", "png").code == 0


def test_a_tar_that_is_cut_between_files_is_no_whole_one(spec: Path) -> None:
    whole = tar(Path("a.tar"), samples([1, 2, 3])).read_bytes()
    Path("a.tar").write_bytes(whole[:4096])
    called = call("run", spec, "a.tar", "--out", "r.parquet")
    assert (called.code, called.out) == (4, "r.parquet: 3 rows in 1 shard, 1 error among them\n")
    assert [row["error"] and row["error"]["code"] for row in rows(Path("r.parquet"))] == [None, None, "E403"]


def test_a_folder_of_others_is_left_alone(spec: Path) -> None:
    folder(Path("in"), 3)
    Path("r.parquet").mkdir()
    Path("r.parquet/part-000000.parquet").write_bytes(b"theirs")
    for more in ((), ("--restart",)):
        called = call("run", spec, "in", "--out", "r.parquet", *more)
        assert called.code == 3
        assert "error[E434]" in called.err
        assert Path("r.parquet/part-000000.parquet").read_bytes() == b"theirs"
    Path("f.parquet").write_bytes(b"theirs")
    called = call("run", spec, "in", "--out", "f.parquet")
    assert called.code == 3
    assert "error[E415]" in called.err


def test_a_manifest_that_cannot_be_read_is_no_manifest_of_this_run(spec: Path) -> None:
    folder(Path("in"), 3)
    command = ("run", spec, "in", "--out", "r.parquet")
    call(*command)
    for text in ("", "[]", "{}", json.dumps({**json.loads(Path("r.parquet/_manifest.json").read_bytes()), "more": 1})):
        Path("r.parquet/_manifest.json").write_text(text)
        called = call(*command)
        assert called.code == 3
        assert "error[E434]" in called.err
        assert "cannot be read: :" not in called.err
    assert call(*command, "--restart").code == 0


def test_one_run_at_a_time_works_in_a_folder(spec: Path) -> None:
    folder(Path("in"), 3)
    with locked("r.parquet"):
        called = call("run", spec, "in", "--out", "r.parquet")
    assert called.code == 3
    assert "is at work on it" in called.err
    assert not shards(Path("r.parquet"))


def test_what_is_wrong_is_said_before_any_work(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder(Path("in"), 3)
    wrong = {
        ("in", "gone.tar"): (3, "E404"),
        ("in", "nowhere://x/1.png"): (3, "E433"),
        ("in", "--save", "relu"): (2, "--save does not go with"),
        ("in", "--format", "json"): (2, "--format json does not go with"),
        ("in", "--images", "y"): (2, "--images does not go with"),
        (): (2, "name files, folders"),
        ("--inputs-from", "gone.txt"): (3, "E404"),
    }
    for words, (code, said) in wrong.items():
        called = call("run", spec, *words, "--out", "r.parquet")
        assert (called.code, called.out) == (code, "")
        assert said in called.err
        assert not shards(Path("r.parquet"))
    for option in (("--workers", "2"), ("--shard", "2"), ("--restart",), ("--dask", "x"), ("--image-column", "x")):
        called = call("run", spec, "in", *option)
        assert called.code == 2
        assert f"{option[0]} is for results in shards" in called.err
    packages = {
        "pyarrow": ("parquet", ("--out", "r.parquet")),
        "distributed": ("dask", ("--out", "r.parquet", "--dask", "x")),
        "fsspec": ("cloud", ("--out", "memory://r.parquet")),
    }
    for package, (extra, more) in packages.items():
        with monkeypatch.context() as patched:
            patched.setitem(sys.modules, package, None)
            called = call("run", spec, "in", *more)
        assert called.code == 3
        assert "error[E417]" in called.err
        assert f"needs the package `{package}`" in called.err
        assert f"help: `pip install 'cnnspec[{extra}]'`" in called.err


def test_an_empty_list_of_inputs_is_said(spec: Path) -> None:
    Path("list.txt").write_text("\n \n")
    called = call("run", spec, "--inputs-from", "list.txt", "--out", "r.parquet")
    assert called.code == 2
    assert "`list.txt`, the list of --inputs-from, is empty" in called.err


def test_inputs_come_through_a_pipe(spec: Path) -> None:
    folder(Path("in"), 3)
    command = [sys.executable, "-m", "cnnspec", "run", str(spec), "--inputs-from", "-", "--out", "r.parquet"]
    done = subprocess.run(command, input="in\n", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "r.parquet: 3 rows in 1 shard\n")


def test_not_finite_is_counted(spec: Path) -> None:
    np.save("x.npy", np.full((2, 1, 4, 6), np.nan, np.float32))
    called = call("run", spec, "x.npy", "--out", "r.parquet")
    assert called.out == "r.parquet: 2 rows in 1 shard, 2 with numbers that are not finite\n"


def test_a_terminal_sees_how_fast_it_goes(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    folder(Path("in"), 6)
    (Path("in/cat") / "bad.png").write_bytes(b"no image")
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    from cnnspec.cli import group

    words = ["run", str(spec), "in", "--shard", "2", "--out", "r.parquet"]
    assert group.main(words, prog_name="cnnspec", standalone_mode=False) == 4
    assert "7 rows, 1 error" in terminal.getvalue()


def test_images_in_a_store(spec: Path) -> None:
    import fsspec

    store = fsspec.filesystem("memory")
    store.pipe({f"/bulk/{number}.png": png(number) for number in range(3)})
    store.pipe("/bulk/bad.png", b"no image")
    called = call("run", spec, "memory://bulk", "--out", "r.parquet")
    assert called.out == "r.parquet: 4 rows in 1 shard, 1 error among them\n"
    assert {row["input"] for row in rows(Path("r.parquet"))} >= {"memory:///bulk/0.png", "memory:///bulk/bad.png"}


def test_errors_are_told_in_a_line_or_two(spec: Path) -> None:
    """Names in damaged archives have no end; the row has all of it."""
    name = "a" * 3000
    tar(Path("long.tar"), [(f"{name}.txt", b"text"), ("b.png", png(1))])
    called = call("run", spec, "long.tar", "--out", "r.parquet")
    assert called.code == 4
    assert max(map(len, called.err.splitlines())) < 600
    assert name in rows(Path("r.parquet"))[0]["input"]
