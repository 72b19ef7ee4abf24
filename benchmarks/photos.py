"""A folder of photos, image by image: `cnnspec run` on both backends beside a plain loop of Pillow and ONNX Runtime.

    python -m benchmarks.photos --count 1000

Each is a process from its start to its end, with one thread for the network; `cnnspec run` decodes on a thread beside
it. What Pillow takes alone, and what a process takes for one photo, tell where the time goes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from cnnspec.reports.drawing.markdown_table import table

from .cold import Start, time_starts
from .report import digits
from .workload import Workload, prepare

NETWORK = "mobilenet_v2"
LOOP = """
import sys, numpy as np
from pathlib import Path
from PIL import Image
mean, std = np.float32([0.485, 0.456, 0.406]), np.float32([0.229, 0.224, 0.225])
def read(path):
    image = Image.open(path).convert("RGB")
    scale = 256 / min(image.size)
    w, h = (round(side * scale) for side in image.size)
    left, top = (w - 224) // 2, (h - 224) // 2
    image = image.resize((w, h), Image.Resampling.BILINEAR).crop((left, top, left + 224, top + 224))
    return ((np.asarray(image, np.float32) / 255 - mean) / std).transpose(2, 0, 1)[None]
"""
ALONE = "for path in sorted(Path({folder!r}).iterdir()): read(path)"
WITH_ENGINE = """
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession({onnx!r}, options)
for path in sorted(Path({folder!r}).iterdir()):
    print(path, session.run(None, {{"input": np.ascontiguousarray(read(path))}})[0].argmax())
"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.photos", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="photos, default: 1000")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each, default: 3")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        work = prepare(NETWORK, 1, Path(folder) / NETWORK)
        photos, one = Path(folder) / "photos", Path(folder) / "one"
        make(photos, options.count)
        make(one, 1)
        found = time_starts([*starts(work, photos), *firsts(work, one)], options.rounds)
    print("\n".join(lines(found, options.count)))
    return 0


def make(folder: Path, count: int) -> None:
    """JPEG files of 640 x 480 that are as large as photos are: smooth, with some noise."""
    import numpy as np
    from PIL import Image

    folder.mkdir()
    random = np.random.default_rng(0)
    for i in range(count):
        coarse = Image.fromarray(random.integers(0, 256, (12, 16, 3), np.uint8)).resize((640, 480))
        noisy = np.asarray(coarse, np.int16) + random.integers(-8, 9, (480, 640, 1))
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(folder / f"{i:05}.jpg", quality=90)


def starts(work: Workload, folder: Path) -> list[Start]:
    """All photos of a folder."""
    onnx, given = str(work.onnx), str(folder)
    return [
        Start("all", "`cnnspec run`", "cnnspec", run(work, folder, "numpy")),
        Start("all", "`cnnspec run --backend numba`", "cnnspec_numba", run(work, folder, "numba")),
        Start("all", "Pillow and ONNX Runtime", "onnxruntime", loop(WITH_ENGINE.format(onnx=onnx, folder=given))),
        Start("all", "Pillow alone", "", loop(ALONE.format(folder=given))),
    ]


def firsts(work: Workload, folder: Path) -> list[Start]:
    """One photo: mostly the start."""
    onnx, given = str(work.onnx), str(folder)
    return [
        Start("one", "`cnnspec run`", "cnnspec", run(work, folder, "numpy")),
        Start("one", "`cnnspec run --backend numba`", "cnnspec_numba", run(work, folder, "numba")),
        Start("one", "Pillow and ONNX Runtime", "onnxruntime", loop(WITH_ENGINE.format(onnx=onnx, folder=given))),
    ]


def run(work: Workload, folder: Path, backend: str) -> list[str]:
    options = ["--weights", str(work.weights), "--threads", "1", "--backend", backend, "--format", "json"]
    return [sys.executable, "-m", "cnnspec", "run", work.spec, *map(str, sorted(folder.iterdir())), *options]


def loop(code: str) -> list[str]:
    return [sys.executable, "-c", LOOP + code]


def lines(found: Sequence[Start], count: int) -> Iterator[str]:
    titles = ("photos", "way", "images a second", "ms an image", "ms of processors an image")
    rows = []
    for start in found:
        photos = count if start.task == "all" else 1
        each = 1000 * start.seconds / photos
        busy = 1000 * start.processor_seconds / photos
        rows.append((f"{photos:,}", start.title, digits(1000 / each), digits(each), digits(busy)))
    return table(titles, titles[2:], rows)


if __name__ == "__main__":
    sys.exit(main())
