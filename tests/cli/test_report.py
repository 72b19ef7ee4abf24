"""`cnnspec report`: what it prints and writes, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from calling import call

from cnnspec import load, report, weights


def test_it_writes_one_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    called = call("report", "lenet5")
    size = Path("lenet5.html").stat().st_size
    assert (called.code, called.out) == (0, f"lenet5.html: 13 layers, every cell of every layer; {size / 1e6:.1f} MB\n")
    text = Path("lenet5.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["lenet5.html"]


def test_a_python_without_docstrings_writes_one_too(tmp_path: Path) -> None:
    """Only the line that says what a layer does is not there."""
    words = [sys.executable, "-OO", "-m", "cnnspec", "report", "lenet5", "-o", str(tmp_path / "page.html")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.endswith("page.html: 13 layers, every cell of every layer; 0.5 MB\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--size", "many"), "'many' is not a number of bytes such as 8M or 500K."),
        (("--size", "3K"), "3000 is not in the range x>=200000."),
        (("--class", "dog"), "--class 'dog' is no class of this network. There are 10, from 0 to 9."),
        (("--class", "10"), "--class '10' is no class of this network."),
        (("--seed", "1"), "--seed is for the random weights of --init"),
    ],
)
def test_what_it_refuses(net: Path, words: tuple[str, ...], said: str) -> None:
    called = call("report", "lenet5", *words)
    assert called.code == 2
    assert said in called.err
    assert not Path("lenet5.html").exists()


def test_no_weights_are_refused_with_what_to_do(net: Path) -> None:
    called = call("report", "net.yaml", "one.npy")
    assert called.code == 3
    assert "E414" in called.err
    assert "`--init he --seed 0`" in called.err


def test_a_log_and_an_evaluation_that_are_none_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("none").write_text("nothing\n")
    for option, why in (
        ("--log", "its line 1 is none of a log"),
        ("--eval", "it is not what `eval --format json` writes"),
    ):
        called = call("report", "lenet5", option, "none")
        assert (called.code, called.out, Path("lenet5.html").exists()) == (3, "", False)
        assert "error[E403]: `none` cannot be read" in called.err
        assert why in called.err
        assert call("report", "lenet5", option, "nowhere").code == 3


def test_the_evaluation_of_a_network_with_other_classes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = [{"index": i, "class": str(i)} for i in range(3)]
    Path("three.json").write_text(
        json.dumps({"examples": 3, "loss": 1, "classes": names, "confusion": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]})
    )
    called = call("report", "lenet5", "--eval", "three.json")
    assert (called.code, called.out) == (3, "")
    assert "it is of a network with 3 classes; this one has 10" in called.err


def test_the_log_of_another_network_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("data.npz", x=np.ones((8, 1, 4, 4), np.float32), y=np.arange(8) % 2)
    layers = "[{conv: {F: 3, K: 2, P: same}}, flatten, {dense: {K: 2}}, softmax]"
    text = f"cnnspec: 1\ninput: {{C: 1, H: 4, W: 4}}\nlayers: {layers}\n"
    Path("net.yaml").write_text(f"{text}train: {{data: data.npz, epochs: 1, batch: 4, validation: 0}}\n")
    Path("other.yaml").write_text(text.replace("F: 3", "F: 1"))
    np.save("x.npy", np.ones((1, 4, 4), np.float32))
    assert call("train", "net.yaml", "--log", "run.jsonl").code == 0
    words = "x.npy", "--init", "he", "--log", "run.jsonl"
    assert call("report", "net.yaml", *words).err == ""
    np.save("larger.npy", np.ones((1, 6, 6), np.float32))
    assert "W403" not in call("report", "net.yaml", "larger.npy", *words[1:], "--input", "1x6x6").err
    called = call("report", "other.yaml", *words)
    assert called.code == 0
    assert "warning[W403]: the log is not of other as it is now\n --> run.jsonl\n" in called.err
    with pytest.warns(UserWarning, match=r"run.jsonl: warning\[W403\].*; another network learned there") as caught:
        report(load("other.yaml"), "x.npy", weights.initial(load("other.yaml").graph.tensors, "he", 0), log="run.jsonl")
    assert caught[0].filename == __file__
