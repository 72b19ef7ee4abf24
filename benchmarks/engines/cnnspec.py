"""cnnspec itself: the compiled plan, with NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..workload import Array, Workload
    from . import Run

TITLE = "cnnspec"
PACKAGES = {"cnnspec": "cnnspec", "numpy": "numpy", "threadpoolctl": "threadpoolctl"}
WAYS = ("",)
LARGEST = float("inf")


def limit(threads: int) -> None:
    import numpy  # noqa: F401 - its BLAS must be there to be limited
    import threadpoolctl

    import cnnspec.engine.model  # noqa: F401

    threadpoolctl.threadpool_limits(threads)


def load(work: Workload, threads: int, way: str) -> Run:
    return compiled(work, threads, "numpy")


def compiled(work: Workload, threads: int, backend: str) -> Run:
    """The network on one of the backends."""
    import cnnspec

    model = cnnspec.load(work.spec).compile(work.weights, threads=threads, backend=backend)

    def run(x: Array) -> Array:
        return cast("Array", model(x))

    return run
