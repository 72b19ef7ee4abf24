"""Public networks through `cnnspec import`: which come in, how close they compute, how long their specs are.

    python -m benchmarks.models
    python -m benchmarks.models torchvision/resnet18 timm/repvgg_a0 keras/Xception detector.onnx yolo.cfg

Without arguments some networks of each library that is installed: torchvision, timm and Keras. They are written to
files with drawn values, nothing is downloaded. A file is imported and held against the program that knows its format:
ONNX Runtime, or Keras. One row for each is printed at once.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter

from cnnspec.diagnostics import FileError
from cnnspec.interop.importing import read_model
from cnnspec.reports.drawing.markdown_table import code, plain, table

from .public_networks import LIBRARIES, installed

TITLES = ("model", "came in", "held against", "largest difference", "lines", "layers", "seconds")
NUMBERS = TITLES[3:]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.models", description=__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help="LIBRARY/NAME, or a file: .onnx, .keras, .h5, .cfg")
    chosen = parser.parse_args(arguments).models or everything()
    with tempfile.TemporaryDirectory() as folder:
        for line in table(TITLES, NUMBERS, rows(chosen, Path(folder))):
            print(line, flush=True)
    return 0


def everything() -> list[str]:
    return [f"{library}/{name}" for library in installed() for name in LIBRARIES[library].names]


def rows(models: Iterable[str], folder: Path) -> Iterator[tuple[str, ...]]:
    """A row for each; a file that was written for it goes at once, as they are large together."""
    for model in models:
        library, _, name = model.partition("/")
        if library in LIBRARIES and not Path(model).is_file():
            path = LIBRARIES[library].write(name, folder)
            yield row(model, path)
            path.unlink()
        else:
            yield row(Path(model).name, Path(model))


def row(model: str, path: Path) -> tuple[str, ...]:
    """What came of an import, or the code of the diagnostic, its place and its reason. The time includes the check."""
    begin = perf_counter()
    try:
        found = read_model(path)
    except FileError as error:
        first = error.diagnostics[0]
        refused = plain(": ".join(filter(None, (first.code, first.message, first.why))))
        return code(model), refused, "", "", "", "", _seconds(begin)
    judge, difference = "nobody", ""
    if found.difference is not None:
        judge, difference = found.difference.judge, f"{found.difference.largest:.0e}"
    lines, layers = len(found.text.splitlines()), len(found.spec.graph.steps)
    return code(model), "yes", judge, difference, str(lines), str(layers), _seconds(begin)


def _seconds(begin: float) -> str:
    return f"{perf_counter() - begin:.1f}"


if __name__ == "__main__":
    sys.exit(main())
