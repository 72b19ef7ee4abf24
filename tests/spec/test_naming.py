"""A spec is called after its file, without what says that the file is a spec."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from calling import call
from quadrants import quadrants

from cnnspec.spec import load
from cnnspec.spec.naming import spec_name

NET = "input: {C: 1, H: 2, W: 2}\nlayers: [relu]\n"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("net.yaml", "net"),
        ("net.cnn.yaml", "net"),
        ("folder.cnn/net.cnn.yml", "net"),
        ("net.v2.cnn.yaml", "net.v2"),
        ("net.cnnet.yaml", "net.cnnet"),
        ("net", "net"),
        (".cnn.yaml", ".cnn"),
        ("<stdin>", "<stdin>"),
    ],
)
def test_names(file: str, name: str) -> None:
    assert spec_name(file) == spec_name(Path(file)) == name


def test_it_is_the_name_that_is_shown(write: Callable[[str, str], str]) -> None:
    spec = write("net.cnn.yaml", NET)
    assert load(spec).name == "net"
    assert json.loads(call("summary", spec, "--format", "json").out)["name"] == "net"
    assert call("summary", spec).out.startswith("net: 1x2x2 -> 1x2x2\n")
    assert json.loads(call("schema", spec).out)["title"] == "cnnspec: net"


def test_weights_are_called_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    quadrants(tmp_path).rename("net.cnn.yaml")
    called = call("train", "net.cnn.yaml", "--threads", "1", "--set", "train.epochs=1")
    assert (called.code, called.err) == (0, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.cnn.yaml", "net.safetensors", "x.npz"]
