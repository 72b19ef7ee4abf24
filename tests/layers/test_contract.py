"""The contract of a layer, held by every kind: a new file in `cnnspec/layers/` is tested here unnamed."""

from __future__ import annotations

import inspect
import json
import re
import sys

import numpy as np
import oracle
import pytest
from layer_cases import RUN, Case, case, every_example, every_kind, every_mistake, run, spec, step_of
from processes import layers_among, modules_after
from pydantic import BaseModel

from cnnspec.graph.graph import Step
from cnnspec.graph.layer import Example, Join
from cnnspec.graph.receptive_field import IDENTITY, NOT_SPATIAL
from cnnspec.layers import find, kinds

COUNTED = ("conv", "deconv", "dense")
"""Kinds whose multiply-accumulates are counted (the language's page, *Counting*). Others may be."""


def counted(step: Step) -> bool:
    """Whether the layer has a weight that joins values by multiplications: that weight has a fan."""
    return any(tensor.fan is not None for tensor in step.tensors.values())


# What is declared


@every_example
def test_example_gives_what_it_says(kind: str, example: Example) -> None:
    assert step_of(kind, example).shape == example.produces
    assert spec(example.yaml, example.arriving).diagnostics == ()


@every_mistake
def test_mistake_gives_its_code_with_a_reason(kind: str, example: Example) -> None:
    checked = spec(example.yaml, example.arriving)
    (finding,) = checked.diagnostics
    assert finding.code == example.produces
    assert finding.span is not None
    assert "{" + "layer}" not in str(finding)
    if finding.code.startswith("E2"):
        assert any(map(str.isdigit, finding.message + finding.label + finding.why)), "the sizes are missing"
        assert finding.help, "the cure is missing"


@every_kind
def test_documentation_is_complete(kind: str) -> None:
    layer = find(kind)
    module = sys.modules[layer.__module__]
    assert module.__doc__
    assert vars(layer).get("__doc__")
    assert layer.kind == kind
    for name, info in layer.model_fields.items():
        assert info.description, f"field {name} is not described"
    assert any(isinstance(example.produces, tuple) for example in layer.examples)


@every_kind
def test_what_it_does_is_said_in_chinese_too(kind: str) -> None:
    """In a sentence of its own, which tells what the English one tells: words of code are the same ones."""
    layer = find(kind)
    zh: str = vars(layer)["zh"]
    assert re.search("[一-鿿]", zh)
    assert zh.endswith("。")
    assert not re.search("[,;:?!] ", zh), "marks are full-width ones"
    english = inspect.cleandoc(layer.__doc__ or "").partition(".\n")[0]
    assert set(re.findall("`([^`]+)`", zh)) == set(re.findall("`([^`]+)`", english))


@every_kind
def test_a_kind_is_one_public_class(kind: str) -> None:
    module = sys.modules[find(kind).__module__]
    own = [c for _, c in inspect.getmembers(module, inspect.isclass) if c.__module__ == module.__name__]
    assert [c for c in own if issubclass(c, BaseModel)] == [find(kind)]


@pytest.mark.parametrize(("kind", "example"), [e for e in RUN if not issubclass(find(e.values[0]), Join)])
def test_written_out_and_read_again(kind: str, example: Example) -> None:
    """All fields that have a value, as YAML: defaults read as they are."""
    layer = step_of(kind, example).layer
    fields = json.dumps(layer.model_dump(mode="json", by_alias=True, exclude_none=True))
    assert step_of(kind, Example(f"{kind}: {fields}", example.arriving, example.produces)).layer == layer
    assert type(layer).model_validate(layer.model_dump(by_alias=True)) == layer


def test_layers_load_without_numpy() -> None:
    """`validate` and `summary` need the layers' rules, not their arithmetic."""
    loaded = modules_after("from cnnspec.layers import find, kinds\nfor kind in kinds(): find(kind)")
    assert set(kinds()) <= layers_among(loaded)
    assert not loaded & {"numpy", "PIL", "rich", "safetensors"}


# What is executed


@every_example
def test_declared_shape_is_executed_shape(kind: str, example: Example) -> None:
    ran = case(kind, example, batch=3)
    assert ran.output.shape == (3, *ran.step.shape)


@every_example
def test_forward_is_the_oracle(kind: str, example: Example) -> None:
    ran = case(kind, example)
    expected = oracle.find(kind)(ran.layer, *(x[0] for x in ran.inputs), **ran.tensors)
    np.testing.assert_allclose(ran.output[0], expected, rtol=1e-10, atol=1e-10)


@every_example
def test_batch_is_single_runs(kind: str, example: Example) -> None:
    ran = case(kind, example, batch=3)
    single = [run(ran.step, tuple(x[i : i + 1] for x in ran.inputs), ran.tensors) for i in range(3)]
    np.testing.assert_allclose(ran.output, np.concatenate(single), rtol=1e-12, atol=1e-12)


@every_example
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_precision_is_kept(kind: str, example: Example, dtype: str) -> None:
    assert case(kind, example, dtype=dtype).output.dtype == dtype


@every_example
def test_float32_is_near_float64(kind: str, example: Example) -> None:
    ran = case(kind, example, batch=2)
    single = run(
        ran.step,
        tuple(x.astype("float32") for x in ran.inputs),
        {name: array.astype("float32") for name, array in ran.tensors.items()},
    )
    np.testing.assert_allclose(single, ran.output, rtol=1e-4, atol=1e-4)


@every_example
def test_inputs_stay_as_they_are(kind: str, example: Example) -> None:
    ran = case(kind, example, batch=2)
    given = [*ran.inputs, *ran.tensors.values()]
    before = [array.copy() for array in given]
    for array in given:
        array.flags.writeable = False
    run(ran.step, ran.inputs, ran.tensors)
    for array, kept in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, kept)


@every_example
def test_only_views_share_memory(kind: str, example: Example) -> None:
    ran = case(kind, example, batch=2)
    assert any(np.shares_memory(ran.output, x) for x in ran.inputs) == ran.layer.is_view


# What is counted


class Counted(float):
    """A weight that counts how often it is multiplied."""

    count = 0

    def __mul__(self, other: float) -> float:
        Counted.count += 1
        return float(self) * other


@every_example
def test_macs_are_the_multiplications_of_the_oracle(kind: str, example: Example) -> None:
    ran = case(kind, example)
    if not counted(ran.step):
        assert ran.step.macs == 0
        return
    Counted.count = 0
    weight = np.empty(ran.tensors["weight"].shape, object)
    for index, value in np.ndenumerate(ran.tensors["weight"]):
        weight[index] = Counted(value)
    oracle.find(kind)(ran.layer, *(x[0] for x in ran.inputs), **(ran.tensors | {"weight": weight}))
    assert ran.step.macs == Counted.count


@every_example
def test_fan_is_what_a_weight_joins(kind: str, example: Example) -> None:
    """Fan in: input values behind one output value; only a random start needs it."""
    step = step_of(kind, example)
    assert counted(step) or kind not in COUNTED
    for name, tensor in step.tensors.items():
        assert tensor.fan is None or name == "weight"
        if tensor.fan is not None and kind in ("conv", "dense"):
            assert tensor.fan[0] == np.prod(tensor.shape[1:])


# How far a cell looks


def looks_at(ran: Case, axis: int) -> list[set[int]]:
    """For each output row (or column), the input rows (or columns) that change it: measured one by one."""
    size = max(shape[1 + axis] for shape in ran.step.arriving)
    found: list[set[int]] = [set() for _ in range(ran.step.shape[1 + axis])]
    for i in range(size):
        poked = tuple(x.copy() for x in ran.inputs)
        for x in poked:
            if x.shape[2 + axis] == size:
                x[(slice(None),) * (2 + axis) + (i,)] += 1000.0
        changed = run(ran.step, poked, ran.tensors) != ran.output
        for o in range(len(found)):
            if changed.take(o, 2 + axis).any():
                found[o].add(i)
    return found


@pytest.mark.parametrize(("kind", "example"), [e for e in RUN if len(e.values[1].arriving) == 3])
def test_reach_is_what_a_cell_looks_at(kind: str, example: Example) -> None:
    ran = case(kind, example)
    receptive_field = ran.layer.receptive_field(*ran.step.arriving)
    if receptive_field == NOT_SPATIAL:
        assert whole_or_moved(ran), "each cell has its place, but reach says that it has none"
        return
    if oracle.find(kind).__module__ == "oracle.values":
        assert receptive_field == (IDENTITY, IDENTITY), (
            "statistics over the image and its channels are left out of a receptive field"
        )
        return
    for axis, look in enumerate(receptive_field):
        assert look is not None
        last = max(shape[1 + axis] for shape in ran.step.arriving) - 1
        for o, seen in enumerate(looks_at(ran, axis)):
            said = range(look.first(o), look.last(o) + 1)
            if kind == "pad" and not 0 <= said[0] <= last:
                continue  # a cell that is a copy looks where that one does: a receptive field leaves padding out
            assert seen <= set(said)
            if said and said[0] >= 0 and said[-1] <= last:
                assert {said[0], said[-1]} <= seen


def whole_or_moved(ran: Case) -> bool:
    """The output is a vector or a single cell, or its rows or columns hang on other columns or rows."""
    moving = ran.layer.kind in ("concat", "permute", "reshape")
    return moving or len(ran.step.shape) == 1 or ran.step.shape[1:] == (1, 1)
