"""Time single layers on cnnspec and ONNX Runtime: where does a change help?

`python -m benchmarks.kernels [TEXT]...` times the layers whose line below holds one of the texts. A layer that keeps
its shape is timed in a chain: the difference of nine in a row and one, over eight, is the layer without what it costs
to bring images into an engine's own layout and back.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cnnspec import load
from cnnspec.graph.shape import Shape, times
from cnnspec.reports.drawing.markdown_table import table

from .engines import NAMES, engine
from .measure import Effort, Result, measure
from .report import OURS, digits
from .workload import Workload, prepare

CHAIN = 9


@dataclass(frozen=True, slots=True)
class Layer:
    """Lines of a spec, and the image that arrives."""

    input: Shape
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{times(self.input)} {' '.join(self.lines)}"

    def spec(self, count: int) -> str:
        """The YAML of a network of `count` such layers in a row."""
        C, H, W = self.input
        lines = [f"  - {line}" for line in count * self.lines]
        return "\n".join([f"input: {{C: {C}, H: {H}, W: {W}}}", "rounding: floor", "layers:", *lines, ""])


def square(C: int, side: int, *lines: str) -> Layer:
    return Layer((C, side, side), lines)


SAME = "conv: {F: 3, K: C, P: same}"
POINT = "conv: {F: 1, K: C}"
DEPTHWISE = "conv: {F: 3, K: C, G: C, P: same}"

LAYERS = (
    *(square(C, side, SAME, "relu") for C, side in ((64, 224), (128, 112), (256, 56), (512, 28), (512, 14))),
    *(square(C, side, SAME, "relu") for C, side in ((64, 56), (128, 28), (256, 14), (512, 7), (32, 28))),
    square(3, 224, "conv: {F: 3, S: 2, K: 32, P: 1}", "relu6"),
    square(3, 224, "conv: {F: 7, S: 2, K: 64, P: 3}", "relu"),
    square(1, 28, "conv: {F: 5, K: 6, P: same}", "relu"),
    square(6, 14, "conv: {F: 5, K: 16}", "relu"),
    square(128, 56, "conv: {F: 3, S: 2, K: 128, P: 1}", "relu"),
    *(square(C, side, POINT, "relu") for C, side in ((64, 56), (128, 28), (256, 28), (512, 14), (1024, 7))),
    square(24, 56, "conv: {F: 1, K: 144}", "relu6"),
    square(144, 56, "conv: {F: 1, K: 24}"),
    square(256, 56, "conv: {F: 1, S: 2, K: 512}"),
    *(square(C, side, DEPTHWISE, "relu6") for C, side in ((32, 112), (128, 56), (256, 28), (512, 14), (1024, 7))),
    square(64, 112, "conv: {F: 3, S: 2, K: C, G: C, P: 1}", "relu6"),
    square(240, 28, "conv: {F: 5, K: C, G: C, P: same}", "relu6"),
    square(256, 28, "conv: {F: 3, K: C, G: 32, P: same}", "relu"),
    square(128, 64, "deconv: {F: 2, S: 2, K: 64}"),
    square(64, 112, "maxpool: {F: 3, S: 2, P: 1}"),
    square(64, 224, "maxpool: {F: 2}"),
    square(192, 28, "maxpool: {F: 3, S: 1, P: 1}"),
    square(256, 28, "avgpool: {F: 2}"),
    square(1024, 7, "globalavgpool"),
    square(64, 56, "batchnorm", "relu"),
    square(64, 56, "add: [[], [sigmoid]]"),
    square(64, 56, "concat: [[], [relu]]"),
    *(square(64, 56, kind) for kind in ("sigmoid", "tanh", "silu", "hardswish", "{leakyrelu: {slope: 0.1}}")),
    Layer((25088, 1, 1), ("flatten", "dense: {K: 4096}")),
    Layer((512, 1, 1), ("flatten", "dense: {K: 1000}", "softmax")),
)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels", description=__doc__)
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="time layers whose line holds one of these")
    parser.add_argument("--engine", default="onnxruntime", choices=NAMES[1:], help="the peer")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    chosen = [layer for layer in LAYERS if matches(str(layer), options.texts)]
    effort = Effort(options.rounds, seconds=0.1)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for i, layer in enumerate(chosen):
            print(layer, file=sys.stderr, flush=True)
            names = (OURS, options.engine)
            rows.append(row(layer, Path(folder) / str(i), names, options.batch, options.threads, effort))
    titles = ["layer", "million MACs", "cnnspec us", "GMAC/s", f"{engine(options.engine).TITLE} us", "ratio"]
    print("\n".join(table(titles, titles[1:], rows)))
    return 0


def matches(text: str, wanted: Iterable[str]) -> bool:
    """Whether a line holds one of the wanted texts; every line does when none is wanted."""
    return not wanted or any(piece in text for piece in wanted)


def row(layer: Layer, folder: Path, names: Sequence[str], batch: int, threads: int, effort: Effort) -> tuple[str, ...]:
    """Microseconds of a layer on both engines, and their ratio."""
    once = workload(layer, 1, folder, batch)
    short = measure(once, names, threads, effort)
    counts = batch * once.macs / 1e6
    saved_for_backward = load(once.spec).graph.steps[-1].shape == layer.input
    long = measure(workload(layer, CHAIN, folder, batch), names, threads, effort) if saved_for_backward else None
    ours, theirs = (seconds(name, short, long) for name in names)
    return (
        f"`{layer}`",
        digits(counts) if counts else "",
        _microseconds(ours),
        digits(counts / 1e3 / ours) if ours and counts else "",
        _microseconds(theirs),
        digits(ours / theirs) if ours and theirs else "",
    )


def workload(layer: Layer, count: int, folder: Path, batch: int) -> Workload:
    folder.mkdir(parents=True, exist_ok=True)
    spec = folder / f"{count}.yaml"
    spec.write_text(layer.spec(count), encoding="utf-8")
    return prepare(str(spec), batch, folder / str(count))


def seconds(name: str, short: Iterable[Result], long: Iterable[Result] | None) -> float | None:
    """One layer's time on an engine's quickest way; None when it failed, or is lost in the noise."""
    once = _quickest(name, short)
    if long is None or once is None:
        return once
    chain = _quickest(name, long)
    return (chain - once) / (CHAIN - 1) if chain is not None and chain > once else None


def _quickest(name: str, results: Iterable[Result]) -> float | None:
    return min((r.seconds for r in results if r.engine == name and r.seconds is not None), default=None)


def _microseconds(value: float | None) -> str:
    return digits(1e6 * value) if value else "-"


if __name__ == "__main__":
    sys.exit(main())
