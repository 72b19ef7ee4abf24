"""The machine as this process may use it: processor, cores and memory, with the limits of containers.

Only the standard library is imported. `root` stands for the file system's root, so that a test can bring its own.
"""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class Cores:
    """How many cores there are, how many of them the process may run on, and how much of their time it gets.

    `quota` is a control group's limit in cores, None without one.
    """

    installed: int
    allowed: int
    quota: float | None = None

    @property
    def usable(self) -> int:
        """Threads that are worth starting. A quota of 1.5 cores is rounded up: a second thread does get half a core."""
        return max(1, min(self.allowed, math.ceil(self.quota) if self.quota else self.allowed))


@dataclass(frozen=True, slots=True)
class SystemMemory:
    """Bytes that the machine has, and a control group's limit, None without one."""

    installed: int | None
    limit: int | None = None

    @property
    def usable(self) -> int | None:
        """Bytes that the process may take; None where the system does not tell."""
        return min((size for size in (self.installed, self.limit) if size is not None), default=None)


@dataclass(frozen=True, slots=True)
class Processor:
    """The processor's name and its widest vector instructions, "" where the system does not tell."""

    name: str
    vectors: str = ""


def cores(root: Path = ROOT) -> int:
    """Cores that this process may use: its affinity and its control group's quota taken together, at least 1."""
    return count_cores(root).usable


def count_cores(root: Path = ROOT) -> Cores:
    """What `cores` is made of."""
    installed = os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else installed
    return Cores(installed, allowed, min(_quotas(root), default=None))


def memory(root: Path = ROOT) -> SystemMemory:
    """The machine's memory and its limit."""
    try:
        installed: int | None = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        installed = None
    limit = min(_memory_limits(root), default=None)
    # Version 1 writes "no limit" as a number near 2^63.
    return SystemMemory(installed, None if limit is None or limit >= (installed or 1 << 60) else limit)


VECTORS = {
    "avx512f": "AVX-512",
    "avx2": "AVX2",
    "avx": "AVX",
    "sse2": "SSE2",
    "sve": "SVE",
    "asimd": "NEON",
}
"""Flags of /proc/cpuinfo, the widest of a family first, and what they are called."""


MODEL = (
    *("vendor_id", "cpu family", "model", "stepping", "model name"),
    *("CPU implementer", "CPU architecture", "CPU variant", "CPU part", "CPU revision"),
)
"""Fields of /proc/cpuinfo that tell processors apart, on x86 and on ARM."""


@dataclass(frozen=True, slots=True)
class Instructions:
    """What a processor understands: the fields of `MODEL`, and its sets of instructions by their flags. Empty where the
    system does not tell."""

    model: tuple[str, ...]
    sets: frozenset[str]


def instructions(root: Path = ROOT) -> Instructions:
    """Those of the first processor."""
    fields = _cpuinfo(root)
    return Instructions(tuple(fields.get(name, "") for name in MODEL), frozenset(_flags(fields)))


def processor(root: Path = ROOT) -> Processor:
    """The first processor, as the system describes it."""
    fields = _cpuinfo(root)
    flags = _flags(fields)
    name = fields.get("model name") or platform.processor() or platform.machine() or "unknown"
    return Processor(name, next((title for flag, title in VECTORS.items() if flag in flags), ""))


def _cpuinfo(root: Path) -> dict[str, str]:
    """The fields of the first processor."""
    fields: dict[str, str] = {}
    for line in _lines(root / "proc/cpuinfo"):
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    return fields


def _flags(fields: Mapping[str, str]) -> set[str]:
    return {*fields.get("flags", "").split(), *fields.get("Features", "").split()}


def _quotas(root: Path) -> Iterator[float]:
    """Limits on processor time, in cores, of the process' control groups and those above them."""
    for folder in _groups(root, "cpu"):
        both = " ".join(_lines(folder / "cpu.max")).split()  # version 2: "150000 100000", or "max 100000"
        both = both or [*_lines(folder / "cpu.cfs_quota_us"), *_lines(folder / "cpu.cfs_period_us")]
        if len(both) == 2 and all(number.isdecimal() and int(number) for number in both):
            yield int(both[0]) / int(both[1])


def _memory_limits(root: Path) -> Iterator[int]:
    """Limits on memory, in bytes, of the process' control groups and those above them."""
    for folder in _groups(root, "memory"):
        for limit in (*_lines(folder / "memory.max"), *_lines(folder / "memory.limit_in_bytes")):
            if limit.isdecimal():
                yield int(limit)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders of the control groups that hold the process, up to the root: a limit holds for all below it.

    A container often sees its own group as the root while /proc names the path outside; such a path is not there,
    those above it are.
    """
    mounted = root / "sys/fs/cgroup"
    for line in _lines(root / "proc/self/cgroup"):
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            tops = [mounted]
        elif controller in controllers.split(","):
            tops = [mounted / controllers, mounted / controller]
        else:
            continue
        inside = Path(path.lstrip("/"))
        yield from (top / part for top in tops for part in (inside, *inside.parents))


def _lines(file: Path) -> list[str]:
    """The file's lines, none when it is not there or may not be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
