"""Packages for some of the work that are installed and cannot be loaded: a library is gone, or NumPy is another one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from calling import call
from checkout import ROOT

from cnnspec import FileError, from_torch
from cnnspec.diagnostics.missing_package import needed

FAULTS = {
    "raise ImportError('needs NumPy 2.1 or less\\nand more')": "ImportError: needs NumPy 2.1 or less",
    "raise OSError('no shared object')": "OSError: no shared object",
    "raise RuntimeError": "RuntimeError",
    "import numpy; numpy.float_of_old": "AttributeError: module 'numpy' has no attribute 'float_of_old'",
    "import a_package_that_nobody_wrote": "ModuleNotFoundError: No module named 'a_package_that_nobody_wrote'",
}


class Breaking:
    """Puts packages that raise something in front of those that are installed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder, monkeypatch
        monkeypatch.syspath_prepend(str(folder))

    def __call__(self, package: str, code: str = next(iter(FAULTS))) -> None:
        (self.folder / package).mkdir()
        (self.folder / package / "__init__.py").write_text(code)
        self.monkeypatch.delitem(sys.modules, package, raising=False)


@pytest.fixture
def breaking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Breaking:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return Breaking(tmp_path, monkeypatch)


@pytest.mark.parametrize("code", FAULTS)
def test_whatever_an_import_raises_is_said_in_a_line(breaking: Breaking, code: str) -> None:
    breaking("package_of_a_test", code)
    with pytest.raises(FileError) as raised:
        needed("this", "package_of_a_test")
    (found,) = raised.value.diagnostics
    assert found.code == "E417"
    assert found.message == "this needs the package `package_of_a_test`, which is installed and cannot be loaded"
    assert found.why == f"importing package_of_a_test ends with {FAULTS[code]}"
    assert found.help == "`pip install --upgrade --force-reinstall package_of_a_test`"


COMMANDS: dict[str, list[tuple[str, ...]]] = {
    "onnx": [("export", "lenet5", "--init", "he", "-o", "net.onnx"), ("import", "model.onnx", "-o", "net.yaml")],
    "h5py": [
        ("import", "model.h5", "-o", "net.yaml"),
        ("convert", "model.h5", "-o", "w.safetensors"),
        ("convert", "w.npz", "-o", "w.h5", "--for", "lenet5"),
    ],
    "pyarrow": [("run", "lenet5", "model.h5", "--out", "r.parquet")],
    "fsspec": [("run", "lenet5", "memory://a.png", "--out", "r.parquet")],
    "distributed": [("run", "lenet5", "model.h5", "--out", "r.parquet", "--dask", "x")],
    "pygls": [("lsp",)],
    "numba": [("run", "lenet5", "--init", "he", "--backend", "numba")],
}


@pytest.mark.parametrize(("package", "words"), [(name, words) for name, every in COMMANDS.items() for words in every])
def test_each_is_said_where_it_is_needed(
    breaking: Breaking, monkeypatch: pytest.MonkeyPatch, package: str, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("CNNSPEC_CACHE", str(Path("cache").absolute()))
    monkeypatch.setattr("cnnspec.engine.backends.numba.native._FUNCTIONS", {})
    Path("model.onnx").write_bytes(b"\x08\x07\x12\x01x:\x00")
    Path("model.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(500))
    before = sorted(Path().iterdir())
    if package in ("fsspec", "distributed"):
        monkeypatch.setitem(sys.modules, "pyarrow", sys)  # it is asked for first
    breaking(package)
    called = call(*words)
    assert called.code == 3, called.err
    assert f"needs the package `{package}`, which is installed and cannot be loaded" in called.err
    assert "ImportError: needs NumPy 2.1 or less\n" in called.err
    assert f"help: `pip install --upgrade --force-reinstall {package}`" in called.err
    assert sorted(Path().iterdir()) == before


@pytest.mark.parametrize("package", ["torch", "onnx"])
def test_modules_of_pytorch(breaking: Breaking, monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, "torch", sys)
    breaking(package)
    with pytest.raises(FileError, match=f"reading PyTorch modules needs the package `{package}`, which is installed"):
        from_torch(None, (1, 2, 2))


@pytest.mark.parametrize(
    ("raised", "package", "why"),
    [
        (ImportError("No module named 'yaml'", name="yaml"), "yaml", "ImportError: No module named 'yaml'"),
        (ImportError("\nread this\n"), "numpy", "ModuleNotFoundError: No module named 'numpy._core.umath'"),
    ],
)
def test_a_package_that_came_with_it_is_no_bug_of_its_own(
    monkeypatch: pytest.MonkeyPatch, raised: ImportError, package: str, why: str
) -> None:
    """NumPy's own error has no name, but comes of one that has."""

    def work() -> None:
        try:
            raise ModuleNotFoundError("No module named 'numpy._core.umath'", name="numpy._core.umath")
        except ModuleNotFoundError as cause:
            raise raised from cause

    monkeypatch.setattr("cnnspec.cli.commands.doctor.command.callback", lambda **options: work())
    called = call("doctor")
    assert (called.code, called.out) == (3, "")
    assert f"error[E417]: the package `{package}` cannot be loaded\n  = why: {why}\n" in called.err
    assert "help: `pip install --upgrade --force-reinstall cnnspec`" in called.err


def test_an_import_of_its_own_that_fails_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(**options: object) -> None:
        raise ImportError("cannot import name 'x' from 'cnnspec.cli'", name="cnnspec.cli")

    monkeypatch.setattr("cnnspec.cli.commands.doctor.command.callback", work)
    called = call("doctor")
    assert called.code == 70
    assert "internal error: ImportError" in called.err


@pytest.mark.parametrize("package", ["numpy", "yaml", "pydantic"])
def test_without_what_it_cannot_do_without(tmp_path: Path, package: str) -> None:
    (tmp_path / f"{package}.py").write_text(f"raise ImportError('no shared object', name='{package}.core')")
    words = [sys.executable, "-m", "cnnspec", "run", "lenet5"]
    path = os.pathsep.join((str(tmp_path), str(ROOT)))
    done = subprocess.run(words, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}, check=False)
    assert done.returncode == 3
    assert done.stderr.startswith(f"error[E417]: the package `{package}` cannot be loaded\n  = why: ImportError: no sh")
