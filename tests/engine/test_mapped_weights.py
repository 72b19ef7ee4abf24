"""Weights that begin at any byte of a mapped file: neurons work on them where they are, with no copy of all of them."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from calling import inputs
from engine_cases import defined, error, graph, lively

from cnnspec import weights
from cnnspec.engine.model import Model
from cnnspec.graph.graph import Graph

SHAPE = (8, 32, 32)
K = 300


def network() -> Graph:
    return graph(SHAPE, f"  - flatten\n  - {{dense: {{K: {K}}}, name: d}}\n  - relu\n")


def written(folder: Path, found: Graph) -> Path:
    """A file whose tensors begin at odd bytes."""
    tensors = lively(found)
    header, data = {"first": {"dtype": "I8", "shape": [1], "data_offsets": [0, 1]}}, b"\0"
    for name, array in tensors.items():
        end = len(data) + array.nbytes
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(data), end]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path = folder / "odd.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("threads", [1, 2])
def test_they_are_not_copied(n: int, threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "MAPPED", 1 << 20)
    found = network()
    path, x = written(tmp_path, found), inputs(n, SHAPE)
    wanted = defined(found, lively(found), x)["relu1"]
    Model(found, lively(found), threads).run(x)  # what is imported and kept at first
    tracemalloc.start()
    try:
        tensors = weights.take(found.tensors, path)
        y = np.asarray(Model(found, tensors, threads)(x))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert not tensors["d.weight"].flags.aligned
    assert tensors["d.bias"].flags.aligned, "what is small is copied: it is quicker"
    assert peak < 0.8 * tensors["d.weight"].nbytes
    assert error(y, wanted) <= 1e-5


def test_what_is_not_finite_is_found_in_any_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "PART", 1000)
    found = network()
    tensors = lively(found)
    tensors["d.weight"].flat[[0, 999, 1000, -1]] = np.nan
    _, [diagnostic] = weights.fit(found.tensors, tensors, "")
    assert diagnostic.code == "E407"
    assert diagnostic.why is not None
    assert diagnostic.why.startswith(f"4 of the {K * 8 * 32 * 32:,} values of `d.weight`")
