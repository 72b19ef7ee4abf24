"""Exporters whose file is a program: what the command does with names, weights, and what cannot be said."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from calling import call
from generated_code import EXAMPLES, random_tensors

import cnnspec
from cnnspec.diagnostics import FileError
from cnnspec.interop.code.exporter import SourceExporter
from cnnspec.interop.exporter import complete
from cnnspec.interop.registry import EXPORTERS
from cnnspec.spec import load
from cnnspec.weights import save
from cnnspec.weights.formats.safetensors import dump

Write = Callable[[str, str], str]
NET = "input: {C: 1, H: 4, W: 4}\nlayers: [{conv: {F: 1, K: 1}, name: a}, relu]\n"
FORMATS = [name for name, exporter in EXPORTERS.items() if isinstance(exporter, SourceExporter)]
every_format = pytest.mark.parametrize("to", FORMATS)


@pytest.fixture
def net(write: Write) -> str:
    return write("net.yaml", NET)


@every_format
def test_code_alone_where_no_weights_are_known(to: str, net: str, tmp_path: Path) -> None:
    called = call("export", net, "--to", to, "-o", tmp_path / "out.py")
    assert called.code == 0
    assert called.err == "note: the code alone; its weights are expected in `out.safetensors`\n"
    assert " bytes, without weights; input (N, 1, 4, 4)" in called.out
    assert not (tmp_path / "out.safetensors").exists()
    ast.parse((tmp_path / "out.py").read_text())


@every_format
def test_names_of_files_and_texts_of_specs_are_no_code(to: str, tmp_path: Path) -> None:
    """Marks of an end, escapes, bytes that are no text, and signs that turn what follows."""
    texts = {"name": 'a"""\n1/0\\', "about": "\u202e\\N{x}" + '"'}
    spec = load({**texts, "input": {"C": 1, "H": 4, "W": 4}, "layers": [{"conv": {"F": 1, "K": 1}}]})
    choices = complete(EXPORTERS[to], {})
    text = EXPORTERS[to].text(spec, '\\N"""\n1+0\udce9.py', choices)  # type: ignore[attr-defined]
    [docstring, *_] = ast.parse(text.encode()).body
    said = ast.get_docstring(ast.Module([docstring], []), clean=False) or ""
    assert '\\N"""?1+0?.' in said
    assert said.startswith("a''' 1/0/")
    assert "\u202e" not in text


@every_format
def test_weights_lie_beside_it(to: str, net: str, tmp_path: Path) -> None:
    called = call("export", net, "--to", to, "-o", tmp_path / "out.py", "--init", "he")
    assert (called.code, " in out.safetensors" in called.out) == (0, True)
    first = (tmp_path / "out.safetensors").read_bytes()
    code = (tmp_path / "out.py").read_bytes()
    refused = call("export", net, "--to", to, "-o", tmp_path / "out.py", "--init", "he", "--seed", "1")
    assert (refused.code, "error[E415]: `out.safetensors` is there already" in refused.err) == (3, True)
    assert ((tmp_path / "out.safetensors").read_bytes(), (tmp_path / "out.py").read_bytes()) == (first, code)
    cure = tmp_path / "out_new.py"
    assert f"`-o {cure.name}`" in refused.err
    assert call("export", net, "--to", to, "-o", cure, "--init", "he", "--seed", "1").code == 0
    assert cure.with_suffix(".safetensors").read_bytes() != first
    assert call("export", net, "--to", to, "-o", tmp_path / "out.py", "--init", "he").code == 0
    assert (tmp_path / "out.safetensors").read_bytes() == first
    assert (tmp_path / "out.py").read_bytes() == code


@every_format
def test_weights_that_lie_there_already_stay(to: str, write: Write, tmp_path: Path) -> None:
    """What a spec names is read, and not written over: not even with other types."""
    net, weights = write("net.yaml", f"weights: net.safetensors\n{NET}"), tmp_path / "net.safetensors"
    tensors = random_tensors(load(write("other.yaml", NET)))
    save(tensors, weights)
    before = weights.stat()
    called = call("export", net, "--to", to, "-o", tmp_path / "net.py")
    assert (called.code, called.err, "in net.safetensors" in called.out) == (0, "", True)
    assert (weights.stat().st_ino, weights.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    save({name: array.astype(np.float64) for name, array in tensors.items()}, weights)
    held, code = weights.read_bytes(), (tmp_path / "net.py").read_bytes()
    called = call("export", net, "--to", to, "-o", tmp_path / "net.py")
    assert (called.code, "`net.safetensors` is there already" in called.err) == (3, True)
    assert (weights.read_bytes(), (tmp_path / "net.py").read_bytes()) == (held, code)


@every_format
def test_trained_weights_of_that_name_serve_as_they_are(to: str, net: str, tmp_path: Path) -> None:
    """What training writes says of itself how it came about: the tensors count, not the bytes."""
    weights = tmp_path / "net.safetensors"
    with weights.open("wb") as stream:
        dump(random_tensors(load(net)), stream, {"run": "12 epochs"})
    before = weights.read_bytes()
    called = call("export", net, "--weights", weights, "--to", to, "-o", tmp_path / "net.py")
    assert (called.code, called.err, "in net.safetensors" in called.out) == (0, "", True)
    assert call("export", net, "--init", "he", "--to", to, "-o", tmp_path / "net.py").code == 3
    assert weights.read_bytes() == before


@every_format
def test_weights_that_do_not_fit(to: str, net: str, tmp_path: Path) -> None:
    save({"a.weight": np.ones((1, 1, 1, 1))}, tmp_path / "w.npz")
    assert call("export", net, "--to", to, "-o", tmp_path / "out.py", "--weights", tmp_path / "w.npz").code == 3
    assert not (tmp_path / "out.py").exists()


@every_format
def test_equal_specs_give_equal_bytes(to: str, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        cnnspec.export(load("resnet18"), tmp_path / name / "net.py", to=to)
    assert (tmp_path / "one/net.py").read_bytes() == (tmp_path / "two/net.py").read_bytes()


@every_format
@pytest.mark.parametrize("text", ['"""quotes""" and \\ \\N', "残差 网络", "\\"])
def test_whatever_a_spec_is_called(to: str, text: str, tmp_path: Path) -> None:
    of = load({"cnnspec": 1, "name": text, "about": text, "input": {"C": 1, "H": 4, "W": 4}, "layers": ["relu"]})
    cnnspec.export(of, tmp_path / "net.py", to=to)
    ast.parse((tmp_path / "net.py").read_text(encoding="utf-8"))


@every_format
def test_all_kinds_are_written_or_refused_at_their_place(to: str, tmp_path: Path) -> None:
    for name, of in EXAMPLES.items():
        kind = of.graph.steps[-1].kind
        exporter = EXPORTERS[to]
        assert isinstance(exporter, SourceExporter)
        if kind in exporter.kinds() and not exporter.problems(of.graph):
            cnnspec.export(of, tmp_path / f"{name}.py", to=to)
            continue
        with pytest.raises(FileError, match="E419") as caught:
            cnnspec.export(of, tmp_path / f"{name}.py", to=to)
        assert caught.value.diagnostics[0].span is not None


@pytest.mark.parametrize("name", ["train", "a.float", "forward.b"])
def test_names_that_pytorch_has_itself(name: str, write: Write, tmp_path: Path) -> None:
    net = write("net.yaml", f"input: {{C: 1, H: 4, W: 4}}\nlayers:\n  - {{conv: {{F: 1, K: 1}}, name: {name}}}\n")
    called = call("export", net, "--to", "pytorch", "-o", tmp_path / "out.py")
    assert called.code == 3
    assert called.err.startswith(f"error[E419]: PyTorch has no module called `{name}`\n --> {net}:3:5\n")
    mended = write("mended.yaml", Path(net).read_text().replace(name, "other"))
    assert call("export", mended, "--to", "pytorch", "-o", tmp_path / "out.py").code == 0


def test_a_layer_that_holds_another(write: Write, tmp_path: Path) -> None:
    net = write("net.yaml", NET.replace("relu", "{conv: {F: 1, K: 1}, name: a.b}"))
    called = call("export", net, "--to", "pytorch", "-o", tmp_path / "out.py")
    assert "`a` is a layer by itself, and holds no other" in called.err


def test_the_ending_alone_does_not_say_which(net: str, tmp_path: Path) -> None:
    called = call("export", net, "-o", tmp_path / "out.py")
    assert (called.code, "error[E405]" in called.err, "--to pytorch" in called.err) == (3, True, True)
    assert called.err.count("`--to ") == len(FORMATS)
    assert not (tmp_path / "out.py").exists()


@pytest.mark.parametrize(
    "name", ["torch.py", "numpy.py", "json.py", "my net-1.py", "7.py", "class.py", "-.py", "a.b.py"]
)
@every_format
def test_names_that_are_none_for_a_module(
    to: str, name: str, net: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    called = call("export", net, "--to", to, "-o", f"./{name}")
    if to == "numpy" and name not in ("torch.py", "numpy.py", "json.py"):  # a program, run by any name
        assert (called.code, "error" in called.err) == (0, False)
        return
    assert (called.code, f"error[E405]: `{name}` is no name for a module" in called.err) == (3, True)
    assert not Path(name).exists()
    cure = called.err.split("help: `-o ")[1].split("`")[0]
    assert call("export", net, "--to", to, "-o", cure).code == 0
    assert Path(cure).stem.isidentifier()


RESIZED = "input: {C: 1, H: 4, W: 4}\nlayers: [{resize: {to: [5, 5], mode: bilinear}}]\n"


def test_formats_that_have_words_for_a_layer_are_named(write: Write, tmp_path: Path) -> None:
    """Each of them, and no other, writes the network."""
    net = write("net.yaml", RESIZED)
    refused = call("export", net, "--to", "numpy", "-o", tmp_path / "out.py", "--init", "he")
    assert (refused.code, "error[E419]: no rule for `resize` in NumPy" in refused.err) == (3, True)
    named = refused.err.split("help: ")[1].split("\n")[0]
    for to in EXPORTERS:
        able = not any(each.code == "E419" for each in EXPORTERS[to].problems(load(net).graph))
        assert able is (f"`--to {to}`" in named)
    assert "`--to onnx`" in named


def test_where_no_format_has_words_for_all_layers(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnspec.interop.export.EXPORTERS", {"numpy": EXPORTERS["numpy"]})
    refused = call("export", write("net.yaml", RESIZED), "--to", "numpy", "-o", tmp_path / "out.py")
    assert "help: another format, once it has rules for all layers: now none has\n" in refused.err
