"""The contract of exporters: a format that is put into the table goes through the command and the library call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import cnnspec
from cnnspec.cli import group
from cnnspec.diagnostics import Diagnostic, FileError
from cnnspec.graph.graph import Graph
from cnnspec.interop.exporter import Encoded, Exporter, Option, OptionError, OptionValues, Tensors, complete
from cnnspec.interop.registry import EXPORTERS
from cnnspec.spec import Spec
from cnnspec.weights import save

Write = Callable[[str, str], str]
NET = "input: {C: 1, H: 2, W: 2}\nlayers: [{conv: {F: 1, K: 1}}, relu]\n"


class Listing:
    """The names of the layers, a line each; it cannot say `tanh`."""

    name = "listing"
    suffixes = (".lst", ".txt")
    needs_weights = True
    about = "Listing: the names of the layers."
    options = (
        Option("times", 1, "How often each is named.", least=1),
        Option("mark", "", "What stands before each."),
        Option("with_tensors", False, "List the tensors as well."),
        Option("kinds", False, "Write the kinds of the layers beside it."),
    )

    def problems(self, graph: Graph) -> list[Diagnostic]:
        mute = [step for step in graph.steps if step.kind == "tanh"]
        return [Diagnostic("E419", f"no word for `{step.kind}`", span=step.span, why="so it is") for step in mute]

    def check_options(self, choices: OptionValues) -> None:
        if choices["times"] > 3:
            raise OptionError("times", choices["times"], "nobody reads that")

    def encode(self, spec: Spec, tensors: Tensors, choices: OptionValues, name: str) -> Encoded:
        names = [step.name for step in spec.graph.steps]
        names += [f"{each} {tensors[each].sum():g}" for each in tensors] if choices["with_tensors"] else []
        listed = "".join(f"{choices['mark']}{each}\n" * choices["times"] for each in names).encode()
        return Encoded(
            listed,
            {f"{name}.kinds": [f"{step.kind}\n".encode() for step in spec.graph.steps]} if choices["kinds"] else {},
        )

    def describe(self, choices: OptionValues) -> str:
        return f"a listing, {choices['times']} times"


@pytest.fixture(autouse=True)
def listing(monkeypatch: pytest.MonkeyPatch) -> Exporter:
    exporter: Exporter = Listing()
    monkeypatch.setitem(EXPORTERS, "listing", exporter)
    return exporter


@pytest.fixture
def net(write: Write) -> str:
    return write("net.yaml", NET)


def export(*args: Any) -> Result:
    return CliRunner().invoke(group, ["export", *map(str, args)])


def test_a_format_goes_by_the_ending_of_the_file(net: str, tmp_path: Path) -> None:
    result = export(net, "-o", tmp_path / "net.LST", "--init", "he")
    assert result.output == f"{tmp_path / 'net.LST'}: a listing, 1 times, 12 bytes; input (N, 1, 2, 2)\n"
    assert (tmp_path / "net.LST").read_bytes() == b"conv1\nrelu1\n"


def test_or_by_its_name(net: str, tmp_path: Path) -> None:
    assert export(net, "-o", tmp_path / "net.onnx", "--init", "he", "--to", "listing").exit_code == 0
    assert (tmp_path / "net.onnx").read_bytes() == b"conv1\nrelu1\n"


def test_its_options_are_the_commands(net: str, tmp_path: Path) -> None:
    out = tmp_path / "net.lst"
    options = ["--times", "2", "--mark", "- ", "--with-tensors"]
    save({"conv1.weight": np.full((1, 1, 1, 1), 3.0), "conv1.bias": np.ones(1)}, tmp_path / "w.npz")
    assert export(net, "-o", out, "--weights", tmp_path / "w.npz", *options).exit_code == 0
    twice = [name for name in ("conv1", "relu1", "conv1.weight 3", "conv1.bias 1") for _ in range(2)]
    assert out.read_text() == "".join(f"- {name}\n" for name in twice)


def test_files_that_go_together(net: str, tmp_path: Path) -> None:
    out, beside = tmp_path / "net.lst", tmp_path / "net.lst.kinds"
    result = export(net, "-o", out, "--init", "he", "--kinds")
    assert result.output == f"{out}: a listing, 1 times, 12 bytes and 10 in net.lst.kinds; input (N, 1, 2, 2)\n"
    assert (out.read_bytes(), beside.read_bytes()) == (b"conv1\nrelu1\n", b"conv\nrelu\n")
    # The second file is no more to be written over what is read than the first.
    save({"conv1.weight": np.full((1, 1, 1, 1), 3.0), "conv1.bias": np.ones(1)}, tmp_path / "w.npz")
    beside.unlink()
    beside.hardlink_to(tmp_path / "w.npz")
    before = (tmp_path / "w.npz").read_bytes()
    result = export(net, "-o", out, "--weights", tmp_path / "w.npz", "--kinds", "--times", "2")
    assert result.exit_code == 2
    assert "net.lst.kinds" in result.stderr
    assert (out.read_bytes(), beside.read_bytes()) == (b"conv1\nrelu1\n", before)
    assert len(list(tmp_path.iterdir())) == 4


def test_nothing_lies_beside_a_device(net: str) -> None:
    result = export(net, "-o", "/dev/null", "--to", "listing", "--init", "he", "--kinds")
    assert isinstance(result.exception, FileError)
    assert [found.message for found in result.exception.diagnostics] == ["`/dev/null` cannot be written"]
    assert not Path("/dev/null.kinds").exists()


def test_the_help_has_all_formats() -> None:
    shown = export("--help").output
    assert "  Listing: the names of the layers.\n" in shown
    for option in ("--opset", "--times", "--mark TEXT", "--with-tensors", "--to [onnx|pytorch|numpy|keras|listing]"):
        assert option in shown


def test_options_of_another_format_are_refused(net: str, tmp_path: Path) -> None:
    result = export(net, "-o", tmp_path / "net.lst", "--init", "he", "--opset", "17")
    assert result.exit_code == 2
    assert "--opset does not go with listing." in result.stderr
    assert "--with-tensors does not go with onnx." in export(net, "-o", "net.onnx", "--with-tensors").stderr


def test_what_an_option_does_not_take(net: str, tmp_path: Path) -> None:
    assert "0 is not in the range x>=1" in export(net, "-o", tmp_path / "net.lst", "--times", "0").stderr
    result = export(net, "-o", tmp_path / "net.lst", "--init", "he", "--times", "4")
    assert result.exit_code == 2
    assert "--times 4: nobody reads that." in result.stderr
    assert list(tmp_path.glob("*.lst")) == []


def test_what_it_cannot_say_is_shown_at_its_place(write: Write, tmp_path: Path) -> None:
    net = write("net.yaml", "input: {C: 1, H: 2, W: 2}\nlayers:\n  - tanh\n  - relu\n")
    result = export(net, "-o", tmp_path / "net.lst")
    assert result.exit_code == 3
    assert result.stderr.startswith(f"error[E419]: no word for `tanh`\n --> {net}:3:5\n3 |   - tanh\n")


def test_an_unknown_ending_names_the_known_ones(net: str) -> None:
    result = export(net, "-o", "net.pt")
    assert isinstance(result.exception, FileError)
    assert [(d.code, d.help) for d in result.exception.diagnostics] == [
        ("E405", "end it in .onnx or .py or .lst or .txt")
    ]
    assert export(net, "-o", "net.lst", "--to", "caffe").exit_code == 2


def test_the_library_call(net: str, tmp_path: Path) -> None:
    spec = cnnspec.load(net)
    tensors = {"conv1.weight": np.full((1, 1, 1, 1), 3.0), "conv1.bias": np.ones(1)}
    cnnspec.export(spec, tmp_path / "a.txt", tensors, with_tensors=True)
    assert (tmp_path / "a.txt").read_text() == "conv1\nrelu1\nconv1.weight 3\nconv1.bias 1\n"
    cnnspec.export(spec, tmp_path / "b", tensors, to="listing", times=2)
    assert (tmp_path / "b").read_text() == "conv1\nconv1\nrelu1\nrelu1\n"


def test_the_library_call_warns_of_tensors_that_it_does_not_use(net: str, tmp_path: Path) -> None:
    tensors = {"conv1.weight": np.ones((1, 1, 1, 1)), "conv1.bias": np.ones(1), "more": np.ones(1)}
    with pytest.warns(UserWarning, match="W401.*`more`") as caught:
        cnnspec.export(cnnspec.load(net), tmp_path / "a.txt", tensors)
    assert caught[0].filename == __file__


def test_the_library_call_refuses(write: Write, net: str, tmp_path: Path) -> None:
    spec, path = cnnspec.load(net), tmp_path / "a.lst"
    with pytest.raises(TypeError, match="`listing` takes no option 'opset'; it takes times, mark, with_tensors"):
        cnnspec.export(spec, path, opset=17)
    with pytest.raises(OptionError, match="times=0: it is at least 1"):
        cnnspec.export(spec, path, times=0)
    with pytest.raises(OptionError, match="times=True: it takes a whole number"):
        cnnspec.export(spec, path, times=True)
    with pytest.raises(OptionError, match="times=4: nobody reads that"):
        cnnspec.export(spec, path, {}, times=4)
    with pytest.raises(ValueError, match="no format is called 'caffe'; there is onnx, pytorch, numpy, keras, listing"):
        cnnspec.export(spec, path, to="caffe")
    with pytest.raises(FileError, match="E405"):
        cnnspec.export(spec, tmp_path / "a.pt")
    with pytest.raises(FileError, match="E414"):
        cnnspec.export(spec, path)
    mute = write("mute.yaml", "input: {C: 1, H: 2, W: 2}\nlayers: [tanh]\n")
    with pytest.raises(FileError, match=r"mute.yaml:2:10: error\[E419\]"):
        cnnspec.export(cnnspec.load(mute), path)
    assert list(tmp_path.glob("a*")) == []


def test_choices_are_completed(listing: Exporter) -> None:
    assert complete(listing, {"times": 2}) == {"times": 2, "mark": "", "with_tensors": False, "kinds": False}


@pytest.mark.parametrize("name", sorted(EXPORTERS))
def test_formats_are_told_apart(name: str) -> None:
    """By suffixes that are no other's, those of programs apart, and by the name that they stand under in the table."""
    exporter = EXPORTERS[name]
    others = {suffix for other in EXPORTERS.values() if other is not exporter for suffix in other.suffixes}
    assert exporter.name == name
    assert exporter.suffixes
    assert not {*exporter.suffixes} - {".py"} & others
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in exporter.suffixes)
