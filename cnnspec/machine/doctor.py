"""What this machine offers a network, and what would make it faster.

Nothing is changed here: advice names what a person may change.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..diagnostics.missing_package import reinstall
from ..diagnostics.wording import quantity
from .blas import Blas, Speed, blas, speed
from .compiled_code import Compiler, compiler
from .hardware import Cores, Processor, SystemMemory, count_cores, memory, processor

CHOOSING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR", "BLIS_ARCH_TYPE")
"""Environment variables that decide with which kernel a library multiplies."""
COUNTING = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Environment variables that decide with how many threads."""
LIMITING = "NPY_DISABLE_CPU_FEATURES"
"""The environment variable that keeps NumPy's own loops from instructions that the processor has."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The machine, the software on it, and the environment variables that govern NumPy's speed."""

    processor: Processor
    cores: Cores
    memory: SystemMemory
    python: str
    numpy: str
    blas: Blas
    compiler: Compiler
    speed: Speed
    variables: Mapping[str, str]

    @property
    def choosing(self) -> dict[str, str]:
        """The variables that decide over the kernel."""
        return {name: value for name, value in self.variables.items() if name in CHOOSING}


@dataclass(frozen=True, slots=True)
class Without:
    """What is found in a process without the variables that decide over the kernel."""

    kernel: str | None
    speed: Speed


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that would help: what is the matter, why that matters, and what to do."""

    message: str
    why: str
    help: str


SECONDS = 0.8
"""For one measurement."""


def examine() -> Findings:
    """Look at the machine and measure it, in about a second. Imports NumPy."""
    import numpy as np

    system = f"{platform.python_implementation()}, {platform.system()} {platform.machine()}"
    return Findings(
        processor(),
        count_cores(),
        memory(),
        f"{platform.python_version()} ({system})",
        np.__version__,
        blas(),
        compiler(),
        speed(SECONDS),
        {name: os.environ[name] for name in (*CHOOSING, *COUNTING, LIMITING) if os.environ.get(name)},
    )


def examine_without(findings: Findings) -> Without | None:
    """Measure again in a process without the variables that decide over the kernel.

    None where none is set, and where no second process can be started.
    """
    if not findings.choosing:
        return None
    environment = {name: value for name, value in os.environ.items() if name not in findings.choosing}
    # -P: nothing is imported from the folder that the reader happens to be in.
    code = f"import sys; sys.path.append({str(Path(__file__).parents[2])!r}); from cnnspec.__main__ import main; main()"
    command = [sys.executable, "-P", "-c", code, "doctor", "--format", "json"]
    try:
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    found = json.loads(done.stdout)
    return Without(found["blas"]["kernel"], Speed(**found["speed"]))


def advise(findings: Findings, without: Without | None) -> Iterator[Advice]:
    """What would help, the most likely gain first."""
    if without is not None:
        yield from _kernel(findings, without)
    yield from _library(findings.blas)
    yield from _instructions(findings)
    yield from _compiler(findings.compiler)
    yield from _threads(findings)
    yield from _others(findings)
    yield from _share(findings.cores)


GAIN = 1.1
"""From which ratio on a difference is more than noise."""


def _kernel(findings: Findings, without: Without) -> Iterator[Advice]:
    now, then = findings.speed.single, without.speed.single
    if now is None or then is None:
        now, then = findings.speed.together, without.speed.together
    if then < GAIN * now:
        return
    names = findings.choosing
    settings = " and ".join(f"`{name}={value}`" for name, value in names.items())
    verb, pronoun = ("slow", "them") if len(names) > 1 else ("slows", "it")
    yield Advice(
        f"{settings} {verb} NumPy down",
        f"{now:.0f} GFLOP/s{_by(findings.blas.kernel)}; without {pronoun}, {then:.0f}{_by(without.kernel)}",
        f"unset {pronoun} for cnnspec: `env {' '.join(f'-u {name}' for name in names)} cnnspec ...`",
    )


def _by(kernel: str | None) -> str:
    return f" with the kernel {kernel}" if kernel else ""


TUNED = ("openblas", "mkl", "accelerate", "blis", "flexiblas", "armpl", "nvpl", "essl", "sunperf")


def _library(library: Blas) -> Iterator[Advice]:
    name = (library.name or "").lower()
    if not any(tuned in name for tuned in TUNED):
        known = f"it was built with `{library.name}`" if library.name else "it was built without a BLAS library"
        yield Advice(
            "NumPy multiplies matrices without a library that is tuned for this processor",
            f"{known}; OpenBLAS, MKL and Accelerate are 10 to 50 times as fast",
            "the wheels on PyPI bring OpenBLAS: `pip install --force-reinstall --only-binary numpy numpy`",
        )


def _instructions(findings: Findings) -> Iterator[Advice]:
    if LIMITING in findings.variables:
        yield Advice(
            f"`{LIMITING}` keeps NumPy from instructions that the processor has",
            f"it is set to {findings.variables[LIMITING]!r}; additions, maxima and copies are slower for it",
            f"unset it for cnnspec: `env -u {LIMITING} cnnspec ...`",
        )


def _compiler(found: Compiler) -> Iterator[Advice]:
    if found.fault:
        message = "numba, which `--backend numba` needs, is installed and cannot be loaded"
        yield Advice(message, found.fault, f"`{reinstall('numba')}`")


def _threads(findings: Findings) -> Iterator[Advice]:
    threads, usable = findings.blas.threads, findings.cores.usable
    if threads is None or threads == usable:
        return
    cause = next((name for name in COUNTING if findings.variables.get(name) == str(threads)), None)
    setting = f"`{cause}={threads}`: " if cause else ""
    slow = "the others stand still" if threads < usable else "threads that share a core wait for each other"
    yield Advice(
        f"{setting}NumPy's products take {quantity(threads, 'thread')}, {quantity(usable, 'core')} can be used",
        f"{slow}; this slows down `inspect` and traces, not `run` and `train`, which have threads of their own",
        f"`OPENBLAS_NUM_THREADS={usable}` in the environment, or the like of another library",
    )


def _others(findings: Findings) -> Iterator[Advice]:
    single, together = findings.speed.single, findings.speed.together
    threads = findings.blas.threads or 1
    if single is not None and 1 < threads <= findings.cores.usable and single > GAIN * together:
        yield Advice(
            f"NumPy's products are slower with {threads} threads than with one",
            f"{together:.0f} GFLOP/s, and {single:.0f} with one: other processes hold cores that it waits for",
            "measure again when they are done; `run` suffers less: its threads share out what work is left",
        )


def _share(cores: Cores) -> Iterator[Advice]:
    if cores.quota is not None and cores.quota < cores.allowed:
        yield Advice(
            f"a control group limits this process to {cores.quota:g} of {quantity(cores.allowed, 'core')}",
            "beyond that the system stops it for a while, so single runs take longer than others",
            "a container takes the limit from its start, e.g. `docker run --cpus` or Kubernetes' `limits.cpu`",
        )
    if cores.allowed < cores.installed:
        yield Advice(
            f"this process may run on {cores.allowed} of {quantity(cores.installed, 'core')}",
            "its affinity leaves the others out",
            "it comes from what started the process: `taskset`, a job scheduler, `docker run --cpuset-cpus`",
        )
