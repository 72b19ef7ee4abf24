"""What the page works out is what Python works out, for every layer kind, from the same laws."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from cnnspec import Spec, load, report
from cnnspec.layers import kinds
from cnnspec.reports.inspection.trace import Trace, trace
from cnnspec.spec.running import first

pytestmark = pytest.mark.browser

ASK = """async (asked) => Promise.all(asked.map(async ([layer, place, run]) => {
    const cell = await cnnspec.explain(layer, place, run);
    return cell && [String(cell.executed), String(cell.explained)];
}))"""
CELLS = 25


def places(ran: Trace) -> list[tuple[str, list[int]]]:
    """Cells of every layer, drawn at random, always the same ones."""
    random = Random(0)
    return [
        (step.name, [random.randrange(size) for size in step.shape]) for step in ran.graph.steps for _ in range(CELLS)
    ]


def agree(page: Any, ran: Trace) -> None:
    asked = places(ran)
    found = page.evaluate(ASK, [[name, place, 0] for name, place in asked])
    for (name, place), said in zip(asked, found, strict=True):
        cell = ran.cell(name, tuple(place))
        assert said is not None, (name, place)
        executed, explained = (float(number.replace("Infinity", "inf")) for number in said)
        assert executed == pytest.approx(cell.executed, rel=1e-6, abs=1e-9, nan_ok=True), (name, place)
        assert explained == pytest.approx(cell.explained, rel=1e-6, abs=1e-9, nan_ok=True), (name, place)


def test_every_kind(every_kind: tuple[Spec, dict[str, Any], Any], tmp_path: Path, opened: Any) -> None:
    spec, tensors, x = every_kind
    assert {step.kind for step in spec.graph.steps} == set(kinds())
    made = report(spec, x[None], tensors)
    assert made.whole == len(spec.graph.steps)
    made.save(tmp_path / "page.html")
    agree(opened(tmp_path / "page.html"), trace(spec.graph, tensors, x))


def test_a_bundled_network(lenet5: Path, opened: Any) -> None:
    spec = load("lenet5")
    x = first(spec.sample(), spec.graph, spec.header.preprocess)
    agree(opened(lenet5), trace(spec.graph, spec.compile().tensors, x))
