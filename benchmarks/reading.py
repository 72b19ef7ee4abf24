"""Train from memory and from disk: does reading hold a network up?

`python -m benchmarks.reading` trains lenet5, which is quick and so would wait first, on made images that lie in memory,
in an IDX file, in an uncompressed `.npz` and in a folder of PNG files, which are decoded for each batch. They take
turns. Run it without variables such as OPENBLAS_CORETYPE.
"""

from __future__ import annotations

import argparse
import struct
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter
from unittest.mock import patch

import numpy as np
from PIL import Image

from cnnspec import load
from cnnspec.language.sections.train import Train
from cnnspec.machine.blas_threads import single_threaded_blas
from cnnspec.reports.drawing.markdown_table import table
from cnnspec.spec import Spec
from cnnspec.train.datasets import Dataset, open_dataset
from cnnspec.train.datasets.augment import Augment
from cnnspec.train.datasets.batches import Batches
from cnnspec.train.trainer import Trainer
from cnnspec.weights.initialisation import initial

LIMIT = "cnnspec.train.datasets.storage.HELD"
MEMORY = "memory"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args(arguments)
    spec = load("lenet5")
    with tempfile.TemporaryDirectory() as folder:
        sources = dict(written(Path(folder), options.images, spec))
        speeds = measure(spec, sources, options.threads, options.batch, options.rounds)
    rows = [(name, f"{speed:,.0f}", f"{speed / speeds[MEMORY]:.2f}") for name, speed in speeds.items()]
    print("\n".join(table(["data in", "images/s", "of memory's"], ["images/s", "of memory's"], rows)))
    return 0


def written(folder: Path, count: int, spec: Spec) -> Iterator[tuple[str, Dataset]]:
    """The same images in each place, opened."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (count, 28, 28), np.uint8)
    labels = (np.arange(count) % 10).astype(np.uint8)
    (folder / "train-images-idx3-ubyte").write_bytes(struct.pack(">4B3I", 0, 0, 8, 3, *pixels.shape) + pixels.tobytes())
    (folder / "train-labels-idx1-ubyte").write_bytes(struct.pack(">4BI", 0, 0, 8, 1, count) + labels.tobytes())
    np.savez(folder / "data.npz", x=pixels[:, None] / np.float32(255), y=labels)
    for label in range(10):
        (folder / "images" / str(label)).mkdir(parents=True)
    for i, picture in enumerate(pixels):
        Image.fromarray(picture).save(folder / f"images/{labels[i]}/{i}.png")
    yield MEMORY, open_dataset(folder, spec)
    with patch(LIMIT, 0):
        yield "IDX file", open_dataset(folder, spec)
        yield ".npz file", open_dataset(folder / "data.npz", spec)
        yield "PNG files", open_dataset(folder / "images", spec)


def measure(spec: Spec, sources: dict[str, Dataset], threads: int, batch: int, rounds: int) -> dict[str, float]:
    """Images a second from each source, median over rounds of 100 steps in turn."""
    trainer = Trainer(spec.graph, Train(), initial(spec.graph.tensors, "he", 0), threads)
    speeds: dict[str, list[float]] = {name: [] for name in sources}
    with single_threaded_blas:
        for turn in range(rounds + 1):
            for name, examples in sources.items():
                augment = Augment(examples.blank, shift=2)
                steps = Batches(examples, len(examples), batch, 0, augment).of(turn)
                start, seen = perf_counter(), 0
                for number, (x, y) in enumerate(islice(steps, 100)):
                    trainer.step(x, y, 1e-3, turn, number)
                    seen += len(x)
                speeds[name].append(seen / (perf_counter() - start))
    return {name: median(found[1:]) for name, found in speeds.items()}  # the first round warms up


if __name__ == "__main__":
    sys.exit(main())
