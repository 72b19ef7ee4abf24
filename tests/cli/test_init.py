"""`cnnspec init`: fresh weights that the spec takes, the same bytes for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calling import HEAD, LAYERS, call

from cnnspec import weights
from cnnspec.spec import load


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(HEAD + LAYERS.replace("  - {relu", "  - batchnorm\n  - {relu"))
    return path


@pytest.mark.parametrize("suffix", ["safetensors", "npz"])
def test_the_spec_takes_what_is_written(spec: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"w.{suffix}"
    called = call("init", spec, "-o", out)
    assert (called.code, called.err) == (0, "")
    assert called.out == f"{out}: 8 tensors, 175 values, he, seed 0\n"
    graph = load(spec).graph
    held = weights.take(graph.tensors, out)
    wanted = weights.initial(graph.tensors, "he", 0)
    assert held.keys() == wanted.keys()
    for name, array in held.items():
        np.testing.assert_array_equal(array, wanted[name])
    assert held["batchnorm1.running_var"].tolist() == [1, 1]
    assert not held["fc.bias"].any()


def test_equal_seeds_give_equal_bytes(spec: Path, tmp_path: Path) -> None:
    def written(name: str, *options: str) -> bytes:
        assert call("init", spec, "-o", tmp_path / name, *options).code == 0
        return (tmp_path / name).read_bytes()

    first = written("a.safetensors", "--seed", "3")
    assert written("b.safetensors", "--seed", "3") == first
    assert written("c.safetensors", "--seed", "4") != first
    assert written("d.safetensors", "--seed", "3", "--style", "glorot") != first
    assert written("e.safetensors") == written("f.safetensors", "--seed", "0", "--style", "he")


def test_another_input_size(spec: Path, tmp_path: Path) -> None:
    assert call("init", spec, "-o", tmp_path / "w.npz", "--input", "1,8,6").code == 0
    assert weights.header(tmp_path / "w.npz")["fc.weight"].shape == (3, 96)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["-o", "w.dat"], 3, "error[E405]"),
        (["-o", ""], 2, "it is empty"),
        (["-o", "."], 3, "from the name `.`"),
        (["-o", "none/w.npz"], 3, "error[E415]"),
        (["-o", "w.npz", "--seed", "-1"], 2, "-1"),
        (["-o", "w.npz", "--style", "xavier"], 2, "'xavier' is not one of"),
        ([], 2, "Missing option '-o'"),
    ],
)
def test_what_cannot_be_written(
    spec: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], code: int, message: str
) -> None:
    monkeypatch.chdir(spec.parent)
    called = call("init", spec, *options)
    assert (called.code, called.out) == (code, "")
    assert message in called.err
    assert [path.name for path in spec.parent.iterdir()] == ["net.yaml"]


def test_a_network_too_large_for_the_machine(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    huge.write_text("input: {C: 1, H: 1, W: 1}\nlayers:\n  - {conv: {F: 1, K: 1000000000000}}\n")
    called = call("init", huge, "-o", tmp_path / "w.npz")
    assert called.code == 3
    assert "error[E409]" in called.err
    assert call("run", huge, "--init", "he").code == 3


def test_a_bad_spec(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("input: {C: 1, H: 1, W: 1}\nlayers:\n  - covn: {F: 1, K: 1}\n")
    assert call("init", bad, "-o", tmp_path / "w.npz").code == 1
    assert call("init", tmp_path / "none.yaml", "-o", tmp_path / "w.npz").code == 3
