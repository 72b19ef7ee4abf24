"""Arrays of whole numbers are taken as they are, which is said where images would be scaled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call

SPEC = """input: {C: 1, H: 8, W: 8}
layers:
  - {conv: {F: 3, K: 2}, name: c}
  - flatten
  - {dense: {K: 3}, name: d}
train: {epochs: 1, batch: 8}
"""
SCALED = "preprocess: {mode: gray, scale: 1/255}\n"


def arrays(folder: Path, dtype: Any) -> tuple[Path, Path]:
    x = np.random.default_rng(0).integers(0, 100, (48, 1, 8, 8)).astype(dtype)
    np.save(folder / "x.npy", x[:2])
    np.savez(folder / "d.npz", x=x, y=np.arange(48) % 3)
    return folder / "x.npy", folder / "d.npz"


@pytest.mark.parametrize(
    ("section", "dtype", "said"),
    [
        (SCALED, np.uint8, "uint8"),
        (SCALED, np.int64, "int64"),
        (SCALED, np.float32, ""),
        ("preprocess: {mode: gray}\n", np.uint8, ""),
        ("", np.uint8, ""),
    ],
)
def test_every_command_that_takes_arrays_says_it(tmp_path: Path, section: str, dtype: Any, said: str) -> None:
    (tmp_path / "net.yaml").write_text(SPEC + section)
    x, data = arrays(tmp_path, dtype)
    weights = tmp_path / "w.safetensors"
    spec = tmp_path / "net.yaml"
    commands = [
        ("train", spec, "--data", data, "-o", weights),
        ("eval", spec, "--data", data, "--weights", weights),
        ("run", spec, x, "--weights", weights, "--top", "1"),
    ]
    for command in commands:
        called = call(*command)
        assert called.code == 0, called.err
        notes = [line for line in called.err.splitlines() if "`preprocess` scales images" in line]
        assert len(notes) == bool(said)
        assert all(f"its {said} are taken as they are" in line for line in notes)


@pytest.mark.parametrize(
    "command",
    [
        ("run", "lenet5", ""),
        ("inspect", "lenet5", ""),
        ("convert", "w.npz", "-o", "o.npz", "--for", ""),
        ("schema", ""),
    ],
)
def test_an_empty_word_is_nothing_that_was_meant(command: tuple[str, ...]) -> None:
    called = call(*command)
    assert called.code == 2
    assert "is a variable of the shell not set?" in called.err
