"""A data set is known by its fingerprint, wherever it lies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import class_folders, idx_folder, network, npz, pictures, table

from cnnspec.files import file_array
from cnnspec.train.datasets import open_dataset, storage

KINDS: dict[str, Callable[[Path, Any, Any], Path]] = {
    "idx": idx_folder,
    "folders": class_folders,
    "npz": lambda path, pixels, labels: npz(path.with_suffix(".npz"), x=pixels[:, None], y=labels),
    "csv": lambda path, pixels, labels: table(path.with_suffix(".csv"), pixels, labels),
}


@pytest.mark.parametrize("kind", KINDS)
def test_equal_data_have_equal_fingerprints_wherever_they_lie(tmp_path: Path, kind: str) -> None:
    pixels, labels = pictures()
    seals = {open_dataset(KINDS[kind](tmp_path / name, pixels, labels), network()).fingerprint for name in "ab"}
    assert len(seals) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_other_data_have_other_fingerprints(tmp_path: Path, kind: str) -> None:
    pixels, labels = pictures()
    changed = pixels.copy()
    changed[-1, -1, -1] ^= 1
    variants = [(pixels, labels), (changed, labels), (pixels, labels[::-1].copy()), (pixels[:-1], labels[:-1])]
    seals = {
        open_dataset(KINDS[kind](tmp_path / str(i), *variant), network()).fingerprint
        for i, variant in enumerate(variants)
    }
    assert len(seals) == 4


@pytest.mark.parametrize("kind", KINDS)
def test_data_on_the_disk_are_known_by_their_middle_too(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the sizes of all files are the same."""
    monkeypatch.setattr(storage, "HELD", 100)
    monkeypatch.setattr(file_array, "PIECE", 50)
    pixels, labels = pictures(40)
    pixels[20] = 77  # an image of one colour: another one takes as many bytes
    changed = pixels.copy()
    changed[20] = 78
    paths = [KINDS[kind](tmp_path / name, each, labels) for name, each in (("a", pixels), ("b", changed))]
    found = [open_dataset(path, network()) for path in paths]
    assert len({examples.fingerprint for examples in found}) == 2
    sizes = [[path.stat().st_size for path in sorted((tmp_path / name).rglob("*.*"))] for name in ("a", "b")]
    assert sizes[0] == sizes[1]


def test_the_way_from_pixels_to_inputs_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    path = idx_folder(tmp_path, *pictures())
    seals = {open_dataset(path, network(rest=f"preprocess: {{scale: {scale}}}")).fingerprint for scale in (1, 2)}
    assert len(seals) == 2
