"""What `doctor` found, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...diagnostics.wording import quantity
from ...machine.compiled_code import INSTALL, Compiler
from ...machine.doctor import Advice, Findings
from ..drawing.ansi import BOLD, DIM, painter
from ..drawing.terminal_text import escaped
from ..drawing.text_table import wrapped


def render(findings: Findings, advice: Sequence[Advice], colour: bool, width: int | None = None) -> str:
    """A line for each fact, then what would help; in lines of `width`."""
    paint = painter(colour)
    facts = dict(_facts(findings))
    margin = max(map(len, facts))
    lines = []
    for name, fact in facts.items():
        first, *further = wrapped(f"{name:<{margin}}  {escaped(fact)}", width, margin + 2)
        lines += [paint(DIM, first[:margin]) + first[margin:], *further]
    lines += ["", paint(BOLD, "What would make it faster:") if advice else "Nothing stands in the way of full speed."]
    for piece in advice:
        said = f"- {piece.message}", f"  why: {piece.why}", f"  help: {piece.help}"
        lines += ["", *(part for line in said for part in wrapped(escaped(line), width, 4))]
    return "\n".join(lines) + "\n"


def _facts(findings: Findings) -> Iterator[tuple[str, str]]:
    processor, cores = findings.processor, findings.cores
    yield "processor", ", ".join(filter(None, (processor.name, processor.vectors)))
    quota = f", limited to the time of {cores.quota:g}" if cores.quota is not None else ""
    yield "cores", f"{cores.usable} usable of {cores.installed}{quota}"
    yield "memory", _memory(findings)
    yield "Python", findings.python
    yield "NumPy", findings.numpy
    yield "BLAS", _blas(findings)
    yield "numba", _compiler(findings.compiler)
    yield "speed", _speed(findings)
    if findings.variables:
        yield "set", ", ".join(f"{name}={value}" for name, value in findings.variables.items())


def _memory(findings: Findings) -> str:
    installed, limit = findings.memory.installed, findings.memory.limit
    known = f"{_gib(installed)} GiB" if installed else "unknown"
    return f"{known}, limited to {_gib(limit)} GiB" if limit else known


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f}"


def _blas(findings: Findings) -> str:
    found = findings.blas
    name = f"{found.name} {found.version or ''}".rstrip() if found.name else "none"
    if found.threads is None:
        return f"{name}, kernel and threads unknown"
    threads = quantity(found.threads, "thread")
    return ", ".join(filter(None, (name, f"kernel {found.kernel}" if found.kernel else "", threads)))


def _compiler(found: Compiler) -> str:
    if found.numba is None:
        return f"none; `{INSTALL}` brings `--backend numba`, whose kernels are compiled for this processor"
    if found.fault:
        return f"{found.numba}, which cannot be loaded"
    return f"{found.numba}, for `--backend numba`; compiled kernels are kept in {found.folder}"


def _speed(findings: Findings) -> str:
    single, together = findings.speed.single, findings.speed.together
    both = f"{together:.0f} GFLOP/s"
    if single is not None and findings.blas.threads != 1:
        both = f"{single:.0f} GFLOP/s with one thread, {together:.0f} with {findings.blas.threads}"
    return f"{both} (float32 matrix products)"
