"""ONNX's own ReferenceEvaluator: written to be understood, but the other engine that runs networks with NumPy alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..workload import Array, Workload
    from . import Run

TITLE = "ONNX reference (NumPy)"
PACKAGES = {"onnx": "onnx", "numpy": "numpy", "threadpoolctl": "threadpoolctl"}
WAYS = ("",)
LARGEST = 2e10


def limit(threads: int) -> None:
    import numpy  # noqa: F401 - its BLAS must be there to be limited
    import onnx.reference  # noqa: F401
    import threadpoolctl

    threadpoolctl.threadpool_limits(threads)


def load(work: Workload, threads: int, way: str) -> Run:
    from onnx.reference import ReferenceEvaluator

    evaluator: Any = ReferenceEvaluator(str(work.onnx))
    (name,) = evaluator.input_names

    def run(x: Array) -> Array:
        return cast("Array", evaluator.run(None, {name: x})[0])

    return run
