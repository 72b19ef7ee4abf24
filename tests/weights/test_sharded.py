"""Weights in several files, of which an index says which tensor is where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call

from cnnspec import weights

FIRST, SECOND = {"a.weight": np.ones((2, 3), "f4")}, {"a.bias": np.zeros(2, "f4"), "b": np.ones(1, "f4")}


def index(folder: Path, places: Any) -> Path:
    weights.save(FIRST, folder / "one.safetensors")
    weights.save(SECOND, folder / "two.safetensors")
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps({"metadata": {"total_size": 40}, "weight_map": places}))
    return path


def test_the_files_become_one(tmp_path: Path) -> None:
    places = {"a.weight": "one.safetensors", "a.bias": "two.safetensors", "b": "two.safetensors"}
    called = call("convert", str(index(tmp_path, places)), "-o", str(tmp_path / "all.safetensors"))
    assert called.code == 0, called.err
    found = weights.read(tmp_path / "all.safetensors")
    assert found.keys() == places.keys()
    assert all(np.array_equal(found[name], array) for name, array in (FIRST | SECOND).items())


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ({"a.weight": "/etc/one.safetensors"}, "does not name .safetensors files beside it"),
        ({"a.weight": "../one.safetensors"}, "does not name .safetensors files beside it"),
        ({"a.weight": "one.bin"}, "does not name .safetensors files beside it"),
        ({}, "does not name .safetensors files beside it"),
        ([1], "does not name .safetensors files beside it"),
        ({"a.bias": "one.safetensors"}, "it lacks `a.bias`"),
        ({"a.weight": "three.safetensors"}, "E404"),
    ],
)
def test_what_an_index_says_is_not_believed(places: Any, said: str, tmp_path: Path) -> None:
    called = call("convert", str(index(tmp_path, places)), "-o", str(tmp_path / "all.safetensors"))
    assert called.code == 3
    assert said in called.err
    assert not (tmp_path / "all.safetensors").exists()
