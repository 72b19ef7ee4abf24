"""`cnnspec export`: the table over the layer kinds, the options and the refusals; the package onnx is not needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import readme
from click.testing import CliRunner

from cnnspec.cli import group
from cnnspec.diagnostics import FileError
from cnnspec.interop.onnx import expression, problems
from cnnspec.interop.onnx.operators import KINDS
from cnnspec.layers import kinds
from cnnspec.spec import load

Write = Callable[[str, str], str]
BARE = "input: {C: 1, H: 2, W: 2}\nlayers: [{conv: {F: 1, K: 1}}]\n"


@pytest.fixture
def without_onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)


def export(*args: str) -> Any:
    return CliRunner().invoke(group, ["export", *args])


def refused(*args: str) -> str:
    """The code of the only diagnostic, which is an error of files."""
    result = export(*args)
    assert isinstance(result.exception, FileError), result.output
    (found,) = result.exception.diagnostics
    return found.code


def test_every_kind_that_the_readme_lists_has_a_rule() -> None:
    """A layer that somebody adds as a file has neither."""
    assert set(KINDS) == readme.listed_kinds()
    assert set(KINDS) <= set(kinds())


def test_a_kind_without_a_rule(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = write("net.yaml", "input: {C: 1, H: 2, W: 2}\nlayers: [relu, relu, tanh, {conv: {F: 1, K: 1}}]\n")
    for kind in ("relu", "tanh"):
        monkeypatch.delitem(KINDS, kind)
    result = export(spec, "-o", "net.onnx", "--init", "he")
    assert result.exit_code == 3
    assert [line for line in result.stderr.splitlines() if line.startswith("error")] == [
        "error[E419]: no ONNX rule for `relu`",
        "error[E419]: no ONNX rule for `tanh`",
    ]
    assert f" --> {spec}:2:10\n2 | layers: [relu, relu, tanh, " in result.stderr
    assert "`relu1` and 1 more cannot be written: layers know no format" in result.stderr
    assert not Path("net.onnx").exists()


def test_layers_that_are_left_out_need_no_rule(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = load(write("net.yaml", "input: {C: 1, H: 2, W: 2}\nlayers: [relu, {from: input}, tanh]\noutputs: [relu1]\n"))
    monkeypatch.delitem(KINDS, "tanh")
    assert [found.code for found in problems(spec.graph)] == ["E419"]
    monkeypatch.setitem(sys.modules, "onnx", sys)
    assert problems(spec.graph.until(*spec.graph.outputs)) == []


def test_without_the_package(write: Write, without_onnx: None) -> None:
    spec = write("net.yaml", BARE)
    result = export(spec, "-o", "net.onnx", "--init", "he")
    assert result.exit_code == 3
    first, why, help, _ = result.stderr.split("\n", 3)
    assert first == "error[E417]: writing ONNX needs the package `onnx`"
    assert why.startswith("  = why: it is not installed")
    assert help == "  = help: `pip install onnx`"
    assert [found.code for found in problems(load(spec).graph)] == ["E417"]
    assert not Path("net.onnx").exists()


def test_without_the_package_as_a_process(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['onnx'] = None; sys.argv = ['cnnspec', 'export', 'lenet5', '-o', 'net.onnx'];"
        "from cnnspec.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 3
    assert "error[E417]" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_heavy_is_imported_for_the_help() -> None:
    program = (
        "import sys; from cnnspec.cli import group; group(['export', '--help'], standalone_mode=False);"
        "print(*{'numpy', 'onnx', 'PIL', 'safetensors'} & set(sys.modules), 'end')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1].strip() == "end"


def test_other_endings_are_refused() -> None:
    assert refused("lenet5", "-o", "net.pt") == "E405"
    assert refused("lenet5", "-o", "onnx") == "E405"


@pytest.mark.parametrize(
    "options",
    [
        ["--weights", "a.npz", "--init", "he"],
        ["--seed", "3"],
        ["--opset", "16"],
        ["--input", "3x2"],
        ["--init", "zeros"],
    ],
    ids=" ".join,
)
def test_options_that_do_not_go_together_or_do_not_exist(options: list[str]) -> None:
    assert export("lenet5", "-o", "net.onnx", *options).exit_code == 2


def test_output_must_be_named() -> None:
    assert export("lenet5").exit_code == 2


def test_a_layer_whose_constants_are_too_large(write: Write) -> None:
    """They are never worked out."""
    (step,) = load(write("net.yaml", "input: {C: 1, H: 8, W: 8}\nlayers: [avgpool: {F: 2}]\n")).graph.steps
    expression.ensure_room(step, expression.LIMIT - expression.NAMES)
    with pytest.raises(FileError) as caught:
        expression.ensure_room(step, expression.LIMIT - expression.NAMES + 1)
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == ("E418", "`avgpool1` is too large for ONNX")
    assert "2,080,374,784 bytes" in found.why


def test_the_size_of_weights_keeps_no_network_from_being_written(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", sys)
    huge = load(write("net.yaml", "input: {C: 1, H: 1, W: 1}\nlayers: [flatten, {dense: {K: 260046848}}]\n"))
    assert problems(huge.graph) == []
