"""PyTorch on the CPU, in three ways: as written (eager), with channels as the fastest axis, and traced, frozen and
handed to oneDNN (`optimize_for_inference`). `torch.compile` is left out: it needs a C++ compiler on the machine.

The network is put together from the spec's graph with PyTorch's own modules.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..workload import Array, Workload
    from . import Run

TITLE = "PyTorch"
PACKAGES = {"torch": "torch"}
WAYS = ("eager", "channels last", "frozen")
LARGEST = float("inf")


def limit(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)


def load(work: Workload, threads: int, way: str) -> Run:
    import numpy as np
    import torch

    from ..torch_network import network

    module: Any = network(work.spec, work.weights)
    layout = torch.channels_last if way == "channels last" else torch.contiguous_format
    module.to(memory_format=layout)
    if way == "frozen":
        example = torch.from_numpy(np.load(work.input))
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore", DeprecationWarning)
            traced = torch.jit.trace(module, example)
            module = torch.jit.optimize_for_inference(torch.jit.freeze(traced))

    def run(x: Array) -> Array:
        with torch.inference_mode():
            return cast("Array", module(torch.from_numpy(x).contiguous(memory_format=layout)).numpy())

    return run
