"""Cold starts: from nothing to a result on the screen, process and imports included, against the shortest peers."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter

from .engines import missing
from .measure import turns
from .processes import ROOT, clean
from .workload import Workload

IMAGE = "from PIL import Image; import numpy as np; im = Image.open({image!r}).convert('L').resize((28, 28)); "
ARRAY = "x = np.asarray(im, np.float32)[None, None] / 255; "


@dataclass(slots=True)
class Start:
    """A command that does a task, with what it took each time: seconds until it was done, and seconds of the
    processors, which other work on the machine changes less. The engine tells what must be installed."""

    task: str
    title: str
    engine: str
    command: Sequence[str]
    times: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return median(self.times)

    @property
    def processor_seconds(self) -> float:
        return median(self.processor)


def starts(lenet: Workload, image: Path) -> list[Start]:
    """Running LeNet-5 on an image, checking it, summing it up, and what a Python process costs by itself."""
    onnx, prelude = str(lenet.onnx), (IMAGE + ARRAY).format(image=str(image))
    run, check, sum_up = "run LeNet-5 on an image", "validate", "summary"
    weights = str(lenet.weights)
    ort = f"import onnxruntime as o; s = o.InferenceSession({onnx!r}); print(s.run(None, {{'input': x}})[0].argmax())"
    cv2 = f"import cv2; n = cv2.dnn.readNetFromONNX({onnx!r}); n.setInput(x); print(n.forward().argmax())"
    reference = "from onnx.reference import ReferenceEvaluator as R; "
    reference += f"print(R({onnx!r}).run(None, {{'input': x}})[0].argmax())"
    checker = f"import onnx; onnx.checker.check_model({onnx!r}, full_check=True)"
    shapes = f"import onnx; print(onnx.shape_inference.infer_shapes(onnx.load({onnx!r})).graph.value_info)"
    return [
        Start("nothing", "`python -c pass`", "", _python("pass")),
        Start(run, "`cnnspec run`", "cnnspec", _cnnspec("run", "lenet5", str(image), "--weights", weights)),
        Start(run, "ONNX Runtime", "onnxruntime", _python(prelude + ort)),
        Start(run, "OpenCV dnn", "opencv", _python(prelude + cv2)),
        Start(run, "ONNX reference", "onnx_reference", _python(prelude + reference)),
        Start(run, "`import torch` alone", "pytorch", _python("import torch")),
        Start(check, "`cnnspec validate`", "cnnspec", _cnnspec("validate", "lenet5")),
        Start(check, "`onnx.checker` with shapes", "onnx_reference", _python(checker)),
        Start(sum_up, "`cnnspec summary`", "cnnspec", _cnnspec("summary", "lenet5")),
        Start(sum_up, "`onnx.shape_inference`", "onnx_reference", _python(shapes)),
        Start(sum_up, "`import torch` alone", "pytorch", _python("import torch")),
    ]


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def _cnnspec(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cnnspec", *arguments]


def time_starts(candidates: Sequence[Start], rounds: int) -> list[Start]:
    """Those whose engine is installed, timed in turn. One untimed round brings files into the system's cache.

    Raises CalledProcessError when a command fails: a start that does not arrive is no result.
    """
    environment = clean(os.environ)
    known = [start for start in candidates if not start.engine or not missing(start.engine)]
    for start in known:
        _run(start, environment)
    for order in turns(len(known), rounds):
        for i in order:
            passed, used = _run(known[i], environment)
            known[i].times.append(passed)
            known[i].processor.append(used)
    return known


def _run(start: Start, environment: Mapping[str, str]) -> tuple[float, float]:
    used, begun = _processor(), perf_counter()
    subprocess.run(start.command, env=environment, cwd=ROOT, capture_output=True, check=True)
    return perf_counter() - begun, _processor() - used


def _processor() -> float:
    """Seconds of the processors that the child processes of this one have used, all threads together."""
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
