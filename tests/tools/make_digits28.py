"""Make `specs/digits28/`: the digits of `specs/digits/`, 8 x 8, as white ones on black of 28 x 28 pixels, like MNIST's.

`python tests/tools/make_digits28.py`. Each is enlarged, stretched, slanted and turned a little, at random, with pens of
several widths; then it is put where its centre of mass is the image's. Sixteen levels of gray keep the file small.
"""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SPECS = Path(__file__).parents[2] / "specs"
SIDE, CELL = 28, 12
"""Of an image made, and of a cell of the enlargement it is made from, in pixels."""
LEVELS = 16


def main() -> None:
    pixels = read(SPECS / "digits" / "train-images-idx3-ubyte.gz", 16).reshape(-1, 8, 8)
    labels = read(SPECS / "digits" / "train-labels-idx1-ubyte.gz", 8)
    random = np.random.default_rng(0)
    folder = SPECS / "digits28"
    folder.mkdir(exist_ok=True)
    write(folder / "train-images-idx3-ubyte.gz", np.stack([drawn(picture, random) for picture in pixels]))
    write(folder / "train-labels-idx1-ubyte.gz", labels)


def drawn(picture: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """An image (28, 28) of a digit (8, 8)."""
    large = Image.fromarray(np.pad(picture, 2)).resize((12 * CELL, 12 * CELL), Image.Resampling.BICUBIC)
    height = random.uniform(17, 20) / 8
    width = height * random.uniform(0.75, 1.15)
    slant, angle = random.uniform(-0.15, 0.45), np.radians(random.uniform(-8, 8))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    back = np.linalg.inv(turn @ np.array([[1, -slant], [0, 1]]) @ np.diag([width, height]) / CELL)
    start = np.full(2, 6 * CELL) - back @ np.full(2, SIDE / 2)
    way = (back[0, 0], back[0, 1], start[0], back[1, 0], back[1, 1], start[1])
    placed = large.transform((SIDE, SIDE), Image.Transform.AFFINE, way, Image.Resampling.BICUBIC)
    inked = np.clip((np.asarray(placed, np.float32) - random.uniform(70, 120)) * 2.2, 0, 255)
    places = np.arange(SIDE)
    moves = [round((SIDE - 1) / 2 - inked.sum(1 - axis) @ places / inked.sum()) for axis in (0, 1)]
    step = 255 // (LEVELS - 1)
    gray: NDArray[np.uint8] = (np.round(np.roll(inked, moves, (0, 1)) / step) * step).astype(np.uint8)
    return gray


def read(path: Path, start: int) -> NDArray[np.uint8]:
    return np.frombuffer(gzip.decompress(path.read_bytes())[start:], np.uint8)


def write(path: Path, array: NDArray[Any]) -> None:
    """An IDX file, packed; equal arrays give equal bytes."""
    content = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    path.write_bytes(gzip.compress(content, 9, mtime=0))


if __name__ == "__main__":
    main()
