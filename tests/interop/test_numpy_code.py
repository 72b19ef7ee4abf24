"""Code for NumPy: run as a program where nothing but NumPy can be imported, it gives what the network gives."""

from __future__ import annotations

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

from cnnspec.interop.export import problems
from cnnspec.interop.numpy.kinds import KINDS
from cnnspec.interop.registry import EXPORTERS
from cnnspec.layers import kinds
from cnnspec.spec import Spec, load

RUNNER = """
import runpy, sys
from pathlib import Path

class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in ("numpy", *sys.stdlib_module_names):
            raise ImportError(name)

sys.meta_path.insert(0, Nothing())
for folder in map(Path, sys.argv[1:]):
    sys.argv = ["net.py", str(folder / "x.npy"), str(folder / "y")]
    runpy.run_path(str(folder / "net.py"), run_name="__main__")
"""
"""Runs programs one after the other, which find nothing beside Python's own library and NumPy."""


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
    folders = [str(folder / str(number)) for number in range(len(specs))]
    command = [sys.executable, "-W", "error", "-c", RUNNER, *folders]
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
    assert module.checked(np.zeros((0, 1, 28, 28))).dtype == np.float32
    for wrong in (np.zeros((1, 27, 28)), np.zeros((2, 28, 28, 1)), np.zeros(3), np.zeros((1, 1, 28, 28), "U1")):
        with pytest.raises(ValueError, match="the input"):
            module.checked(wrong)


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
