"""Code for NumPy: run as a program where nothing but NumPy can be imported, it gives what the network gives."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import random_specs
from generated_code import (
    AWKWARD,
    EXAMPLES,
    NETWORKS,
    NUMPY_ALONE,
    TOLERANCE,
    Array,
    ensure_close,
    expected,
    imported,
    network,
    random_input,
    random_tensors,
    written,
)
from hypothesis import given, settings

import cnnspec
from cnnspec.interop.export import problems
from cnnspec.interop.numpy.kinds import KINDS
from cnnspec.interop.registry import EXPORTERS
from cnnspec.layers import kinds
from cnnspec.spec import Spec, load

RUNNER = f"""{NUMPY_ALONE}
from pathlib import Path
for output in map(Path, sys.argv[1:]):
    sys.argv = ["net.py", str(output.with_name("x.npy")), str(output)]
    runpy.run_path(str(output.with_name("net.py")), run_name="__main__")
"""
"""Runs programs one after the other."""


def prepared(of: Spec, folder: Path) -> list[Array]:
    """A folder with a program, its weights and its input; what is to come out."""
    folder.mkdir()
    tensors, x = random_tensors(of), random_input(of)
    written(of, folder, "numpy", tensors)
    np.save(folder / "x.npy", x)
    return expected(of, x, tensors)


def results(folder: Path) -> list[Array]:
    if (folder / "y.npz").exists():
        with np.load(folder / "y.npz") as archive:
            return list(archive.values())
    return [np.load(folder / "y.npy")]


def run(specs: dict[str, Spec], folder: Path, tolerance: float) -> None:
    """All of some specs in one process of its own."""
    wanted = {name: prepared(of, folder / str(number)) for number, (name, of) in enumerate(specs.items())}
    endings = ["npz" if len(of.graph.outputs) > 1 else "npy" for of in specs.values()]
    outputs = [str(folder / str(number) / f"y.{ending}") for number, ending in enumerate(endings)]
    command = [sys.executable, "-W", "error", "-c", RUNNER, *outputs]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    for number, name in enumerate(specs):
        try:
            ensure_close(results(folder / str(number)), wanted[name], tolerance)
        except AssertionError as error:
            raise AssertionError(name) from error


def test_layers(tmp_path: Path) -> None:
    said = {name: of for name, of in EXAMPLES.items() if not problems(of, EXPORTERS["numpy"])}
    assert len(said) > 170
    run(said, tmp_path, TOLERANCE)


@pytest.mark.parametrize("half", [0, 1])
def test_bundled_networks(half: int, tmp_path: Path) -> None:
    run({name: network(name) for name in NETWORKS[half::2]}, tmp_path, 2e-4)


def test_awkward_networks(tmp_path: Path) -> None:
    run({title: random_specs.load(text) for title, text in AWKWARD.items()}, tmp_path, TOLERANCE)


@settings(max_examples=50)
@given(random_specs.texts(without=frozenset(kinds()).difference(KINDS)))
def test_random_specs(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    of, folder = random_specs.load(text), tmp_path_factory.mktemp("net")
    tensors, x = random_tensors(of), random_input(of)
    module = imported(written(of, folder, "numpy", tensors))
    arguments = [module.load_safetensors(folder / "net.safetensors")] if (folder / "net.safetensors").exists() else []
    found = module.network(x, *arguments)
    ensure_close(list(found) if isinstance(found, tuple) else [found], expected(of, x, tensors), 2e-4)


def test_inputs_are_checked(tmp_path: Path) -> None:
    module = imported(written(load("lenet5"), tmp_path, "numpy", None))
    assert module.checked(np.zeros((1, 28, 28), np.uint8)).shape == (1, 1, 28, 28)
    assert module.checked(np.zeros((3, 1, 28, 28))).dtype == np.float32
    for wrong in (
        np.zeros((0, 1, 28, 28)),
        np.zeros(()),
        np.zeros((1, 27, 28)),
        np.zeros((2, 28, 28, 1)),
        np.zeros(3),
        np.zeros((1, 1, 28, 28), "U1"),
    ):
        with pytest.raises(ValueError, match="the input"):
            module.checked(wrong)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """lenet5 as a program, its weights beside it, and inputs that are right."""
    folder = tmp_path_factory.mktemp("program")
    cnnspec.export(load("lenet5"), folder / "net.py", to="numpy")
    np.save(folder / "x.npy", np.zeros((1, 28, 28), np.uint8))
    return folder / "net.py"


def ended(program: Path, monkeypatch: pytest.MonkeyPatch, *arguments: Path | str) -> str:
    """How a program ends: the last words of one that fails, or nothing."""
    monkeypatch.setattr(sys, "argv", [str(program), *map(str, arguments)])
    try:
        imported(program).main()
    except SystemExit as end:
        return str(end.code)
    return ""


DAMAGED = {
    "empty.npy": (b"", "it is no .npy file of NumPy"),
    "picture.npy": (b"\x89PNG\r\n\x1a\n" + bytes(100), "it is no .npy file of NumPy"),
    "header.npy": (b"\x93NUMPY\x01\x00\x10\x00{'descr': (((\n", ""),
    "archive.npz": (b"PK\x03\x04" + bytes(100), "File is not a zip file"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_files_that_are_no_input_end_it_with_a_line(
    name: str, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, why = DAMAGED[name]
    (tmp_path / name).write_bytes(data)
    said = ended(program, monkeypatch, tmp_path / name)
    assert said.startswith(f"{tmp_path / name}: {why}")
    assert "\n" not in said


def test_inputs_that_do_not_fit_end_it_with_a_line(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = tmp_path / "x.npy"
    assert ended(program, monkeypatch, x) == f"{x}: No such file or directory"
    assert ended(program, monkeypatch, tmp_path).startswith(f"{tmp_path}: ")
    for wrong in (np.zeros((0, 1, 28, 28)), np.zeros((3, 3))):
        np.save(x, wrong)
        assert ended(program, monkeypatch, x) == f"{x}: the input is {wrong.shape}, not (N, 1, 28, 28) with N >= 1"
    np.save(x, np.array([{}]), allow_pickle=True)
    assert ended(program, monkeypatch, x).startswith(f"{x}: ")


def test_archives_of_one_array_are_taken(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.zeros((1, 28, 28))
    np.savez(tmp_path / "one.npz", image)
    assert ended(program, monkeypatch, tmp_path / "one.npz", tmp_path / "y.npy") == ""
    assert np.load(tmp_path / "y.npy").shape == (1, 10)
    np.savez(tmp_path / "two.npz", image, image)
    assert ended(program, monkeypatch, tmp_path / "two.npz").endswith("two.npz: it holds 2 arrays, not one")


def test_where_no_output_goes(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x = program.with_name("x.npy")
    before = x.read_bytes()
    (tmp_path / "link.npy").symlink_to(x)
    for output in (x, tmp_path / "link.npy"):
        assert ended(program, monkeypatch, x, output) == f"{output}: it is the input; the output goes to another file"
    assert x.read_bytes() == before
    for output in (program, x.with_suffix(""), tmp_path / "y"):
        assert ended(program, monkeypatch, x, output) == f"{output}: the output's name ends in .npy"
    assert ended(program, monkeypatch, x, tmp_path / "none/y.npy").endswith("No such file or directory")


def test_weights_that_are_no_use_end_it_with_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cnnspec.export(load("lenet5"), tmp_path / "net.py", to="numpy")
    weights, x = tmp_path / "net.safetensors", tmp_path / "x.npy"
    np.save(x, np.zeros((1, 28, 28)))
    whole, header = weights.read_bytes(), int.from_bytes(weights.read_bytes()[:8], "little")
    damaged = [b"", whole[:4], whole[: header // 2], whole[:-1], bytes(200), b"<html>" * 50]
    damaged += [whole.replace(b"conv1.weight", b"conv9.weight"), whole.replace(b"F32", b"I32")]
    for data in damaged:
        weights.write_bytes(data)
        said = ended(tmp_path / "net.py", monkeypatch, x)
        assert said.startswith(f"{weights}: ")
        assert "\n" not in said
    weights.write_bytes(whole[:-1])
    assert ended(tmp_path / "net.py", monkeypatch, x) == f"{weights}: it is cut short"
    weights.unlink()
    assert ended(tmp_path / "net.py", monkeypatch, x) == f"{weights}: No such file or directory"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_output_that_nobody_takes(program: Path) -> None:
    x = program.with_name("x.npy")
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, str(program), str(x)]
        found = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (found.returncode, found.stderr) == (1, "output: No space left on device\n")
    reading, writing = os.pipe()
    os.close(reading)
    found = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (found.returncode, found.stderr) == (1, "")


def test_help(program: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(program, monkeypatch, "--help") == "0"
    assert capsys.readouterr().out.startswith("usage: net.py [-h] INPUT.npy [OUTPUT.npy]\n")
    assert ended(program, monkeypatch) == "2"


@pytest.mark.peers
@pytest.mark.parametrize("title", [*NETWORKS, *AWKWARD])
def test_it_is_formatted(title: str, tmp_path: Path) -> None:
    from generated_code import formatted

    of = random_specs.load(AWKWARD[title]) if title in AWKWARD else load(title)
    assert formatted(written(of, tmp_path, "numpy", None)) == ""


@pytest.mark.peers
def test_all_definitions_are_formatted(tmp_path: Path) -> None:
    from generated_code import formatted

    for name, of in EXAMPLES.items():
        if not problems(of, EXPORTERS["numpy"]):
            (tmp_path / name).mkdir()
            written(of, tmp_path / name, "numpy", None)
    assert formatted(tmp_path) == ""
