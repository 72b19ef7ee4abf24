"""ONNX Runtime on the CPU, with all its optimisations and the batch size known beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..workload import Array, Workload
    from . import Run

TITLE = "ONNX Runtime"
PACKAGES = {"onnxruntime": "onnxruntime"}
WAYS = ("",)
LARGEST = float("inf")


def limit(threads: int) -> None:
    """Threads belong to a session; importing is all that there is to do."""
    import onnxruntime  # noqa: F401


def load(work: Workload, threads: int, way: str) -> Run:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_free_dimension_override_by_name("N", work.batch)
    session = onnxruntime.InferenceSession(str(work.onnx), options, providers=["CPUExecutionProvider"])
    (name,) = (given.name for given in session.get_inputs())

    def run(x: Array) -> Array:
        return cast("Array", session.run(None, {name: x})[0])

    return run
