"""Child processes: kept alive, asked in turn, started in an environment that favours no engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from cnnspec.machine.compiled_code import missing

ROOT = Path(__file__).parent.parent

TUNING = ("OPENBLAS_", "GOTO_", "OMP_", "GOMP_", "KMP_", "MKL_", "BLIS_", "NPY_", "DNNL_", "ONEDNN_", "OPENCV_", "ORT_")
"""How variables begin that tune one engine or another."""
SLOWING = ("PYTHONDONTWRITEBYTECODE", "PYTHONDEVMODE", "PYTHONTRACEMALLOC", "PYTHONPROFILEIMPORTTIME")
"""Variables that slow down what is imported from a checkout, or all of Python."""


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment as if nobody had touched it: each engine decides for itself."""
    return {name: value for name, value in environment.items() if not name.startswith((*TUNING, *SLOWING))}


class Failed(Exception):  # noqa: N818 - a result, not a mistake
    """The child could not do what it was asked for."""


class Child:
    """A process of `benchmarks.child`, or of another module that answers so. Leaving its `with` block ends it."""

    def __init__(self, environment: Mapping[str, str], module: str = "benchmarks.child") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env=clean(environment),
        )

    def ask(self, do: str, **arguments: Any) -> Any:
        """What a method of the child's `Session` gives. Raises Failed when it raises, or when the child is gone."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, **arguments}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failed(f"the process ended with code {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["value"]

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        # Closes the pipes, at which the child ends, and waits for it.
        self.process.__exit__(None, None, None)


def prepare_kernels() -> None:
    """Compile what cnnspec has yet to compile on this machine, in a process that ends with it: no time, memory or
    loading that is measured afterwards contains that. Raises Failed."""
    if missing() is None:
        with Child(os.environ) as child:
            child.ask("prepare")
