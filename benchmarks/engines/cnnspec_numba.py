"""cnnspec with the kernels that numba compiles for this processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import cnnspec

if TYPE_CHECKING:
    from ..workload import Workload
    from . import Run

TITLE = "cnnspec, numba"
PACKAGES = {"cnnspec": "cnnspec", "numba": "numba", "numpy": "numpy", "threadpoolctl": "threadpoolctl"}
WAYS = ("",)
LARGEST = float("inf")
limit = cnnspec.limit


def load(work: Workload, threads: int, way: str) -> Run:
    """Compiled kernels are taken from where they are kept, as for everybody from the second start on."""
    return cnnspec.compiled(work, threads, "numba")
