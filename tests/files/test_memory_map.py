"""Memory of mapped files is given back once kernels have the values, and comes again when they are asked for."""

from __future__ import annotations

import mmap
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import inputs
from engine_cases import graph, lively

from cnnspec.engine.model import Model
from cnnspec.files.memory_map import release
from cnnspec.weights import save, take

SIZE = 1 << 20


def resident(array: Any) -> int:
    """Bytes of the mapping at an array's address that are in the process' memory."""
    address = array.__array_interface__["data"][0]
    lines = iter(Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines())
    for line in lines:
        first, _, rest = line.partition("-")
        if ":" not in first and int(first, 16) <= address < int(rest.split()[0], 16):
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Rss:"))
    raise AssertionError("no mapping at this address")


linux = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc what is in memory")


def mapped(tmp_path: Path, mode: Any) -> Any:
    np.arange(SIZE, dtype=np.float32).tofile(tmp_path / "a")
    return np.memmap(tmp_path / "a", np.float32, mode)


@linux
def test_memory_is_given_back_and_comes_again(tmp_path: Path) -> None:
    array = mapped(tmp_path, "r")
    part = np.asarray(array[8:]).view(np.int32).reshape(2, -1)
    assert array.sum() > 0
    assert resident(array) >= 4 * SIZE
    release([part, part[1], np.ones(3)])
    assert resident(array) == 0
    assert array[-1] == SIZE - 1


@pytest.mark.parametrize("mode", ["c", "r+"])
def test_what_was_written_is_not_lost(tmp_path: Path, mode: str) -> None:
    array = mapped(tmp_path, mode)
    array[:] = 5
    array.flags.writeable = False
    release([array, array[4:]])
    assert (array == 5).all()


def test_a_system_without_such_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mmap, "MADV_DONTNEED", raising=False)
    array = mapped(tmp_path, "r")
    release([array])
    assert array[-1] == SIZE - 1


@linux
def test_a_compiled_network_leaves_its_file(tmp_path: Path) -> None:
    """Nothing of it stays in memory, and a trace reads it again."""
    found = graph((64, 8, 8), "  - {conv: {F: 3, K: 512, P: 1}}\n  - batchnorm\n  - {conv: {F: 1, K: 600}}\n")
    save(lively(found), tmp_path / "w.safetensors")
    tensors = take(found.tensors, tmp_path / "w.safetensors")
    model, x = Model(found, tensors, 1), inputs(1, found.input)
    assert resident(tensors["conv2.weight"]) == 0
    np.testing.assert_allclose(model.trace(x)["conv2"], model.run(x)["conv2"], rtol=1e-3, atol=1e-4)
    assert resident(tensors["conv2.weight"]) > 0
