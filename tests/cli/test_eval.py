"""`cnnspec eval` as it is used."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from calling import call
from processes import finish, start
from quadrants import SPEC

from cnnspec import load
from cnnspec.weights import initial, save


@pytest.fixture
def net(net: Path) -> Path:
    """The spec with trained weights that it names, in a folder that is the current one."""
    assert call("train", "net.yaml", "--threads", "1").code == 0
    net.write_text(SPEC + "weights: net.safetensors\n")
    return net


def test_text(net: Path) -> None:
    called = call("eval", "net.yaml")
    assert (called.code, called.err) == (0, "")
    assert called.out.startswith("quadrants: 32 of 160 examples of ")
    assert "x.npz, held out; `--part all` for all\n" in called.out
    names = ["top left", "top right", "bottom left", "bottom right"]
    titles = [line.split("  ")[0] for line in called.out.splitlines()]
    assert [title for title in titles if title in ("class", *names)] == ["class", *names, *names]


def test_it_counts_what_the_network_says(net: Path) -> None:
    """Beside plain execution of the network, example by example."""
    found = json.loads(call("eval", "net.yaml", "--part", "all", "--format", "json").out)
    model = load("net.yaml").compile()
    with np.load("x.npz") as held:
        x, y = held["x"], held["y"]
    p = list(model.trace(x).values())[-1].astype(np.float64)
    said = p.argmax(1)
    assert found["examples"] == 160
    assert found["loss"] == pytest.approx(-np.log(p[np.arange(160), y]).mean(), rel=1e-4)
    assert found["accuracy"] == (said == y).mean()
    assert found["top5"] is None
    assert found["confusion"] == [[int(((y == i) & (said == j)).sum()) for j in range(4)] for i in range(4)]
    assert found["classes"][2] == {
        "index": 2,
        "class": "bottom left",
        "examples": 40,
        "precision": (y[said == 2] == 2).mean(),
        "recall": (said[y == 2] == 2).mean(),
    }


def test_the_last_ones_are_held_out(net: Path) -> None:
    record = json.loads(call("eval", "net.yaml", "--format", "json", "--set", "train.validation=40").out)
    assert (record["examples"], record["part"]) == (40, "validation")
    with np.load("x.npz") as held:
        np.savez("last.npz", x=held["x"][-40:], y=held["y"][-40:])
    last = json.loads(call("eval", "net.yaml", "--format", "json", "--data", "last.npz", "--part", "all").out)
    assert last["confusion"] == record["confusion"]
    assert last["loss"] == pytest.approx(record["loss"], rel=1e-6)


def test_bundled_data_are_called_so(tmp_path: Path) -> None:
    call("init", "digits", "-o", tmp_path / "w.npz")
    called = call("eval", "digits", "--weights", tmp_path / "w.npz")
    [title] = re.findall("^.* examples of .*$", called.out, re.MULTILINE)
    assert re.fullmatch(
        r"Small digits: [\d,]+ of [\d,]+ examples of the bundled digits, held out; `--part all` for all", title
    )


def test_threads_change_nothing(net: Path) -> None:
    assert len({call("eval", "net.yaml", "--format", "json", "--threads", f"{n}").out for n in (1, 2, 3)}) == 1


def test_other_weights(net: Path) -> None:
    save(initial(load("net.yaml").graph.tensors, "he", 1), "fresh.npz")
    fresh = json.loads(call("eval", "net.yaml", "--weights", "fresh.npz", "--format", "json").out)
    own = json.loads(call("eval", "net.yaml", "--format", "json").out)
    assert fresh["accuracy"] < own["accuracy"]


def test_a_picture(net: Path) -> None:
    assert call("eval", "net.yaml", "--plot", "confusion.svg").code == 0
    words = [text.text for text in ET.parse("confusion.svg").iter("{http://www.w3.org/2000/svg}text")]
    assert "quadrants" in words
    assert "top right" in words


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--weights", "none.npz"], 3, "E404"),
        (["--weights", ""], 2, "it is empty"),
        (["--data", ""], 2, "it is empty"),
        (["--data", "none.npz"], 3, "E404"),
        (["--plot", "none/c.svg"], 3, "E415"),
        (["--part", "some"], 2, "--part"),
        (["--set", "train.validation=0"], 2, "--part all takes them all"),
        (["--set", "train.epoch=3"], 1, "E102"),
    ],
)
def test_what_cannot_be_done(net: Path, options: list[str], code: int, said: str) -> None:
    called = call("eval", "net.yaml", *options)
    assert (called.code, said in called.err, called.out) == (code, True, "")


def test_without_weights_or_data(net: Path) -> None:
    net.write_text(SPEC)
    called = call("eval", "net.yaml")
    assert (called.code, "error[E414]: the spec names no weights" in called.err) == (3, True)
    assert "= help: `--weights FILE`, such as `cnnspec train SPEC` writes\n" in called.err
    net.write_text(SPEC.replace("data: x.npz, ", "") + "weights: net.safetensors\n")
    called = call("eval", "net.yaml")
    assert (called.code, "E414" in called.err) == (3, True)


def test_a_loss_that_is_not_finite(net: Path) -> None:
    fresh = initial(load("net.yaml").graph.tensors, "he", 0)
    save({name: array * np.float32(1e37) for name, array in fresh.items()}, "huge.npz")
    called = call("eval", "net.yaml", "--weights", "huge.npz", "--format", "json")
    assert (called.code, json.loads(called.out)["loss"]) == (0, None)
    assert call("eval", "net.yaml", "--set", "train.validation=0", "--part", "all").code == 0


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX")
def test_a_closed_pipe(net: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as stream:
        assert finish(start("eval", "net.yaml", stdout=stream)) == (141, "")
