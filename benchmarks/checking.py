"""Check a spec of many equal layers: does a layer that has been seen cost little?

`python -m benchmarks.checking` times `validate` and `summary --format json`, as whole processes, of a block of a
convolution and a ReLU that is repeated many times, beside those of lenet5. They take turns.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from cnnspec.reports.drawing.markdown_table import table

SPEC = """\
input: {{C: 8, H: 16, W: 16}}
blocks:
  unit: {{layers: [{{conv: {{F: 3, K: C, P: same}}}}, relu]}}
layers:
  - {{unit: {{}}, repeat: {times}}}
"""
COMMANDS = (("validate",), ("summary", "--format", "json"))
TITLES = ["command", "lenet5", "repeated", "ratio"]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.checking", description=__doc__)
    parser.add_argument("--times", type=int, default=10_000, help="repetitions of the block, of two layers each")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "repeated.yaml"
        spec.write_text(SPEC.format(times=options.times), encoding="utf-8")
        rows = [_row(command, str(spec), options.rounds) for command in COMMANDS]
    print("\n".join(table(TITLES, TITLES[1:], rows)))
    return 0


def _row(command: tuple[str, ...], spec: str, rounds: int) -> tuple[str, ...]:
    took: dict[str, list[float]] = {"lenet5": [], spec: []}
    for turn in range(rounds + 1):
        for name, found in took.items():
            begin = perf_counter()
            call = [sys.executable, "-m", "cnnspec", command[0], name, *command[1:]]
            subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
            if turn:  # the first finds no compiled modules
                found.append(perf_counter() - begin)
    small, large = (median(found) for found in took.values())
    return " ".join(command), f"{1000 * small:.0f} ms", f"{1000 * large:.0f} ms", f"{large / small:.1f}"


if __name__ == "__main__":
    sys.exit(main())
