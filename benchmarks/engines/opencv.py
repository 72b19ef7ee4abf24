"""OpenCV's `dnn` module on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..workload import Array, Workload
    from . import Run

TITLE = "OpenCV dnn"
PACKAGES = {"cv2": "opencv-python-headless"}
WAYS = ("",)
LARGEST = float("inf")


def limit(threads: int) -> None:
    import cv2

    cv2.setNumThreads(threads)


def load(work: Workload, threads: int, way: str) -> Run:
    import cv2

    network = cv2.dnn.readNetFromONNX(str(work.onnx))

    def run(x: Array) -> Array:
        network.setInput(x)
        return cast("Array", network.forward())

    return run
