"""The engines, one file each. Importing this package or a file in it imports no engine."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from ..workload import Array, Workload

Run = Callable[["Array"], "Array"]
"""From an input (N, C, H, W) to the output (N, ...)."""

NAMES = ("cnnspec", "cnnspec_numba", "onnxruntime", "openvino", "pytorch", "opencv", "onnx_reference")
"""Files of this package: the engine under test, on both its backends, then its peers."""


class Engine(Protocol):
    """What a file of this package holds."""

    TITLE: str
    PACKAGES: dict[str, str]
    """What it needs: module -> distribution."""
    WAYS: tuple[str, ...]
    """Ways to use it, if there are several: each is timed, the best counts."""
    LARGEST: float
    """Multiply-accumulates of a workload above which its timing would take too long."""

    def limit(self, threads: int) -> None:
        """Import the engine and let it use so many threads."""

    def load(self, work: Workload, threads: int, way: str) -> Run:
        """The network of a workload, ready to run on its inputs."""


def engine(name: str) -> Engine:
    return cast("Engine", import_module(f"{__name__}.{name}"))


def missing(name: str) -> list[str]:
    """The distributions that an engine lacks here."""
    return [distribution for module, distribution in engine(name).PACKAGES.items() if find_spec(module) is None]
