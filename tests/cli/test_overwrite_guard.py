"""What a command reads is not overwritten by what it writes, by whatever name: every command, every option."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pytest
from calling import call
from quadrants import SPEC

from cnnspec.cli import COMMANDS, group
from cnnspec.cli.options import GivenPath, OutputFolder, OutputPath
from cnnspec.files.overwrite_guard import WouldOverwrite, exempt, guarded, note_read, note_written
from cnnspec.files.reading import opened
from cnnspec.files.writing import whole
from cnnspec.spec import bundled

THREADS = ("--threads", "1")
EPOCH = '{"event": "epoch", "epoch": 1, "step": 1, "training": {"loss": 1}, "validation": null, "is_best": false}'
CLASSES = "classes: [top left, top right, bottom left, bottom right]"


@pytest.fixture
def named(net: Path) -> Path:
    """Its spec names a file of each kind."""
    text = SPEC.replace(CLASSES, "classes: classes.txt\nsample: one.npy\nweights: own.safetensors")
    net.write_text(text.replace("data: x.npz", "data: again.npz"))
    Path("classes.txt").write_text("top left\ntop right\nbottom left\nbottom right\n")
    np.save("one.npy", np.zeros((1, 6, 6), np.float32))
    np.save("two.npy", np.ones((1, 6, 6), np.float32))
    call("init", "net.yaml", "-o", "own.safetensors")
    call("init", "net.yaml", "-o", "w.npz")
    Path("d.cfg").write_text("[net]\nheight=4\nwidth=4\n[avgpool]\n")
    Path("d.weights").write_bytes(bytes(16))
    Path("again.npz").symlink_to("x.npz")
    Path("v.npz").write_bytes(Path("x.npz").read_bytes())
    Path("run.jsonl").write_text(EPOCH)
    Path("eval.json").write_text('{"examples": 1, "classes": []}')
    return net


class Recipe(NamedTuple):
    """A call of a command with all that it can read, and what its outputs' names end in."""

    words: tuple[str, ...]
    read: tuple[str, ...]
    suffixes: dict[str, str]


NAMED = ("net.yaml", "classes.txt", "one.npy", "x.npz")
RECIPES = {
    "run": Recipe(("net.yaml", "two.npy", "--weights", "w.npz"), (*NAMED, "two.npy", "w.npz"), {"--out": ".npz"}),
    "train": Recipe(
        ("net.yaml", "--data", "x.npz", "--validation", "v.npz", "--weights", "w.npz", *THREADS),
        (*NAMED, "v.npz", "w.npz"),
        {"--output": ".npz", "--log": ".jsonl", "--plot": ".svg", "--checkpoint": ".safetensors"},
    ),
    "eval": Recipe(("net.yaml", "--data", "x.npz", "--weights", "w.npz"), (*NAMED, "w.npz"), {"--plot": ".svg"}),
    "init": Recipe(("net.yaml",), NAMED, {"--output": ".npz"}),
    "convert": Recipe(("w.npz", "--for", "net.yaml"), (*NAMED, "w.npz"), {"--output": ".npz"}),
    "export": Recipe(("net.yaml", "--weights", "w.npz"), (*NAMED, "w.npz"), {"--output": ".onnx"}),
    "import": Recipe(("d.cfg", "--weights", "d.weights"), ("d.cfg", "d.weights"), {"--output": ".yaml"}),
    "inspect": Recipe(
        ("net.yaml", "two.npy", "--weights", "w.npz"), ("net.yaml", "two.npy", "w.npz"), {"--cam": ".png"}
    ),
    "report": Recipe(
        ("net.yaml", "two.npy", "--weights", "w.npz", "--log", "run.jsonl", "--eval", "eval.json"),
        (*NAMED[:-1], "two.npy", "w.npz", "run.jsonl", "eval.json"),
        {"--output": ".html"},
    ),
    "draw": Recipe(("net.yaml",), ("net.yaml",), {"--output": ".svg"}),
    "schema": Recipe(("net.yaml",), ("net.yaml",), {"--output": ".json"}),
    "specs": Recipe(("digits",), (), {"--output": ".yaml"}),
}
WITH_ONNX = ("export",)
"""Commands that need the package onnx."""
ALLOWED = {("train", "--output", "w.npz"): 0, ("train", "--checkpoint", "w.npz"): 1}
"""Weights are learned on in their place where `-o` names them; no checkpoint replaces another file (E503)."""
READ = {"data", "validation", "weights", "source", "numbers", "inputs", "given", "wanted", "spec", "log", "judged"}
"""The options and arguments that name files to read."""


def paths_of(command: str) -> Iterator[click.Parameter]:
    found = group.get_command(click.Context(group), command)
    assert found is not None
    params = found.get_params(click.Context(found))
    yield from (p for p in params if isinstance(p.type, GivenPath) and not isinstance(p.type, OutputFolder))


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_recipe_with_all_that_it_reads(command: str) -> None:
    params = list(paths_of(command))
    outputs = {max(param.opts, key=len) for param in params if isinstance(param.type, OutputPath)}
    assert {param.name for param in params if not isinstance(param.type, OutputPath)} <= READ
    assert outputs == RECIPES.get(command, Recipe((), (), {})).suffixes.keys()
    for param in params:
        if isinstance(param, click.Option) and not isinstance(param.type, OutputPath):
            assert command not in RECIPES or param.opts[-1] in RECIPES[command].words


@pytest.mark.parametrize("link", [os.link, os.symlink])
@pytest.mark.parametrize(
    ("command", "option", "read"),
    [
        pytest.param(name, option, read, marks=pytest.mark.peers if name in WITH_ONNX else ())
        for name, recipe in RECIPES.items()
        for option in recipe.suffixes
        for read in recipe.read
    ],
)
def test_what_is_read_is_not_overwritten(named: Path, command: str, option: str, read: str, link: object) -> None:
    assert callable(link)
    recipe = RECIPES[command]
    output = f"link{recipe.suffixes[option]}"
    link(read, output)
    before = {path: path.read_bytes() for path in named.parent.iterdir()}
    called = call(command, *recipe.words, option, f"./{output}")
    expected = ALLOWED.get((command, option, read), 2)
    assert (called.code, called.out) == (expected, "") or expected == 0 == called.code, called.err
    if expected == 2:
        assert f"{option} would overwrite `" in called.err
        assert "which is read; name another file." in called.err
    if expected:
        assert {path: path.read_bytes() for path in named.parent.iterdir()} == before


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=pytest.mark.peers if name in WITH_ONNX else ()) for name in RECIPES]
)
def test_every_recipe_works(named: Path, command: str) -> None:
    """With outputs of their own, so that the others fail for the reason that is given."""
    recipe = RECIPES[command]
    outputs = [word for option, suffix in recipe.suffixes.items() for word in (option, f"{command}{option}{suffix}")]
    assert call(command, *recipe.words, *outputs).code == 0


def test_a_spec_from_standard_input_is_a_file_too(named: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = named.read_text()
    with named.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        called = call("schema", "-", "-o", "net.yaml")
    assert (called.code, "--output would overwrite `<stdin>`" in called.err) == (2, True)
    assert named.read_text() == text


def test_the_weights_of_the_spec_are_kept_from_log_and_plot(named: Path) -> None:
    before = Path("own.safetensors").read_bytes()
    Path("own.svg").symlink_to("own.safetensors")
    for option, path in (("--log", "own.safetensors"), ("--plot", "own.svg")):
        called = call("train", "net.yaml", *THREADS, option, path)
        assert (called.code, f"{option} would overwrite `own.safetensors`" in called.err) == (2, True)
    assert Path("own.safetensors").read_bytes() == before


def test_files_in_folders_of_data_are_not_overwritten(net: Path, tmp_path: Path) -> None:
    for folder in ("cats", "dogs"):
        (tmp_path / "images" / folder).mkdir(parents=True)
    digits = bundled.data()["digits"]
    called = call("train", "net.yaml", "--data", "images", "--log", "images/cats/1.png")
    assert (called.code, "--log lies among the data in `images/cats`" in called.err) == (2, True)
    called = call("train", "digits", "--data", digits, "--log", next(digits.glob("*labels*")))
    assert (called.code, "--log lies among the data in" in called.err) == (2, True)


def test_weights_may_be_trained_on_in_their_place(named: Path) -> None:
    """Where they are named as the output: nothing is replaced that nobody has named."""
    before = Path("own.safetensors").read_bytes()
    named.rename("own.yaml")
    called = call("train", "own.yaml", *THREADS)
    assert (called.code, "the default output would overwrite the weights of the spec" in called.err) == (2, True)
    assert "`own.safetensors`; name the file with -o" in called.err
    assert Path("own.safetensors").read_bytes() == before
    assert call("train", "own.yaml", *THREADS, "-o", "own.safetensors").code == 0
    assert Path("own.safetensors").read_bytes() != before
    assert call("train", "own.yaml", *THREADS, "--weights", "w.npz", "-o", "w.npz").code == 0


def test_weights_of_an_earlier_run_are_replaced_when_that_is_asked(net: Path) -> None:
    """Each cure that is offered does what it says."""
    assert call("train", "net.yaml", *THREADS).code == 0
    first = Path("net.safetensors").read_bytes()
    other = ("--set", "train.seed=1")
    called = call("train", "net.yaml", *THREADS, *other)
    assert (called.code, called.out) == (1, "")
    assert "error[E503]: there are weights already where the result goes\n --> net.safetensors\n" in called.err
    assert "help: `-o FILE` puts them elsewhere, `--restart` replaces those that are there" in called.err
    assert Path("net.safetensors").read_bytes() == first
    assert call("train", "net.yaml", *THREADS, *other, "-o", "second.safetensors").code == 0
    assert Path("net.safetensors").read_bytes() == first
    assert call("train", "net.yaml", *THREADS, "--resume").code == 0  # it is finished
    assert Path("net.safetensors").read_bytes() == first
    assert call("train", "net.yaml", *THREADS, *other, "--restart").code == 0
    assert Path("net.safetensors").read_bytes() == Path("second.safetensors").read_bytes()
    assert call("train", "net.yaml", *THREADS, "-o", "net.safetensors").code == 0
    assert Path("net.safetensors").read_bytes() == first


def test_restart_replaces_no_weights(named: Path) -> None:
    """Those to start from may be in a checkpoint, but not be overwritten by one."""
    before = Path("own.safetensors").read_bytes()
    words = ("--restart", "--checkpoint", "own.safetensors", "--weights", "own.safetensors", "-o", "q.npz")
    called = call("train", "net.yaml", *words)
    assert (called.code, "error[E503]: another file is where the checkpoint goes" in called.err) == (1, True)
    assert Path("own.safetensors").read_bytes() == before


def test_a_picture_is_svg(net: Path) -> None:
    for command in ("train", "eval"):
        weights = ["--weights", "w.npz"] if command == "eval" else []
        call("init", "net.yaml", "-o", "w.npz")
        called = call(command, "net.yaml", *weights, "--plot", "curves.png")
        assert (called.code, "error[E405]" in called.err, "end it in .svg" in called.err) == (3, True, True)
        assert not Path("curves.png").exists()


def test_patterns_to_freeze_are_shown_as_they_were_given(net: Path) -> None:
    assert " --> --freeze *\n" in call("train", "net.yaml", "--set", "train.rate=1", "--freeze", "*").err
    assert " --> --freeze cnv --freeze fc\n" in call("train", "net.yaml", "--freeze", "cnv", "--freeze", "fc").err


def test_a_library_may_read_and_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with opened(path) as file, whole(path) as stream:
        stream.write(file.read() + b"er")
    assert path.read_bytes() == b"older"


def test_what_is_to_be_written_is_not_read(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(b"x")
    with guarded():
        note_written(tmp_path / "a")
        with opened(tmp_path / "b"):
            pass
        with pytest.raises(WouldOverwrite):
            opened(tmp_path / "a")
    with opened(tmp_path / "a"):
        pass


def test_a_number_that_is_given_anew_is_another_file(tmp_path: Path) -> None:
    """The system gives a new file the number of one that is gone; only those that are still there are kept."""
    (tmp_path / "a").write_bytes(b"x")
    with guarded():
        note_read(tmp_path / "a")
        (tmp_path / "a").rename(tmp_path / "b")
        note_written(tmp_path / "b")


def test_a_file_under_a_number_of_one_that_is_gone_is_kept_all_the_same(tmp_path: Path) -> None:
    """A name that was read and has gone since does not stand for what bears its number now."""
    (tmp_path / "a").write_bytes(b"x")
    os.link(tmp_path / "a", tmp_path / "b")
    with guarded():
        note_read(tmp_path / "a")
        (tmp_path / "a").unlink()
        note_read(tmp_path / "b")
        with pytest.raises(WouldOverwrite):
            note_written(tmp_path / "b")


def test_what_is_exempt_was_not_read_for_something_else(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    with guarded():
        exempt(tmp_path / "a")
        note_read(tmp_path / "a")
        note_written(tmp_path / "a")
    with guarded():
        note_read(tmp_path / "a")
        with pytest.raises(WouldOverwrite):
            exempt(tmp_path / "a")
