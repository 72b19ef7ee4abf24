"""Time single layers in training, forward and the way back, on cnnspec and PyTorch: where does a change help?

`python -m benchmarks.gradients [TEXT]...` times the layers whose line below holds one of the texts. Both run on one
thread of one process, taking turns; outputs and gradients must agree before anything is timed. Given is processor
time, which other work on the machine disturbs less than the clock. PyTorch's is that of its quicker memory layout.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnspec import load
from cnnspec.graph.graph import Step
from cnnspec.machine.blas_threads import single_threaded_blas
from cnnspec.reports.drawing.markdown_table import table

from .child import timed
from .kernels import DEPTHWISE, POINT, SAME, Layer, matches, square
from .measure import turns
from .processes import ROOT, clean
from .report import digits
from .workload import value

Array = NDArray[np.floating[Any]]
Ran = tuple[list[Array], Callable[[], object]]
"""Output and gradients, by the image and by the tensors in their order, and the call that computes them."""

TOLERANCE = 1e-3
"""Distances allowed in float32, in parts of the largest value."""
STRIDED = "conv: {F: 3, K: C, S: 2, G: C, P: 1}"

LAYERS = (
    square(1, 28, "conv: {F: 5, K: 6, P: same}"),
    square(6, 14, "conv: {F: 5, K: 16}"),
    square(6, 28, "maxpool: {F: 2}"),
    square(3, 32, "conv: {F: 3, K: 16, P: same, bias: false}"),
    *(square(C, side, SAME) for C, side in ((16, 32), (32, 16), (64, 8), (256, 14), (512, 7))),
    square(16, 32, "conv: {F: 3, K: 32, S: 2, P: 1}"),
    *(square(C, side, POINT) for C, side in ((64, 28), (256, 14))),
    *(square(C, side, DEPTHWISE) for C, side in ((32, 16), (144, 8), (384, 2), (960, 1))),
    *(square(C, side, STRIDED) for C, side in ((96, 16), (144, 8))),
    square(128, 28, "conv: {F: 3, K: C, G: 32, P: same}"),
    square(64, 16, "deconv: {F: 2, K: 32, S: 2}"),
    *(square(C, side, "batchnorm") for C, side in ((16, 32), (32, 16), (64, 8), (144, 8), (960, 1))),
    square(64, 56, "maxpool: {F: 3, S: 2, P: 1}"),
    square(64, 28, "avgpool: {F: 2}"),
    square(64, 8, "globalavgpool"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 1 when a layer's gradients are not PyTorch's."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gradients", description=__doc__)
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="time layers whose line holds one of these")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    rows = []
    for layer in LAYERS:
        if matches(str(layer), options.texts):
            print(layer, file=sys.stderr, flush=True)
            rows.append(row(layer, options.batch, options.rounds))
    titles = ["layer", "cnnspec us", "PyTorch us", "ratio"]
    print("\n".join(table(titles, titles[1:], rows)))
    return int(any(not ratio for *_, ratio in rows))


def row(layer: Layer, batch: int, rounds: int) -> tuple[str, ...]:
    """Microseconds of a layer on both, and their ratio; none where they disagree."""
    step = load(io.BytesIO(layer.spec(1).encode())).graph.steps[-1]
    with single_threaded_blas:
        found, *expected = (ours(step, batch), *theirs(step, batch))
        if any(distance(found[0], values) > TOLERANCE for values, _ in expected):
            return f"`{layer}`", "wrong", "", ""
        calls = [call for _, call in (found, *expected)]
        spent: list[list[float]] = [[] for _ in calls]
        for order in turns(len(calls), rounds):
            for i in order:
                spent[i].append(timed(calls[i], 0, seconds=0.1, most=500)["processor"])
    own, *peers = map(median, spent)
    return f"`{layer}`", digits(1e6 * own), digits(1e6 * min(peers)), digits(own / min(peers))


def given(step: Step, batch: int) -> tuple[Array, Array, dict[str, Array]]:
    """An image and a gradient of the output, channels last in memory, and values for the tensors."""
    random = np.random.default_rng(batch)
    shapes = (step.arriving[0], step.shape)
    x, dy = (random.standard_normal((batch, H, W, C), np.float32).transpose(0, 3, 1, 2) for C, H, W in shapes)
    return x, dy, {name: value(name, tensor) for name, tensor in step.tensors.items()}


class Alone:
    """Training with one worker, as the contract `TrainingContext` of `cnnspec.graph.layer` wants it."""

    random: Any = None
    needs_input_grad = True

    def all_reduce(self, part: Array) -> Array:
        return part

    def update_buffers(self, **buffers: Array) -> None:
        pass


def ours(step: Step, batch: int) -> Ran:
    x, dy, tensors = given(step, batch)

    def run() -> list[Array]:
        y, pull = step.layer.vjp_training(Alone(), x, **tensors)
        (dx,), gradients = pull(dy)
        return [y, dx, *(gradients[name] for name in tensors if name in gradients)]

    return run(), run


def theirs(step: Step, batch: int) -> Iterator[Ran]:
    """In either memory layout."""
    import torch

    from .torch_network import KINDS

    torch.set_num_threads(1)
    for layout in (torch.contiguous_format, torch.channels_last):
        x, dy, tensors = given(step, batch)
        module: Any = KINDS[step.kind](step, step.layer).train()
        module.load_state_dict({name: torch.tensor(array) for name, array in tensors.items()}, strict=False)
        module.to(memory_format=layout)
        image = torch.tensor(x).contiguous(memory_format=layout).requires_grad_()
        gradient = torch.tensor(dy).contiguous(memory_format=layout)
        learned = [parameter for name in tensors for key, parameter in module.named_parameters() if key == name]

        def run(
            module: Any = module, image: Any = image, gradient: Any = gradient, learned: Any = learned
        ) -> list[Array]:
            for tensor in (image, *learned):
                tensor.grad = None
            y = module(image)
            y.backward(gradient)
            return [tensor.detach().numpy() for tensor in (y, image.grad, *(tensor.grad for tensor in learned))]

        yield run(), run


def distance(found: list[Array], expected: list[Array]) -> float:
    """The largest difference, in parts of the largest value of its array."""
    return max(float(abs(a - b).max() / abs(b).max()) for a, b in zip(found, expected, strict=True))


if __name__ == "__main__":
    # Variables that tune one of the two are read when it is imported.
    if any(name.startswith(("OPENBLAS_", "OMP_", "MKL_")) for name in os.environ):
        command = [sys.executable, "-m", "benchmarks.gradients", *sys.argv[1:]]
        sys.exit(subprocess.call(command, cwd=ROOT, env=clean(os.environ)))
    sys.exit(main())
