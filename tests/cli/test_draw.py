"""`cnnspec draw`: which picture goes where, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from calling import call

BROKEN = "input: {C: 1, H: 8, W: 8}\nlayers:\n  - conv: {F: 9, K: 2}\n"


@pytest.mark.parametrize(
    ("file", "begins"),
    [("a.svg", "<svg "), ("a.SVG", "<svg "), ("a.mmd", "flowchart TD\n"), ("a.dot", "digraph "), ("a.gv", "digraph ")],
)
def test_the_suffix_says_the_format(tmp_path: Path, file: str, begins: str) -> None:
    called = call("draw", "lenet5", "-o", tmp_path / file)
    assert called == (0, f"{tmp_path / file}: LeNet-5, 13 layers\n", "")
    assert (tmp_path / file).read_text().startswith(begins)


def test_direction_depth_and_style(tmp_path: Path) -> None:
    out = tmp_path / "a.mmd"
    assert call("draw", "unet", "-o", out, "--direction", "right", "--depth", "0").code == 0
    assert out.read_text().startswith("flowchart LR\n")
    assert "enc1.conv1" in out.read_text()
    assert call("draw", "unet", "-o", out).code == 0
    assert "enc1.conv1" not in out.read_text()
    assert call("draw", "unet", "-o", tmp_path / "v.svg", "--style", "volumes").code == 0
    assert "as volumes" in (tmp_path / "v.svg").read_text()


def test_another_input_size(tmp_path: Path) -> None:
    assert call("draw", "resnet18", "-o", tmp_path / "a.mmd", "--input", "3,64,64").code == 0
    assert "3x64x64" in (tmp_path / "a.mmd").read_text()


@pytest.mark.parametrize(
    "given", [["--style", "volumes", "--depth", "1"], ["--style", "volumes", "--direction", "right"]]
)
def test_what_volumes_do_not_take(tmp_path: Path, given: list[str]) -> None:
    assert call("draw", "lenet5", "-o", tmp_path / "a.svg", *given).code == 2


def test_a_name_that_says_no_format(tmp_path: Path) -> None:
    called = call("draw", "lenet5", "-o", tmp_path / "a.pdf")
    assert (called.code, "error[E405]" in called.err, ".svg, .mmd, .dot or .gv" in called.err) == (3, True, True)


def test_a_spec_with_mistakes_is_not_drawn(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(BROKEN)
    called = call("draw", tmp_path / "net.yaml", "-o", tmp_path / "a.svg")
    assert (called.code, "error[E203]" in called.err) == (1, True)
    assert not (tmp_path / "a.svg").exists()


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    called = call("draw", "lenet5", "-o", tmp_path / "none" / "a.svg")
    assert (called.code, "error[E415]" in called.err) == (3, True)
