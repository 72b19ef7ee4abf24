"""What comes through a pipe is read as a file is, by every command; what has an impossible name is passed over."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
from calling import call, image, inputs, net
from named_pipes import pipe
from processes import PATIENCE, start

from cnnspec import load
from cnnspec.files import pipes
from cnnspec.files.pipes import kept
from cnnspec.files.reading import opened
from cnnspec.weights import read


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    net(tmp_path)
    return tmp_path


def npy(n: int) -> bytes:
    stream = io.BytesIO()
    np.save(stream, inputs(n))
    return stream.getvalue()


@pytest.mark.parametrize("command", [["validate"], ["summary"], ["schema"], ["init", "-o", "w.npz"]])
def test_specs(command: list[str]) -> None:
    said = call(*command, "net.yaml")
    with pipe(Path("pipe"), Path("net.yaml").read_bytes()):
        through = call(*command, "pipe")
    assert (through.code, through.err) == (0, "")
    assert through.out.replace("pipe", "net") == said.out.replace("net.yaml", "net")


def test_inputs_and_weights() -> None:
    """Each more than once: of a file the header is looked at first, and of one without a suffix the beginning."""
    said = call("run", "net.yaml", image(Path("a.png")), "--format", "json").out
    weights = Path("net.safetensors").read_bytes()
    with pipe(Path("p.png"), Path("a.png").read_bytes()), pipe(Path("w.safetensors"), weights):
        through = call("run", "net.yaml", "p.png", "--weights", "w.safetensors", "--format", "json")
    assert (through.code, through.out) == (0, said.replace("a.png", "p.png"))
    np.save("x.npy", inputs(3))
    said = call("run", "net.yaml", "x.npy", "--format", "json").out
    with pipe(Path("p"), npy(3)):
        through = call("run", "net.yaml", "p", "--format", "json")
    assert (through.code, through.out) == (0, said.replace("x.npy", "p"))


def test_data() -> None:
    """Which are looked at, and read again in each epoch."""
    rows = b"".join(b"%d,%s\n" % (i % 3, b",".join([b"7"] * 24)) for i in range(30))
    with pipe(Path("p.csv"), rows):
        called = call("train", "net.yaml", "--data", "p.csv", "-o", "w.npz", "--set", "train.epochs=2")
    assert (called.code, called.err) == (0, "")


def test_standard_input_by_its_name() -> None:
    process = start("validate", "/dev/stdin", stdin=subprocess.PIPE)
    out, _ = process.communicate(Path("net.yaml").read_bytes(), timeout=PATIENCE)
    assert (process.returncode, out.decode()[:16]) == (0, "ok /dev/stdin: o")


def test_a_stream_has_no_name_for_its_weights() -> None:
    with pipe(Path("pipe"), Path("net.yaml").read_bytes()), Path("pipe").open("rb") as stream:
        called = call("train", f"/dev/fd/{stream.fileno()}")
    assert (called.code, "a spec from standard input has no name" in called.err) == (2, True)


def test_a_stream_is_not_mended() -> None:
    with pipe(Path("pipe"), b"input: {C: 1, H: 4, W: 4}\nlayers: [Relu]\n"):
        called = call("validate", "--fix", "pipe")
    assert (called.code, "of standard input, `-`, it prints the new text" in called.err) == (2, True)


def test_a_library_reads_a_pipe_once() -> None:
    with pipe(Path("p.yaml"), Path("net.yaml").read_bytes()):
        assert load("p.yaml").graph.totals.params == load("net.yaml").graph.totals.params
    with pipe(Path("w.safetensors"), Path("net.safetensors").read_bytes()):
        assert read("w.safetensors").keys() == read("net.safetensors").keys()


def test_what_was_kept_is_given_again_from_the_beginning() -> None:
    with kept(), pipe(Path("p"), b"abc"):
        with opened("p") as stream:
            assert stream.read(2) == b"ab"
        with opened("p") as stream:
            assert stream.read() == b"abc"


def test_of_an_endless_pipe_no_more_is_taken_than_is_wanted() -> None:
    with pipe(Path("p"), bytes(10_000_000)), opened("p", 5) as stream:
        assert stream.read() == bytes(5)


def test_what_comes_is_taken_only_as_far_as_its_kind_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    """An endless pipe ends at the bound of an image; what is no weights is known by its beginning."""
    monkeypatch.setattr(pipes, "MOST", 0)
    said = call("run", "net.yaml", image(Path("a.png")), "--format", "json").out
    with pipe(Path("p"), Path("a.png").read_bytes()):
        assert call("run", "net.yaml", "p", "--format", "json").out == said.replace("a.png", "p")
    for words in (
        ["run", "net.yaml", "a.png", "--weights"],
        ["convert", "-o", "w.npz"],
        ["train", "net.yaml", "-o", "t.npz", "--data"],
    ):
        name = f"p-{words[0]}"
        with pipe(Path(name), b"<html>" + b" " * 10_000_000):
            assert "web page" in call(*words, name).err


def test_more_is_taken_when_more_is_wanted() -> None:
    with kept(), pipe(Path("p"), b"abcdef"):
        with opened("p", 2) as stream:
            assert stream.read() == b"ab"
        with opened("p", 4) as stream:
            assert stream.read() == b"abcd"
        with opened("p") as stream:
            assert stream.read() == b"abcdef"


def test_a_spec_names_no_pipe() -> None:
    """What a stranger's spec names would be waited for."""
    Path("net.yaml").write_text(Path("net.yaml").read_text().replace("net.safetensors", "pipe.safetensors"))
    os.mkfifo("pipe.safetensors")
    called = call("validate", "net.yaml")
    assert (called.code, "error[E416]" in called.out, "it is a pipe or a device" in called.out) == (3, True, True)


@pytest.mark.parametrize("name", ["n" * 300 + ".png", "n" * 300, "n/" * 3000 + "a.npy", "loop/a.png", "a.png/b.png"])
def test_impossible_names_are_passed_over(name: str) -> None:
    Path("loop").symlink_to("loop")
    image(Path("a.png"))
    called = call("run", "net.yaml", name, "a.png", "--top", "1")
    assert called.code == 4
    assert called.out.splitlines()[-1].startswith("a.png")
    assert "error[E4" in called.err
    assert "E415" not in called.err
    assert call("validate", name).code == 3
    assert call("eval", "net.yaml", "--data", name).code == 3


def test_an_array_that_is_cut_short_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows that were there have their results, the others are reported, and the batch goes on."""
    np.save("x.npy", inputs(40))
    image(Path("a.png"))
    from cnnspec.spec.running import Runner

    run = Runner.run

    def cut(self: Runner, batch: object) -> object:
        os.truncate("x.npy", 1000)
        return run(self, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(Runner, "run", cut)
    called = call("run", "net.yaml", "x.npy", "a.png", "--top", "1", "--batch", "4", "--out", "y.npz")
    assert called.code == 4
    assert "error[E403]: `x.npy` cannot be read" in called.err
    assert "it has become shorter while it was read" in called.err
    assert called.out.splitlines()[-1].startswith("a.png")
    assert "a.png" in np.load("y.npz")["input"]
