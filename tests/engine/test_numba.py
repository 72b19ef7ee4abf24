"""The backend numba: chosen by name, its code kept on disk, and what happens where that cannot be."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from calling import call, inputs
from engine_cases import graph, lively
from processes import modules_after

from cnnspec.engine import backends
from cnnspec.engine.backends.numba import NumbaBackend, linker, native
from cnnspec.engine.model import Model
from cnnspec.files import byproducts
from cnnspec.kernels.compiled.vectors import Vectors
from cnnspec.machine import compiled_code

SMALL = Vectors("small", 4, 8)
"""Of no processor: quick to compile."""


@pytest.fixture(scope="module")
def code() -> dict[Vectors, bytes]:
    """What is compiled once for all tests here."""
    return {vectors: native._code("convolution", vectors) for vectors in (SMALL, linker.vectors())}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: dict[Vectors, bytes]) -> Path:
    """An empty folder for compiled code. Compiling takes no time here."""
    monkeypatch.setattr(native, "compiled", lambda name, vectors: code[vectors])
    monkeypatch.setenv("CNNSPEC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(native, "_FUNCTIONS", {})
    return tmp_path / "cache"


def outputs() -> np.ndarray:
    found = graph((3, 9, 8), "  - {conv: {F: 3, K: 5, P: 1}}\n  - relu\n")
    model = Model(found, lively(found), 1, backend="numba")
    [y] = model.run(inputs(2, found.input)).values()
    return y


def test_code_is_kept_and_found_again(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    native.function("convolution", SMALL)
    [file] = cache.iterdir()
    before = file.read_bytes()
    assert (cache.stat().st_mode & 0o777) == 0o700 or os.name == "nt"
    monkeypatch.setattr(native, "_FUNCTIONS", {})
    monkeypatch.setattr(native, "compiled", lambda *_: pytest.fail("compiled again"))
    native.function("convolution", SMALL)
    assert file.read_bytes() == before


@pytest.mark.parametrize("spoil", [b"", b"short", b"x" * 5000])
def test_code_that_is_not_as_it_was_written_is_made_anew(
    cache: Path, monkeypatch: pytest.MonkeyPatch, spoil: bytes
) -> None:
    native.function("convolution", SMALL)
    [file] = cache.iterdir()
    file.write_bytes(spoil)
    monkeypatch.setattr(native, "_FUNCTIONS", {})
    native.function("convolution", SMALL)
    assert byproducts.kept(file)


def test_another_source_version_or_processor_has_another_file(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {native._file("convolution", SMALL)}
    for module, name, value in (
        (native, "_sources", "other"),
        (native, "numba_version", "0.0"),
        (linker, "processor", "abacus"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, lambda value=value: value)
            files.add(native._file("convolution", SMALL))
    files.add(native._file("convolution", Vectors("small", 4, 16)))
    assert len(files) == 5


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_nothing_is_run_from_a_folder_that_others_may_write_to(cache: Path) -> None:
    cache.mkdir()
    cache.chmod(0o777)
    file = cache / "x.o"
    assert not byproducts.keep(file, b"code")
    cache.chmod(0o700)
    assert byproducts.keep(file, b"code")
    assert byproducts.kept(file) == b"code"
    cache.chmod(0o777)
    assert byproducts.kept(file) is None


def test_where_nothing_can_be_kept_it_runs_from_memory(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = outputs()
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("CNNSPEC_CACHE", str(tmp_path / "file" / "inside"))
    monkeypatch.setattr(native, "_FUNCTIONS", {})
    np.testing.assert_array_equal(outputs(), wanted)
    assert "for this process only" in NumbaBackend(SMALL).preparation()


def test_several_processes_at_once(cache: Path) -> None:
    """Each writes a whole file, or finds one."""
    code = (
        f"import os; os.environ['CNNSPEC_CACHE'] = {str(cache)!r};"
        "from cnnspec.engine.backends.numba import native; from cnnspec.kernels.compiled.vectors import Vectors;"
        "native.function('convolution', Vectors('small', 4, 8))"
    )
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(modules_after, [code] * 3))
    [file] = cache.iterdir()
    assert byproducts.kept(file)


def test_numba_is_not_imported_where_the_code_is_there() -> None:
    outputs()
    modules = modules_after(
        f"import os; os.environ['CNNSPEC_CACHE'] = {os.environ['CNNSPEC_CACHE']!r};"
        "from cnnspec import load, weights; spec = load('lenet5');"
        "spec.compile(weights.initial(spec.graph.tensors, 'he', 0), threads=1, backend='numba')"
    )
    assert "llvmlite.binding" in modules
    assert "numba" not in modules


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_code, "numba_version", lambda: None)
    backends._loaded.cache_clear()
    cure = "pip install numba"
    with pytest.raises(ValueError, match="the backend numba needs the package numba") as raised:
        backends.chain("numba")
    assert cure in str(raised.value)
    called = call("run", "lenet5", "--backend", "numba")
    assert called.code == 2
    assert cure in called.err


def test_run_and_eval_take_it(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = call("run", "lenet5", "--init", "he", "--backend", "numba")
    assert first.code == 0
    assert f"note: kernels are compiled for this processor, kept in {cache}" in first.err
    second = call("run", "lenet5", "--init", "he", "--backend", "numba")
    assert (second.code, second.err) == (0, "")
    assert second.out == call("run", "lenet5", "--init", "he").out == first.out


def test_another_numba_backend_is_not_another_result() -> None:
    """The same bytes each time: nothing hangs on where arrays lie."""
    assert len({outputs().tobytes() for _ in range(5)}) == 1
