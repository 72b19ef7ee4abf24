"""Small data sets for tests, written as files of every kind that training reads, and what is found in them."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cnnspec.diagnostics import Diagnostic, FileError
from cnnspec.language.sections.train import LossName
from cnnspec.spec import Spec, load
from cnnspec.train.datasets import Dataset, open_dataset

Bytes = NDArray[np.uint8]
SCORES, PIXELS = "[flatten, dense: {K: 3}]", "preprocess: {scale: 1/255}"


def network(C: int = 1, H: int = 4, W: int = 5, layers: str = SCORES, rest: str = PIXELS) -> Spec:
    """A spec of three classes for images of 4 x 5 cells."""
    return load(io.StringIO(f"cnnspec: 1\ninput: {{C: {C}, H: {H}, W: {W}}}\nlayers: {layers}\n{rest}\n"))


def pictures(n: int = 7, H: int = 4, W: int = 5, seed: int = 0) -> tuple[Bytes, Bytes]:
    """Gray images (n, H, W) and labels of three classes (n,)."""
    return np.random.default_rng(seed).integers(0, 256, (n, H, W), np.uint8), np.arange(n, dtype=np.uint8) % 3


def idx(path: Path, array: Bytes, packed: bool = False) -> Path:
    """An IDX file."""
    content = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


def idx_folder(folder: Path, pixels: Bytes, labels: Bytes, packed: bool = False) -> Path:
    """A folder with images and labels, as MNIST is published."""
    folder.mkdir(exist_ok=True)
    suffix = ".gz" if packed else ""
    idx(folder / f"train-images-idx3-ubyte{suffix}", pixels, packed)
    idx(folder / f"train-labels-idx1-ubyte{suffix}", labels, packed)
    return folder


def class_folders(folder: Path, pixels: Bytes, labels: Bytes, names: tuple[str, ...] = ("ant", "bee", "cat")) -> Path:
    """A folder with a sub-folder for each class; images are called by their numbers."""
    for i, (picture, label) in enumerate(zip(pixels, labels, strict=True)):
        (folder / names[label]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(folder / names[label] / f"{i}.png")
    return folder


def npz(path: Path, packed: bool = False, **arrays: Any) -> Path:
    """An archive of arrays."""
    (np.savez_compressed if packed else np.savez)(path, **arrays)
    return path


def table(path: Path, pixels: Bytes, labels: Bytes, header: str = "") -> Path:
    """A CSV file: label first."""
    rows = [",".join(map(str, [label, *picture.ravel()])) for picture, label in zip(pixels, labels, strict=True)]
    path.write_text("\n".join([header] * bool(header) + rows) + "\n", encoding="utf-8")
    return path


def read(examples: Dataset) -> tuple[Any, Any]:
    """All inputs and answers."""
    x, y = examples.read(np.arange(len(examples)))
    assert x.dtype == np.float32
    assert x.flags.c_contiguous
    return x, y


def refusals(path: Path, net: Spec | None = None, loss: LossName = "cross_entropy") -> tuple[Diagnostic, ...]:
    """Why a data set cannot be learned from."""
    with pytest.raises(FileError) as caught:
        open_dataset(path, net or network(), loss)
    return caught.value.diagnostics


def refusal(path: Path, net: Spec | None = None, loss: LossName = "cross_entropy") -> Diagnostic:
    """The one reason why it cannot."""
    (found,) = refusals(path, net, loss)
    assert found.file
    return found
