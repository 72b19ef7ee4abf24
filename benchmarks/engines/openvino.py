"""OpenVINO on the CPU: compiled for the shortest time of one call, in float32."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..workload import Array, Workload
    from . import Run

TITLE = "OpenVINO"
PACKAGES = {"openvino": "openvino"}
WAYS = ("",)
LARGEST = float("inf")


def limit(threads: int) -> None:
    """Threads belong to a compiled model; importing is all that there is to do."""
    import openvino  # noqa: F401


def load(work: Workload, threads: int, way: str) -> Run:
    import numpy as np
    import openvino

    core = openvino.Core()
    model = core.read_model(str(work.onnx))
    model.reshape(np.load(work.input, mmap_mode="r").shape)
    wanted = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    request = core.compile_model(model, "CPU", wanted).create_infer_request()

    def run(x: Array) -> Array:
        return cast("Array", request.infer([x], share_inputs=True)[0])

    return run
