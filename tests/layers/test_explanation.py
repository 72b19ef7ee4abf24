"""The contract of `explain`, held by every kind: what it says of a cell is what `forward` computes there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layer_cases import Case, case, every_example
from random_specs import load, texts

from cnnspec.engine.interpreter import execute
from cnnspec.graph.explanation import Explanation
from cnnspec.graph.layer import Example
from cnnspec.graph.shape import Shape
from cnnspec.reports.inspection import formula
from cnnspec.reports.inspection.cell import Cell, explain_cell
from cnnspec.reports.inspection.laws import laws


def cells(ran: Case) -> Iterator[Cell]:
    inputs = tuple(x[0] for x in ran.inputs)
    for place in product(*map(range, ran.step.shape)):
        yield explain_cell(ran.step, place, inputs, ran.tensors, ran.output[0])


@every_example
def test_explained_is_executed_at_every_cell(kind: str, example: Example) -> None:
    for cell in cells(case(kind, example)):
        assert cell.explained == pytest.approx(cell.executed, rel=1e-12, abs=1e-12), cell.place


@every_example
def test_the_laws_give_the_same_at_every_cell(kind: str, example: Example) -> None:
    step = case(kind, example).step
    found = laws(step.layer, step.shape, step.arriving)
    assert found is not None
    for place in product(*map(range, step.shape)):
        assert found.at(place) == step.layer.explain(place, *step.arriving)


@every_example
def test_every_name_of_the_formula_is_a_part_and_every_part_a_name(kind: str, example: Example) -> None:
    for cell in cells(case(kind, example)):
        said = cell.explanation
        assert formula.names(said.formula) == tuple(dict.fromkeys(formula.names(said.formula)))
        assert set(formula.names(said.formula)) == set(said.parts)


@every_example
def test_a_cell_is_explained_by_cells_within_its_receptive_field(kind: str, example: Example) -> None:
    """Where a layer says how far a cell looks, its explanation reads nothing beyond along rows and columns."""
    ran = case(kind, example)
    step = ran.step
    if len(step.arriving) > 1 or len(step.arriving[0]) != 3 or len(step.shape) != 3:
        return
    for axis, field in enumerate(step.layer.receptive_field(*step.arriving), 1):
        if field is None:
            continue
        for i in range(step.shape[axis]):
            place = tuple(i if other == axis else 0 for other in range(3))
            said: Explanation = step.layer.explain(place, *step.arriving)
            # Statistics over many cells are not counted into the field, as a gate's are not.
            reads = [
                p.read for p in said.parts.values() if p.read and p.read.of == 0 and p.how in ("cell", "dot", "sum")
            ]
            if kind == "pad" and not 0 <= field.first(i) < step.arriving[0][axis]:
                continue  # padding, and copies that stand for it, are left out of the field
            touched = [r.axes[axis].first + n * r.axes[axis].step for r in reads for n in range(r.axes[axis].length)]
            assert all(field.first(i) <= cell <= field.last(i) for cell in touched)


@settings(deadline=None, max_examples=40)
@given(texts(), st.data())
def test_random_networks_are_explained_as_executed(text: str, data: st.DataObject) -> None:
    """In float32: the difference is within rounding of what is added up."""
    graph = load(text).graph
    random = np.random.default_rng(0)
    tensors = {name: random.random(spec.shape, np.float32) for name, spec in graph.tensors.items()}
    x = random.normal(size=(1, *graph.input)).astype(np.float32)
    values = {"input": x} | dict(execute(graph, tensors, x))
    for step in graph.steps:
        place: Shape = tuple(data.draw(st.integers(0, size - 1)) for size in step.shape)
        own = {key: tensors[f"{step.name}.{key}"] for key in step.tensors}
        cell = explain_cell(step, place, tuple(values[name][0] for name in step.inputs), own, values[step.name][0])
        largest = max(float(np.abs(part.terms).sum()) if part.block else 0.0 for part in cell.parts.values())
        assert cell.explained == pytest.approx(cell.executed, rel=1e-4, abs=1e-5 * (1 + largest))
