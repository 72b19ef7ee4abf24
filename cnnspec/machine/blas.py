"""The library that multiplies NumPy's matrices (BLAS): which it is, which kernel it chose, how fast it is here.

Nearly all the time of a network goes into it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Blas:
    """A library; None for what is not known. `loaded` tells that the library in the process was asked; otherwise
    name and version are those that NumPy was built with."""

    name: str | None
    version: str | None = None
    kernel: str | None = None
    threads: int | None = None
    loaded: bool = False


@dataclass(frozen=True, slots=True)
class Speed:
    """float32 matrix products in 10^9 operations a second: with one thread (None when the library's threads cannot
    be limited), and with all that it starts."""

    single: float | None
    together: float


def blas() -> Blas:
    """What NumPy multiplies with in this process. Imports NumPy."""
    import numpy as np

    config = cast("Mapping[str, Any]", np.show_config(mode="dicts"))
    return describe(config.get("Build Dependencies", {}).get("blas", {}), _loaded())


def describe(built: Mapping[str, Any], loaded: Sequence[Mapping[str, Any]]) -> Blas:
    """The library from what NumPy's configuration and threadpoolctl say of it."""
    if loaded:
        found = loaded[0]
        return Blas(found["internal_api"], found["version"], found.get("architecture"), found["num_threads"], True)
    return Blas(built["name"], built.get("version")) if built.get("found") else Blas(None)


def _loaded() -> list[Mapping[str, Any]]:
    """The BLAS libraries in this process; threadpoolctl does not know all there are."""
    import threadpoolctl

    return [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]


def speed(seconds: float) -> Speed:
    """Measure for about `seconds`, half of it with one thread. Imports NumPy."""
    import numpy  # noqa: F401 - its library must be there to be limited
    import threadpoolctl

    if not _loaded():
        return Speed(None, _rate(seconds))
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        single = _rate(seconds / 2)
    return Speed(single, _rate(seconds / 2))


SIDE = 640
"""Rows and columns of the matrices: large enough for full speed, small enough for a slow library."""


def _rate(seconds: float) -> float:
    """The best of the products that fit into `seconds`: what else runs on the machine can only slow one down."""
    import numpy as np

    a = np.ones((SIDE, SIDE), np.float32)
    out = np.empty_like(a)
    best, end = float("inf"), perf_counter() + seconds
    while perf_counter() < end or best == float("inf"):
        start = perf_counter()
        np.matmul(a, a, out)
        best = min(best, perf_counter() - start)
    return 2 * SIDE**3 / best / 1e9
