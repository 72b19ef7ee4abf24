"""Results as JSON and as Markdown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from cnnspec.reports.drawing.markdown_table import plain, table

from .cold import Start
from .engines import engine
from .measure import Result

OURS = "cnnspec"
COMPILED = "cnnspec_numba"
"""The engine under test, with NumPy and on its compiled backend."""
QUIET = 0.5
"""Processes that want to run on a machine that is left alone."""


@dataclass(frozen=True, slots=True)
class Case:
    """A network at a batch size with a number of threads, and what each engine made of it."""

    network: str
    batch: int
    threads: int
    results: Sequence[Result]
    macs: int = 0
    """Multiply-accumulates of the batch."""
    weight_bytes: int = 0
    """Of the network: each call has to read them once."""

    def best(self, name: str) -> Result | None:
        """The quickest of an engine's ways, None when it has no time to show."""
        timed = [result for result in self.results if result.engine == name and result.seconds is not None]
        return min(timed, key=lambda result: result.seconds or 0.0, default=None)

    def ratio(self, name: str, of: str = OURS) -> float | None:
        """cnnspec's time / the engine's time: below 1, cnnspec is faster. `of` is one of its backends."""
        ours, theirs = self.best(of), self.best(name)
        if ours is None or theirs is None or not ours.seconds or not theirs.seconds:
            return None
        return ours.seconds / theirs.seconds

    def share(self, peak: float) -> float | None:
        """What the compiled backend reaches of a `peak`, in billions of operations a second of processor time; above
        1 where Winograd's convolution saves more products than it adds."""
        busy = _processor(self, COMPILED)
        return 2 * self.macs / busy / 1e9 / peak if busy and peak and self.macs else None

    def memory_share(self, bandwidth: float) -> float | None:
        """What reading the weights once is, at a `bandwidth` in billions of bytes a second of processor time, of the
        time that the compiled backend takes."""
        busy = _processor(self, COMPILED)
        return self.weight_bytes / busy / 1e9 / bandwidth if busy and bandwidth and self.weight_bytes else None


@dataclass(slots=True)
class Report:
    """Everything that was measured, and on what."""

    machine: dict[str, Any]
    cases: list[Case] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)

    @property
    def engines(self) -> list[str]:
        return list(dict.fromkeys(result.engine for case in self.cases for result in case.results))

    @property
    def versions(self) -> dict[str, str]:
        """Of all packages that took part."""
        results = [result for case in self.cases for result in case.results]
        return dict(sorted(pair for result in results for pair in result.versions.items()))

    @property
    def blas(self) -> str:
        """The matrix library that cnnspec's process loaded, with its kernel."""
        pools = [pool for case in self.cases for r in case.results if r.engine == OURS for pool in r.pools]
        found = [pool for pool in pools if pool.get("user_api") == "blas"]
        names = {f"{pool['internal_api']} {pool['version']}, kernel {pool.get('architecture', '?')}" for pool in found}
        return "; ".join(sorted(names)) or "unknown"


def geometric_mean(values: Iterable[float]) -> float | None:
    """The mean for ratios: that of a/b and that of b/a are each other's inverse. None of nothing."""
    logarithms = [math.log(value) for value in values]
    return math.exp(sum(logarithms) / len(logarithms)) if logarithms else None


def digits(value: float) -> str:
    """Three significant digits, whole numbers above that."""
    if value >= 99.95:
        return f"{value:,.0f}"
    places = 1 if value >= 9.995 else 2 if value >= 0.9995 else 3
    return f"{value:.{places}f}"


def json_text(report: Report) -> str:
    cases = [asdict(case) for case in report.cases]
    for case, written in zip(report.cases, cases, strict=True):
        for result, entry in zip(case.results, written["results"], strict=True):
            entry["seconds"] = result.seconds
        written["ratios"] = {name: case.ratio(name) for name in report.engines if name != OURS}
        written["ratios_numba"] = {name: case.ratio(name, COMPILED) for name in report.engines if name != COMPILED}
    starts = [
        asdict(start) | {"seconds": start.seconds, "processor_seconds": start.processor_seconds}
        for start in report.starts
    ]
    found = {"machine": report.machine, "blas": report.blas, "versions": report.versions}
    return json.dumps(found | {"cases": cases, "starts": starts}, indent=1) + "\n"


def markdown_text(report: Report) -> str:
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"{plain(report.machine['processor'])}, {report.machine['cores']} cores, {report.machine['system']};"
    yield f"NumPy's matrix library: {plain(report.blas)};"
    yield ", ".join(f"{package} {version}" for package, version in report.versions.items()) + "."
    if (report.machine.get("load") or 0) > QUIET:
        yield f"The machine was busy with other work (load {report.machine['load']:.1f}): times mean little."
    yield ""
    yield "Milliseconds a batch, medians. In parentheses cnnspec's time / the engine's time: below 1, cnnspec is"
    yield "faster. Behind it the way that was quickest, where an engine has several."
    if COMPILED in report.engines:
        yield "Behind a semicolon that of cnnspec's compiled backend. The share of the peak is what that one makes of"
        yield f"its processor time; the peak, {report.machine.get('peak') or 0:.0f} GFLOP/s, is what large 1x1"
        yield f"convolutions reached. Vectors: {report.machine.get('vectors') or 'unknown'}. The share of memory is"
        yield "how much of that time it takes to read the weights once, as fast as a large dense layer comes by them:"
        yield f"{report.machine.get('bandwidth') or 0:.1f} GB/s. Small networks have theirs in the cache."
    for threads in sorted({case.threads for case in report.cases}):
        chosen = [case for case in report.cases if case.threads == threads]
        yield from _section(
            f"{threads} thread{'s' if threads > 1 else ''}",
            _times(chosen, report.engines, report.machine),
        )
    alone = [case for case in report.cases if case.threads == 1 and _processor(case, OURS)]
    if alone:
        yield from _section("Processor time of a call, 1 thread, in milliseconds", _busy(alone, report.engines))
    yield from _section("Memory and loading", _costs(report))
    if report.starts:
        yield from _section("Cold start", _cold(report.starts))
    notes = dict.fromkeys(_notes(report.cases))
    if notes:
        yield from _section("Left out", notes)


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    yield from ("", f"### {title}", "", *lines)


def _times(cases: Sequence[Case], engines: Sequence[str], machine: Mapping[str, Any]) -> Iterator[str]:
    peers = [name for name in engines if name != OURS]
    titles = ["network", "batch", *(engine(name).TITLE for name in (OURS, *peers))]
    rows = [[case.network, str(case.batch), *(_time(case, name) for name in (OURS, *peers))] for case in cases]
    rows.append(["geometric mean", "", "", *(_mean(cases, name) for name in peers)])
    if COMPILED in peers:
        titles += "share of peak", "share of memory"
        peak, bandwidth = machine.get("peak") or 0.0, machine.get("bandwidth") or 0.0
        roofline = [(case.share(peak), case.memory_share(bandwidth)) for case in cases]
        for row, shares in zip(rows, [*roofline, (None, None)], strict=True):
            row += ["" if share is None else f"{share:.0%}" for share in shares]
    return table(titles, titles[1:], rows)


def _mean(cases: Sequence[Case], name: str) -> str:
    of_each = (
        geometric_mean(r for case in cases if (r := case.ratio(name, ours)) is not None) for ours in _compared(name)
    )
    return _in_brackets(of_each)


def _compared(name: str) -> tuple[str, ...]:
    """With which of ours an engine is compared."""
    return (OURS,) if name == COMPILED else (OURS, COMPILED)


def _in_brackets(ratios: Iterable[float | None]) -> str:
    known = [digits(ratio) for ratio in ratios if ratio is not None]
    return f"({'; '.join(known)})" if known else ""


def _time(case: Case, name: str) -> str:
    found = case.best(name)
    if found is None or found.seconds is None:
        return "-"
    compared = "" if name == OURS else _in_brackets(case.ratio(name, ours) for ours in _compared(name))
    time = f"{digits(1000 * found.seconds)} {compared}".rstrip()
    return f"{time}{f', {found.way}' if found.way else ''}"


def _busy(cases: Sequence[Case], engines: Sequence[str]) -> Iterator[str]:
    """On a busy machine processor time means more than the clock. In parentheses as above."""
    titles = ["network", "batch", *(engine(name).TITLE for name in engines)]
    rows = []
    for case in cases:
        times = {name: _processor(case, name) for name in engines}
        cells = (
            f"{digits(1000 * time)} {_against(times, name)}".rstrip() if time else "-" for name, time in times.items()
        )
        rows.append([case.network, str(case.batch), *cells])
    means = []
    for name in engines:
        by_backend = [
            geometric_mean(_processor(c, ours) / _processor(c, name) for c in cases if _processor(c, name))
            for ours in _compared(name)
            if ours in engines and name != OURS
        ]
        means.append(_in_brackets(by_backend))
    rows.append(["geometric mean", "", *means])
    return table(titles, titles[1:], rows)


def _processor(case: Case, name: str) -> float:
    """Seconds of the processor for a call; 0 where it was not timed."""
    found = case.best(name)
    return median(r.get("processor", 0.0) for r in found.rounds) if found and found.rounds else 0.0


def _against(times: Mapping[str, float], name: str) -> str:
    return "" if name == OURS else _in_brackets(times[o] / times[name] for o in _compared(name) if times.get(o))


def _costs(report: Report) -> Iterator[str]:
    """Peak memory of the process and time to load, at each network's smallest batch and fewest threads."""
    yield "Peak memory of the whole process in MiB; milliseconds to load and compile, imports left out."
    yield ""
    titles = ["network", *(engine(name).TITLE for name in report.engines)]
    first: dict[str, Case] = {}
    for case in sorted(report.cases, key=lambda case: (case.threads, case.batch)):
        first.setdefault(case.network, case)
    rows = [[network, *(_cost(case, name) for name in report.engines)] for network, case in first.items()]
    yield from table(titles, titles[1:], rows)


def _cost(case: Case, name: str) -> str:
    found = case.best(name)
    if found is None or found.peak_bytes is None or found.load_seconds is None:
        return "-"
    return f"{found.peak_bytes / 2**20:,.0f} MiB, {digits(1000 * found.load_seconds)} ms"


def _cold(starts: Sequence[Start]) -> Iterator[str]:
    titles = ["task", "command", "ms", "ms of processors"]
    rows = [[s.task, s.title, digits(1000 * s.seconds), digits(1000 * s.processor_seconds)] for s in starts]
    return table(titles, titles[2:], rows)


def _notes(cases: Iterable[Case]) -> Iterator[str]:
    for case in cases:
        for result in case.results:
            if result.failure:
                way = f", {result.way}" if result.way else ""
                where = f"{case.network}, batch {case.batch}"
                yield f"- {engine(result.engine).TITLE}{way} on {where}: {plain(result.failure)}"
