"""The way back through a layer, held by every kind: a new file in `cnnspec/layers/` is tested here unnamed."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pytest
from layer_cases import RUN, Array, drawn, every_example, step_of, values, within

from cnnspec.graph.graph import Step
from cnnspec.graph.layer import Example, Layer

if TYPE_CHECKING:
    from cnnspec.graph.layer import Pullback

BATCH = 3
STEP = 0.1371
"""The arriving values are this far apart, so that no two are equal and none lies at a bend of an activation."""
OTHERWISE = ("batchnorm", "dropout", "droppath")
"""The kinds that compute something else in training."""


class Alone:
    """Training with one worker, whose random numbers can be had again."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(7)
        self.needs_input_grad = True

    def all_reduce(self, part: Array) -> Array:
        return part

    def update_buffers(self, **buffers: Array) -> None:
        pass


def arriving(step: Step, dtype: str = "float64", batch: int = BATCH) -> tuple[Array, ...]:
    """Distinct values in random order, on both sides of 0, channels last in memory."""
    random = np.random.default_rng(1)
    inputs = []
    for C, *size in step.arriving:
        count = batch * C * int(np.prod(size))
        ladder = (np.arange(count) - count // 2 + 0.37) * STEP
        ladder = within(step.kind, random.permutation(ladder))
        inputs.append(channels_last(ladder.reshape(batch, C, *size).astype(dtype)))
    return tuple(inputs)


def channels_last(x: Array) -> Array:
    return np.moveaxis(np.moveaxis(x, 1, -1).copy(), -1, 1)


def by_channel_first(x: Array) -> Array:
    return np.ascontiguousarray(x)


def like(y: Array, seed: int = 0) -> Array:
    """Random values in the shape, type and memory order of an array."""
    return channels_last(np.random.default_rng([9, seed]).normal(size=y.shape).astype(y.dtype))


def run(way: str, step: Step, inputs: tuple[Array, ...], tensors: dict[str, Array]) -> tuple[Array, Pullback]:
    if way == "vjp_training":
        return step.layer.vjp_training(Alone(), *inputs, **tensors)
    return step.layer.vjp(*inputs, **tensors)


def learned(step: Step) -> set[str]:
    return {name for name, tensor in step.tensors.items() if not tensor.buffer}


both_ways = pytest.mark.parametrize("way", ["vjp", "vjp_training"])


# What is computed


@every_example
def test_output_is_that_of_forward(kind: str, example: Example) -> None:
    step = step_of(kind, example)
    inputs, tensors = arriving(step), drawn(step)
    y, _ = step.layer.vjp(*inputs, **tensors)
    np.testing.assert_allclose(y, step.layer.forward(*inputs, **tensors), rtol=1e-12, atol=1e-12)


@every_example
@both_ways
def test_gradient_is_the_numerical_one(kind: str, example: Example, way: str) -> None:
    """Along a random direction for each input and each learned tensor: central differences of a random weighing."""
    step = step_of(kind, example)
    inputs, tensors = arriving(step), drawn(step)
    y, pull = run(way, step, inputs, tensors)
    weighing = like(y)
    dinputs, dtensors = pull(weighing.copy("K"))

    def weighed(*inputs: Array, **tensors: Array) -> float:
        return float(np.sum(weighing * run(way, step, inputs, tensors)[0]))

    for i, (x, dx) in enumerate(zip(inputs, dinputs, strict=True)):
        toward, h = like(x, 1 + i), 1e-5
        ahead, behind = (weighed(*inputs[:i], x + d * toward, *inputs[i + 1 :], **tensors) for d in (h, -h))
        assert np.sum(dx * toward) == pytest.approx((ahead - behind) / (2 * h), rel=1e-6, abs=1e-6)
    for name in learned(step):
        toward, h = values(tensors[name].shape, 11), 1e-5
        ahead, behind = (weighed(*inputs, **tensors | {name: tensors[name] + d * toward}) for d in (h, -h))
        assert np.sum(dtensors[name] * toward) == pytest.approx((ahead - behind) / (2 * h), rel=1e-6, abs=1e-6)


@every_example
@both_ways
def test_gradients_for_all_inputs_and_all_learned_tensors(kind: str, example: Example, way: str) -> None:
    step = step_of(kind, example)
    inputs, tensors = arriving(step), drawn(step)
    y, pull = run(way, step, inputs, tensors)
    dinputs, dtensors = pull(like(y))
    assert [dx.shape for dx in dinputs] == [x.shape for x in inputs]
    assert {name: d.shape for name, d in dtensors.items()} == {name: tensors[name].shape for name in learned(step)}


@pytest.mark.parametrize(("kind", "example"), [e for e in RUN if e.values[0] not in OTHERWISE])
def test_learning_is_the_same_for_the_others(kind: str, example: Example) -> None:
    step = step_of(kind, example)
    inputs, tensors = arriving(step), drawn(step)
    (y, pull), (learned_y, learned_pull) = (run(way, step, inputs, tensors) for way in ("vjp", "vjp_training"))
    np.testing.assert_array_equal(learned_y, y)
    for one, other in zip(flat(learned_pull(like(y))), flat(pull(like(y))), strict=True):
        np.testing.assert_array_equal(one, other)


@every_example
def test_gradients_by_tensors_are_the_same_where_no_layer_before_learns(kind: str, example: Example) -> None:
    step = step_of(kind, example)
    inputs, tensors = arriving(step), drawn(step)
    found = []
    for needs_input_grad in (True, False):
        context = Alone()
        context.needs_input_grad = needs_input_grad
        y, pull = step.layer.vjp_training(context, *inputs, **tensors)
        dinputs, dtensors = pull(like(y))
        assert [dx.shape for dx in dinputs] == [x.shape for x in inputs]
        found.append(dtensors)
    for name, gradient in found[0].items():
        np.testing.assert_allclose(found[1][name], gradient, rtol=1e-9, atol=1e-12)


def flat(gradients: tuple[tuple[Array, ...], dict[str, Array]]) -> list[Array]:
    dinputs, dtensors = gradients
    return [*dinputs, *(dtensors[name] for name in sorted(dtensors))]


@every_example
def test_gradients_of_a_batch_are_those_of_its_images(kind: str, example: Example) -> None:
    """By the inputs one behind another, by the tensors added up."""
    step = step_of(kind, example)
    inputs, tensors = arriving(step), drawn(step)
    y, pull = step.layer.vjp(*inputs, **tensors)
    dy = like(y)
    dinputs, dtensors = pull(dy.copy("K"))
    single = [
        step.layer.vjp(*(x[i : i + 1] for x in inputs), **tensors)[1](dy[i : i + 1].copy("K")) for i in range(BATCH)
    ]
    for i, dx in enumerate(dinputs):
        np.testing.assert_allclose(dx, np.concatenate([s[0][i] for s in single]), rtol=1e-9, atol=1e-9)
    for name, dtensor in dtensors.items():
        np.testing.assert_allclose(dtensor, sum(s[1][name] for s in single), rtol=1e-9, atol=1e-9)


# How arrays are treated


@every_example
@both_ways
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_precision_is_kept(kind: str, example: Example, way: str, dtype: str) -> None:
    step = step_of(kind, example)
    y, pull = run(way, step, arriving(step, dtype), drawn(step, dtype))
    assert [array.dtype for array in (y, *flat(pull(like(y))))] == [dtype] * (
        1 + len(step.arriving) + len(learned(step))
    )


@every_example
@both_ways
def test_float32_is_near_float64(kind: str, example: Example, way: str) -> None:
    step = step_of(kind, example)
    found = {}
    for dtype in ("float32", "float64"):
        y, pull = run(way, step, arriving(step, dtype), drawn(step, dtype))
        found[dtype] = [y, *flat(pull(like(y.astype("float64")).astype(dtype)))]
    for single, double in zip(found["float32"], found["float64"], strict=True):
        np.testing.assert_allclose(single, double, rtol=1e-4, atol=1e-5 * max(1.0, abs(double).max()))


@every_example
@both_ways
def test_nothing_given_is_changed_and_gradients_are_free_to_spoil(kind: str, example: Example, way: str) -> None:
    """A later pull may still need what one is not given to spoil; each gradient goes on to another."""
    step = step_of(kind, example)
    given = [*(inputs := arriving(step)), *(tensors := drawn(step)).values()]
    before = [array.copy() for array in given]
    for array in given:
        array.flags.writeable = False
    y, pull = run(way, step, inputs, tensors)
    produced = y.copy()
    gradients = flat(pull(like(y)))
    for i, gradient in enumerate(gradients):
        gradient += 1.0
        assert not any(np.shares_memory(gradient, other) for other in gradients[i + 1 :])
    for array, kept in zip([*given, y], [*before, produced], strict=True):
        np.testing.assert_array_equal(array, kept)


@every_example
@both_ways
def test_order_in_memory_changes_nothing(kind: str, example: Example, way: str) -> None:
    step = step_of(kind, example)
    tensors = drawn(step)
    y, pull = run(way, step, arriving(step), tensors)
    first_y, first_pull = run(way, step, tuple(map(by_channel_first, arriving(step))), tensors)
    np.testing.assert_allclose(first_y, y, rtol=1e-12, atol=1e-12)
    for one, other in zip(flat(first_pull(by_channel_first(like(y)))), flat(pull(like(y))), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@every_example
@both_ways
def test_channels_stay_last(kind: str, example: Example, way: str) -> None:
    step = step_of(kind, example)
    y, _ = run(way, step, arriving(step), drawn(step))
    assert np.moveaxis(y, 1, -1).flags.c_contiguous


# What is kept


@every_example
def test_keeps_what_it_says(kind: str, example: Example) -> None:
    """Measured for two batches: what the second holds more is what each of its further inputs takes."""
    step = step_of(kind, example)
    said = step.layer.saved_for_backward(*step.arriving)
    own = []
    for batch in (2, 4):
        inputs = arriving(step, "float32", batch)
        y, pull = step.layer.vjp_training(Alone(), *inputs, **drawn(step, "float32"))
        held = {id(array): array for array in arrays(pull)}
        arrived = [held.pop(id(owner(x)), None) is not None for x in inputs]
        produced = held.pop(id(owner(y)), None) is not None
        assert any(arrived) == said.inputs
        assert produced == said.output
        own.append(sum(array.nbytes for array in held.values()))
    assert (own[1] - own[0]) / 2 == said.own


def arrays(root: object) -> Iterator[Array]:
    """The owners of all memory that an object holds on to."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        found = waiting.pop()
        if id(found) in seen or isinstance(found, type | ModuleType | Layer):
            continue
        seen.add(id(found))
        if isinstance(found, np.ndarray):
            yield owner(found)
        elif isinstance(found, FunctionType):
            waiting += [cell.cell_contents for cell in found.__closure__ or ()]
            waiting += found.__defaults__ or ()
        else:
            waiting += gc.get_referents(found)


def owner(array: Array) -> Array:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
