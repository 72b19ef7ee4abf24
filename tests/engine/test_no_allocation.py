"""A run allocates its result and no other tensor: all memory is placed when a batch size is first seen."""

from __future__ import annotations

import tracemalloc
from math import prod

import numpy as np
import pytest
from calling import inputs
from engine_cases import both_backends, graph, lively

from cnnspec.engine.backends.numba.block_winograd import BlockWinograd
from cnnspec.engine.backends.numba.lowered import Lowered
from cnnspec.engine.backends.numpy.registry import LOWERINGS
from cnnspec.engine.model import Model
from cnnspec.graph.graph import Graph
from cnnspec.graph.window import SlidingWindow
from cnnspec.kernels.inference.winograd import Winograd
from cnnspec.kernels.strips import FilterBank
from cnnspec.spec import load

LANE = 4 * 3 * np.getbufsize() + 40_000
"""Bytes that each thread may have at a time: NumPy's loops move values that do not lie side by side through buffers
of their own, of a fixed size, one for each operand; and the objects of a call."""


def allocated(found: Graph, n: int, threads: int, backend: str = "numpy") -> int:
    """Bytes that the second run has allocated at its peak, beyond its result."""
    model, x = Model(found, lively(found), threads, backend=backend), inputs(n, found.input)
    model(x)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        outputs = model.run(x)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return peak - before - sum(y.nbytes for y in outputs.values())


def test_arrays_are_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests below hold nothing if this sees nothing: a layer that the engine leaves to itself does allocate."""
    monkeypatch.delitem(LOWERINGS, "groupnorm")
    assert allocated(graph((16, 64, 64), "  - groupnorm: {G: 2}\n"), 1, 1) > 4 * 16 * 64 * 64


SIZES = {"lenet5": (1, 28, 28), "resnet20_cifar": (3, 32, 32), "vgg11": (3, 32, 32), "alexnet": (3, 67, 67)}


@both_backends
@pytest.mark.parametrize(("n", "threads"), [(1, 1), (2, 2)])
@pytest.mark.parametrize(
    "name",
    [
        "lenet5",
        "tinyvgg",
        "resnet18",
        "resnet20_cifar",
        "mobilenet_v1",
        "mobilenet_v3_small",
        "squeezenet1_1",
        "darknet19",
        "densenet121",
        "googlenet",
        "unet",
        "vgg11",
        "alexnet",
    ],
)
def test_networks(name: str, n: int, threads: int, backend: str) -> None:
    found = load(name, SIZES.get(name, (3, 64, 64))).graph
    if name in ("vgg11", "alexnet"):
        found = found.until(next(step.name for step in found.steps if step.kind == "flatten"))
    assert allocated(found, n, threads, backend) < threads * LANE


LAYERS = [
    "avgpool: {F: 3, S: 2, P: 1, rounding: ceil, count_padding: false}",
    "sumpool: {F: 2}",
    "maxpool: {F: 3, P: 1}",
    "globalmaxpool",
    "adaptiveavgpool: {out: 5}",
    "upsample: {factor: 2, mode: bilinear}",
    "upsample: {factor: 2}",
    "logsoftmax",
    "lrn: {size: 5}",
    "prelu",
    "elu",
    "pad: {top: 1, left: 2}",
    "crop: {top: 1, left: 2}",
    "slice: {to: 3}",
    "permute: {order: [W, H, C]}",
    "reshape: {C: 4, H: 180, W: 60}",
    "flatten",
    "pixelshuffle: {factor: 2}",
    "channelshuffle: {G: 2}",
    "scale",
    "mul: [[tanh], [sigmoid]]",
    "mul: [[globalavgpool], [], [globalmaxpool]]",
    "gelu",
    "gelu: {approx: tanh}",
    "layernorm",
    "layernorm: {over: all}",
    "groupnorm: {G: 2}",
    "instancenorm",
    "conv: {F: 3, K: 8, G: 4, P: 1}",
    "deconv: {F: 2, K: 8, S: 2}",
    "deconv: {F: 3, K: 8, S: 2}",
    "deconv: {F: 3, K: 8, S: 2, G: 4}",
    "deconv: {F: 4, K: 8, S: 2, G: 8}",
]


@both_backends
@pytest.mark.parametrize("layer", LAYERS)
def test_layers(layer: str, backend: str) -> None:
    """Between borders: nothing lies side by side."""
    around = "  - {conv: {F: 3, K: 8, P: 1}}\n"
    found = graph((8, 90, 60), f"{around}  - concat: [[], [relu]]\n  - slice: {{to: C/2}}\n  - {layer}\n")
    assert allocated(found, 1, 1, backend) < LANE < 4 * prod(found.input)


def held(found: Graph, backend: str = "numpy") -> float:
    """What a plan keeps, in parts of the network's weights, which are here by themselves."""
    tensors = lively(found)
    tracemalloc.start()
    try:
        model = Model(found, tensors, 1, backend=backend)
        kept = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    del model
    return kept / sum(tensor.nbytes for tensor in tensors.values())


NORM = "  - batchnorm\n"
WEIGHTS = f"  - conv: {{F: 1, K: 600}}\n{NORM}  - conv: {{F: 2, K: 600}}\n{NORM}  - deconv: {{F: 2, K: 64}}\n"


def test_a_plan_keeps_no_weights_that_it_takes_as_they_are() -> None:
    assert held(graph((512, 6, 6), "  - flatten\n  - {dense: {K: 500}}\n")) < 0.1


@both_backends
def test_a_plan_keeps_weights_once(backend: str) -> None:
    """Those of convolutions in the order of the kernel, and not as they were on the way there."""
    assert held(graph((512, 6, 6), WEIGHTS), backend) < 1.1


def test_large_filters_are_not_kept_at_winograds_places() -> None:
    found = graph((512, 28, 28), "  - conv: {F: 3, P: 1, K: 512}\n")
    tensors = lively(found)
    tracemalloc.start()
    try:
        model = Model(found, tensors, 1, backend="numba")
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    [lowering] = model.plan.compiled.lowerings
    assert isinstance(lowering, Lowered)
    assert isinstance(lowering.kernel, BlockWinograd)
    assert kept <= peak < 1.1 * tensors["conv1.weight"].nbytes


def test_winograds_filters_take_little_memory_on_the_way() -> None:
    weight = np.ones((512, 512, 3, 3), np.float32)
    tracemalloc.start()
    try:
        kernel = Winograd(4, FilterBank(weight, (SlidingWindow(14, 3, before=1, after=1),) * 2))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * kernel.weight.nbytes
