"""Every layer kind's examples as steps with arrays, for the tests that hold all kinds to their contract."""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnspec.graph.graph import Step
from cnnspec.graph.layer import Example, Layer
from cnnspec.graph.shape import Shape
from cnnspec.layers import find, kinds
from cnnspec.spec import Checked, check

Array = NDArray[Any]
ABOVE_ZERO = ("sqrt",)


class Case(NamedTuple):
    """An example that runs: the step that it makes, arrays for it, and its output."""

    step: Step
    inputs: tuple[Array, ...]
    tensors: dict[str, Array]
    output: Array

    @property
    def layer(self) -> Layer:
        return self.step.layer


def spec(yaml: str, arriving: Shape) -> Checked:
    """A spec of one line, over the shape that arrives."""
    C, H, W = (*arriving, 1, 1)[:3]
    flatten = "" if len(arriving) == 3 else "  - flatten\n"
    text = f"cnnspec: 1\ninput: {{C: {C}, H: {H}, W: {W}}}\nlayers:\n{flatten}  - {yaml}\n"
    return check(io.StringIO(text))


def step_of(kind: str, example: Example) -> Step:
    checked = spec(example.yaml, example.arriving)
    assert checked.spec is not None, checked.diagnostics
    step = checked.spec.graph.steps[-1]
    assert step.kind == kind, "an example's last layer is the one that it shows"
    return step


def values(shape: tuple[int, ...], seed: int = 0, dtype: str = "float64") -> Array:
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(dtype)


def within(kind: str, x: Array) -> Array:
    """Values of which a kind makes numbers."""
    return abs(x) if kind in ABOVE_ZERO else x


def drawn(step: Step, dtype: str = "float64") -> dict[str, Array]:
    """Arrays for the step's tensors; a variance is positive."""
    tensors = {name: values(tensor.shape, 10, dtype) for name, tensor in step.tensors.items()}
    return tensors | {name: abs(array) + 1 for name, array in tensors.items() if name == "running_var"}


def run(step: Step, inputs: tuple[Array, ...], tensors: dict[str, Array]) -> Array:
    return step.layer.forward(*inputs, **tensors)


def case(kind: str, example: Example, batch: int = 1, dtype: str = "float64") -> Case:
    step = step_of(kind, example)
    inputs = tuple(within(kind, values((batch, *shape), i, dtype)) for i, shape in enumerate(step.arriving))
    tensors = drawn(step, dtype)
    return Case(step, inputs, tensors, run(step, inputs, tensors))


def examples(good: bool) -> list[Any]:
    return [
        pytest.param(kind, example, id=f"{example.yaml} on {example.arriving}")
        for kind in kinds()
        for example in find(kind).examples
        if isinstance(example.produces, tuple) == good
    ]


every_kind = pytest.mark.parametrize("kind", kinds())
RUN = examples(good=True)
every_example = pytest.mark.parametrize(("kind", "example"), RUN)
every_mistake = pytest.mark.parametrize(("kind", "example"), examples(good=False))
