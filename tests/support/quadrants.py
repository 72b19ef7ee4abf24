"""A small task for tests of training: which quarter of a noisy image is bright. It is learned in a blink."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SPEC = """\
name: quadrants
input: {C: 1, H: 6, W: 6}
train: {data: x.npz, validation: 1/5, epochs: 3, batch: 16, rate: 0.01}
classes: [top left, top right, bottom left, bottom right]
layers:
  - {conv: {F: 3, K: 4, P: same}, name: conv}
  - relu
  - maxpool: {F: 2, S: 2}
  - flatten
  - {dense: {K: 4}, name: fc}
  - softmax
"""
TENSORS = ("conv.bias", "conv.weight", "fc.bias", "fc.weight")


def examples(folder: Path, count: int = 160, seed: int = 0) -> Path:
    """`x.npz` with images x (N, 1, 6, 6) and labels y (N,)."""
    random = np.random.default_rng(seed)
    y = np.arange(count) % 4
    x = 0.6 * random.normal(size=(count, 1, 6, 6))
    for image, label in zip(x, y, strict=True):
        row, column = 3 * (label // 2), 3 * (label % 2)
        image[0, row : row + 3, column : column + 3] += 1
    path = folder / "x.npz"
    np.savez(path, x=x.astype(np.float32), y=y)
    return path


def quadrants(folder: Path, text: str = SPEC, count: int = 160) -> Path:
    """The spec, `net.yaml`, with its examples beside it."""
    examples(folder, count)
    path = folder / "net.yaml"
    path.write_text(text, encoding="utf-8")
    return path
