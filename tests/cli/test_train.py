"""`cnnspec train` as it is used: what it prints and writes, where it begins, what it refuses."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import xml.etree.ElementTree as ET
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from calling import call
from quadrants import SPEC, TENSORS, examples

from cnnspec import load
from cnnspec.cli import group
from cnnspec.train.checkpoint import load as load_checkpoint
from cnnspec.weights import initial, read, save

THREADS = ("--threads", "1")
INTO = ("-o", "net.safetensors")
"""Replaces what is there, which the default does not."""


def held_out_accuracy(out: str) -> float:
    found = re.findall(r"held out: .*accuracy ([\d.]+) %", out)
    return float(found[-1])


def test_it_trains(net: Path, golden: Callable[[str, str], None]) -> None:
    called = call("train", "net.yaml", *THREADS)
    assert (called.code, called.err) == (0, "")
    assert held_out_accuracy(called.out) > 70
    golden("train.txt", re.sub(r" *\d+\.\d+| +[\d,]+$", " #", called.out, flags=re.MULTILINE))
    assert sorted(path.name for path in net.parent.iterdir()) == ["net.safetensors", "net.yaml", "x.npz"]
    assert tuple(read("net.safetensors")) == TENSORS


def test_what_it_writes_can_be_run(net: Path) -> None:
    call("train", "net.yaml", *THREADS)
    np.save("one.npy", np.pad(np.ones((1, 1, 3, 3), np.float32), ((0, 0), (0, 0), (3, 0), (0, 3))))
    called = call("run", "net.yaml", "one.npy", "--weights", "net.safetensors", "--top", "1")
    assert "bottom left" in called.out


def test_equal_seeds_give_equal_bytes(net: Path) -> None:
    outputs = []
    for seed in (0, 0, 1):
        call("train", "net.yaml", *THREADS, *INTO, "--set", f"train.seed={seed}", "--set", "train.augment.shift=1")
        outputs.append(Path("net.safetensors").read_bytes())
    assert outputs[0] == outputs[1] != outputs[2]


def test_threads_share_a_batch(net: Path) -> None:
    """Their number changes last bits at most."""
    tensors = []
    for threads in (1, 2, 3):
        assert call("train", "net.yaml", *INTO, "--threads", f"{threads}").code == 0
        tensors.append({name: array.copy() for name, array in read("net.safetensors").items()})
    for name in TENSORS:
        for other in tensors[1:]:
            np.testing.assert_allclose(other[name], tensors[0][name], rtol=1e-3, atol=1e-4)


def test_data_of_ones_own(net: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    path = examples(tmp_path / "elsewhere", 40, seed=5)
    Path("x.npz").unlink()
    for given in (("--data", path), ("--set", "train.data=elsewhere/x.npz")):
        called = call("train", "net.yaml", *THREADS, *INTO, *given)
        assert "32 examples to learn from, 8 held out" in called.out


def test_output_log_and_plot(net: Path) -> None:
    called = call("train", "net.yaml", *THREADS, "-o", "w.npz", "--log", "log.jsonl", "--plot", "curves.svg")
    assert called.code == 0
    assert set(read("w.npz")) == set(TENSORS)
    records = [json.loads(line) for line in Path("log.jsonl").read_text().splitlines()]
    assert [record["event"] for record in records].count("step") == 3 * 8
    assert [record["event"] for record in records].count("epoch") == 3
    assert all(record["images_per_second"] > 0 for record in records if record["event"] == "step")
    words = [text.text for text in ET.parse("curves.svg").iter("{http://www.w3.org/2000/svg}text")]
    assert "quadrants" in words


def test_settings_of_the_command_line(net: Path) -> None:
    called = call("train", "net.yaml", *THREADS, "--set", "train.epochs=1", "--set", "train.optimizer=sgd")
    assert "sgd, batches of 16" in called.out
    assert "  1/1 " in called.out
    called = call("train", "net.yaml", "--set", "train.epoch=1")
    assert (called.code, "did you mean `epochs`?" in called.err) == (1, True)


def test_patience(net: Path) -> None:
    """At such a rate no output changes, and no epoch is better than the first."""
    options = "--set", "train.epochs=40", "--set", "train.rate=1e-20", "--set", "train.patience=3"
    called = call("train", "net.yaml", *THREADS, *options, "--log", "log.jsonl")
    epochs = [json.loads(line) for line in Path("log.jsonl").read_text().splitlines() if '"epoch", ' in line]
    assert [record["is_best"] for record in epochs] == [True, False, False, False]
    assert "weights of epoch 1, the best: 3 more were no better" in called.out
    found = json.loads(call("eval", "net.yaml", "--weights", "net.safetensors", "--format", "json").out)
    assert found["loss"] == pytest.approx(epochs[0]["validation"]["loss"], rel=1e-6)


def test_going_on_from_weights(net: Path) -> None:
    call("train", "net.yaml", *THREADS)
    first = call("train", "net.yaml", *THREADS, *INTO, "--weights", "net.safetensors", "--set", "train.epochs=1")
    again = call("train", "net.yaml", *THREADS, *INTO, "--set", "train.epochs=1")
    assert (first.code, first.err) == (0, "")
    assert held_out_accuracy(first.out) > held_out_accuracy(again.out)


def test_a_new_head_on_old_filters(net: Path) -> None:
    """Transfer: the head has another number of classes, the filters stay as they are."""
    call("train", "net.yaml", *THREADS)
    old = {name: array.copy() for name, array in read("net.safetensors").items()}
    text = SPEC.replace("name: quadrants", "name: new").replace("dense: {K: 4}, name: fc", "dense: {K: 5}, name: fc")
    Path("new.yaml").write_text(text.replace(", bottom right", ", bottom right, none"))
    called = call("train", "new.yaml", *THREADS, "--weights", "net.safetensors", "--freeze", "conv")
    assert called.code == 0
    said = "2 of 4 tensors have another shape or type in it and are drawn afresh: fc.weight, fc.bias"
    assert called.err == f"note: net.safetensors: {said}\nnote: no example of class none is learned from\n"
    new = read("new.safetensors")
    assert new["conv.weight"].tobytes() == old["conv.weight"].tobytes()
    assert new["fc.weight"].shape == (5, 36)


def test_tensors_that_the_file_lacks(net: Path) -> None:
    tensors = initial(load("net.yaml").graph.tensors, "he", 3)
    save({name: array for name, array in tensors.items() if name.startswith("conv")}, "conv.safetensors")
    called = call("train", "net.yaml", *THREADS, "--weights", "conv.safetensors")
    assert "2 of 4 tensors are not in it and are drawn afresh: fc.weight, fc.bias" in called.err
    save({"other": np.zeros(3, np.float32)}, "none.safetensors")
    called = call("train", "net.yaml", *THREADS, *INTO, "--weights", "none.safetensors")
    assert (called.code, "error[E402]" in called.err) == (3, True)


def test_weights_that_are_not_finite(net: Path) -> None:
    spoilt = initial(load("net.yaml").graph.tensors, "he", 0)
    spoilt["conv.bias"][1] = np.nan
    save(spoilt, "spoilt.safetensors")
    called = call("train", "net.yaml", "--weights", "spoilt.safetensors")
    assert (called.code, "error[E407]: weights for `conv` are not finite" in called.err) == (3, True)


def test_labels_of_every_place_and_labels_by_mean_squared_error(net: Path) -> None:
    """Accuracy is where there are labels, whatever the loss: each cell's with scores a cell, each image's else."""
    with np.load("x.npz") as held:
        x = held["x"]
    np.savez("cells.npz", x=x, y=(x[:, 0] > 0.5).astype(np.int64))
    Path("cells.yaml").write_text(
        "input: {C: 1, H: 6, W: 6}\ntrain: {data: cells.npz, epochs: 8, rate: 0.05, batch: 16, validation: 1/5}\n"
        "layers: [conv: {F: 1, K: 4}, relu, conv: {F: 1, K: 2}]\n"
    )
    assert held_out_accuracy(call("train", "cells.yaml", *THREADS).out) > 90
    record = json.loads(call("eval", "cells.yaml", "--weights", "cells.safetensors", "--format", "json").out)
    assert (record["examples"], np.sum(record["confusion"])) == (32, 32 * 36)
    called = call("train", "net.yaml", *THREADS, "--set", "train.loss=mse", "--set", "train.epochs=6")
    assert held_out_accuracy(called.out) > 60


def test_freezing(net: Path) -> None:
    start = initial(load("net.yaml").graph.tensors, "he", 0)
    call("train", "net.yaml", *THREADS, "--freeze", "conv*", "--freeze", "fc.bias")
    found = read("net.safetensors")
    moved = [name for name in TENSORS if found[name].tobytes() != start[name].tobytes()]
    assert moved == ["fc.weight"]


@pytest.mark.parametrize(("pattern", "message"), [("cnv", "`cnv` freezes nothing"), ("*", "nothing is left to learn")])
def test_freezing_nothing_or_all(net: Path, pattern: str, message: str) -> None:
    called = call("train", "net.yaml", "--freeze", pattern)
    assert (called.code, message in called.err) == (1, True)


def test_an_exploding_loss(net: Path) -> None:
    """Nothing is written, nothing that was there is lost."""
    Path("net.safetensors").write_bytes(b"what was there")
    spoilt = initial(load("net.yaml").graph.tensors, "he", 0)
    spoilt["fc.weight"] *= np.float32(1e36)
    save(spoilt, "spoilt.safetensors")
    called = call("train", "net.yaml", *THREADS, *INTO, "--weights", "spoilt.safetensors", "--every", "1")
    assert called.code == 1
    assert called.err.startswith("error[E501]: the loss is not finite\n")
    assert "step 1, epoch 1: loss" in called.err
    assert Path("net.safetensors").read_bytes() == b"what was there"
    assert not Path("net.checkpoint.safetensors").exists(), "there was no good step to keep"


def test_the_last_good_checkpoint_is_kept(net: Path) -> None:
    """One image is out of all bounds. The step before it may have been the bad one; the one before that was good."""
    with np.load("x.npz") as held:
        x, y = held["x"], held["y"]
    x[8] = 3e38
    np.savez("x.npz", x=x, y=y)
    called = call("train", "net.yaml", *THREADS, "--every", "1")
    assert called.code == 1
    [step] = re.findall(r"step (\d+), epoch 1: loss", called.err)
    assert int(step) > 2, "it is in the first batches: take another image"
    kept = "net.checkpoint.safetensors"
    said = (
        f"note: `{kept}` holds the run after step {int(step) - 2}; `--restart --weights {kept}`, with other settings,"
    )
    assert called.err.startswith(said)
    assert all(np.isfinite(array).all() for array in read(kept).values())


def test_weights_that_have_exploded_are_not_kept(net: Path) -> None:
    """The loss of the second step is that of the weights which the first one made."""
    called = call(
        "train", "net.yaml", *THREADS, "--every", "1", "--set", "train.optimizer=sgd", "--set", "train.rate=1e6"
    )
    assert (called.code, called.err[:12]) == (1, "error[E501]:")
    assert "step 2, epoch 1: loss" in called.err
    assert not Path("net.checkpoint.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "cure"),
    [
        (["warmup=1"], "`--set train.rate=1e+05`, or `--set train.clip=1`"),
        (["clip=1e6"], "`--set train.rate=1e+05`"),
    ],
)
def test_the_cure_starts_from_the_settings(net: Path, options: list[str], cure: str) -> None:
    """Not from the rate of the moment, which has only begun to rise."""
    given = [word for option in ["optimizer=sgd", "rate=1e6", *options] for word in ("--set", f"train.{option}")]
    called = call("train", "net.yaml", *THREADS, *given)
    assert f"help: a smaller rate, {cure}\n" in called.err


def test_what_is_done_is_kept_when_data_turn_out_to_be_damaged(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data too large for memory are read as they are learned from."""
    monkeypatch.setattr("cnnspec.train.datasets.storage.HELD", 1)
    with np.load("x.npz") as held:
        x, y = held["x"], held["y"]
    x[8, 0, 3, 3] = np.nan
    np.savez("x.npz", x=x, y=y)
    called = call("train", "net.yaml", *THREADS)
    assert (called.code, "error[E426]" in called.err) == (3, True)
    kept = "net.checkpoint.safetensors"
    step = load_checkpoint(kept)[1].progress.step
    assert called.err.startswith(
        f"note: `{kept}` holds the run after step {step}; --resume goes on from there; "
        f"data that were mended are other data, with which `--restart --weights {kept}` does\n"
    )
    x[8] = 0
    np.savez("x.npz", x=x, y=y)
    assert "the data are others" in call("train", "net.yaml", *THREADS, "--resume").err
    assert call("train", "net.yaml", *THREADS, "--restart", "--weights", kept).code == 0


def test_names_are_safe_to_show(net: Path) -> None:
    called = call("train", "net.yaml", *THREADS, "-o", "w\x1b[2J.safetensors")
    assert called.code == 0
    assert "w\\x1b[2J.safetensors: weights of epoch 3" in called.out
    assert "\x1b" not in called.out


def test_the_options_patterns_stand_alone(net: Path) -> None:
    """They take the place of those in the spec; the help says so."""
    net.write_text(SPEC.replace("rate: 0.01", "rate: 0.01, freeze: [conv]"))
    start = initial(load("net.yaml").graph.tensors, "he", 0)
    call("train", "net.yaml", *THREADS, "--freeze", "fc")
    found = read("net.safetensors")
    assert [n for n in TENSORS if found[n].tobytes() != start[n].tobytes()] == ["conv.bias", "conv.weight"]
    assert "in place of those that the spec freezes" in " ".join(call("train", "--help").out.split())


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["-o", "w.txt"], 3, "E405"),
        (["-o", "."], 3, "E405"),
        (["-o", "/"], 3, "from the name `/`"),
        (["-o", ""], 2, "it is empty"),
        (["--data", ""], 2, "it is empty"),
        (["--weights", ""], 2, "it is empty"),
        (["-o", "none/w.npz"], 3, "E415"),
        (["--log", "none/log.jsonl"], 3, "E415"),
        (["--plot", "none/curves.svg"], 3, "E415"),
        (["--checkpoint", "none/c.safetensors"], 3, "E415"),
        (["--plot", "net.safetensors"], 2, "files of their own"),
        (["--checkpoint", "./net.safetensors"], 2, "files of their own"),
        (["--resume", "--restart"], 2, "exclude each other"),
        (["--weights", "none.npz"], 3, "E404"),
        (["--data", "none.npz"], 3, "E404"),
        (["--threads", "0"], 2, "--threads"),
        (["--every", "0"], 2, "--every"),
        (["--set", "train.rate=-1"], 1, "E104"),
        (["--set", "train.rate"], 1, "sets nothing"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(net: Path, options: list[str], code: int, said: str) -> None:
    before = sorted(net.parent.iterdir())
    called = call("train", "net.yaml", *options)
    assert (called.code, said in called.err, called.out) == (code, True, "")
    assert sorted(net.parent.iterdir()) == before


def test_a_spec_without_a_name_of_its_own(net: Path) -> None:
    called = call("train", "-")
    assert (called.code, "name them with --output" in called.err) == (2, True)


def test_another_size(net: Path) -> None:
    called = call("train", "net.yaml", "--input", "1,8,8")
    assert called.code == 3
    assert "(160, 1, 6, 6)" in called.err


def test_mean_squared_error_has_no_accuracy(net: Path, tmp_path: Path) -> None:
    """A network that takes noise away from images: every cell is an output."""
    with np.load("x.npz") as held:
        x = held["x"]
    np.savez("clean.npz", x=x, y=np.clip(x, 0, 1))
    Path("clean.yaml").write_text(
        "input: {C: 1, H: 6, W: 6}\ntrain: {data: clean.npz, loss: mse, epochs: 6, rate: 0.02, batch: 16}\n"
        "layers: [conv: {F: 3, K: 4, P: same}, relu, conv: {F: 3, K: 1, P: same}]\n"
    )
    called = call("train", "clean.yaml", *THREADS, "--log", "log.jsonl")
    assert called.code == 0
    assert "%" not in called.out
    epochs = [json.loads(line) for line in Path("log.jsonl").read_text().splitlines() if '"epoch", ' in line]
    assert epochs[-1]["validation"]["loss"] < epochs[0]["validation"]["loss"] / 2
    assert epochs[0]["training"]["accuracy"] is None
    called = call("eval", "clean.yaml", "--weights", "clean.safetensors", "--part", "all")
    assert re.fullmatch(r"clean: 160 examples of clean.npz\n\nloss \d\.\d+\n", called.out.replace(f"{tmp_path}/", ""))
    refused = call("eval", "clean.yaml", "--weights", "clean.safetensors", "--plot", "c.svg")
    assert (refused.code, "no list of classes" in refused.err) == (2, True)


def test_nothing_held_out(net: Path) -> None:
    called = call("train", "net.yaml", *THREADS, "--set", "train.validation=0")
    assert called.code == 0
    assert called.out.endswith("weights of epoch 3\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_and_curves_in_a_terminal(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    out, err = Terminal(), Terminal()
    with redirect_stdout(out), redirect_stderr(err):
        group.main(["train", "net.yaml", *THREADS], standalone_mode=False)
    plain = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", err.getvalue())
    assert re.search(r"epoch \d: (\d/8  loss \d|held out \d)", plain)
    assert re.search(r"[\r\n]  3/3  ", plain), "lines are drawn above the bar"
    assert "● validation" in out.getvalue()


def test_lines_for_a_file_get_there_past_the_bar(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    out, err = io.StringIO(), Terminal()
    with redirect_stdout(out), redirect_stderr(err):
        group.main(["train", "net.yaml", *THREADS], standalone_mode=False)
    assert [line[:5] for line in out.getvalue().splitlines()[1:5]] == ["epoch", "  1/3", "  2/3", "  3/3"]
    assert "● validation" not in out.getvalue()


def test_the_environment_is_left_alone(net: Path) -> None:
    before = dict(os.environ), signal.getsignal(signal.SIGINT)
    call("train", "net.yaml", *THREADS, "--set", "train.epochs=1")
    assert (dict(os.environ), signal.getsignal(signal.SIGINT)) == before
