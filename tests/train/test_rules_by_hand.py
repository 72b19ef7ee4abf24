"""Losses, optimizers and schedules by hand: what their formulas give on paper."""

from __future__ import annotations

from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnspec.language.sections.train import Train
from cnnspec.train.flat_parameters import FlatParameters
from cnnspec.train.losses import Loss, cross_entropy, mean_squared_error
from cnnspec.train.optimizers import Optimizer
from cnnspec.train.schedules import rate


def optimizer(weight: float = 1.0, **given: Any) -> Optimizer:
    weights = FlatParameters({"w": (1,)}, np.float64)
    weights.whole[...] = weight
    return Optimizer(Train(**given), weights)


def after(rule: Optimizer, *gradients: float, rate: float = 0.1) -> float:
    for gradient in gradients:
        rule.begin(rate).move(*rule.moving(slice(None), np.array([gradient])))
    return float(rule.weights.whole[0])


def test_sgd() -> None:
    assert after(optimizer(optimizer="sgd", momentum=0.0), 2.0, 3.0) == pytest.approx(1 - 0.2 - 0.3)
    assert after(optimizer(optimizer="sgd", momentum=0.5), 2.0, 3.0) == pytest.approx(1 - 0.2 - 0.1 * (3 + 1))
    looks_ahead = optimizer(optimizer="sgd", momentum=0.5, nesterov=True)
    assert after(looks_ahead, 2.0) == pytest.approx(1 - 0.1 * (2 + 0.5 * 2))
    assert after(optimizer(optimizer="sgd", momentum=0.0, decay=0.5), 2.0) == pytest.approx(1 - 0.1 * 2.5)


def test_adam_steps_by_the_rate_at_first() -> None:
    for gradient in (1e-3, 5.0, -5.0):
        moved = after(optimizer(), gradient) - 1
        assert moved == pytest.approx(-0.1 * np.sign(gradient), rel=1e-4)


def test_adam_by_hand() -> None:
    m, v = 0.1 * 2, 0.001 * 4
    m, v = 0.9 * m + 0.1 * 3, 0.999 * v + 0.001 * 9
    second = 0.1 * (m / (1 - 0.9**2)) / (sqrt(v / (1 - 0.999**2)) + 1e-8)
    assert after(optimizer(), 2.0, 3.0) == pytest.approx(1 - 0.1 - second, rel=1e-7)


def test_decay_is_apart_from_the_gradient_in_adamw_alone() -> None:
    assert after(optimizer(optimizer="adamw", decay=0.5), 0.0) == pytest.approx(1 - 0.1 * 0.5)
    assert after(optimizer(optimizer="adam", decay=0.5), 0.0) == pytest.approx(1 - 0.1)


@pytest.mark.parametrize("given", [{"optimizer": "sgd"}, {"optimizer": "sgd", "momentum": 0.0}, {"optimizer": "adamw"}])
def test_optimizer_goes_on_from_its_state(given: dict[str, Any]) -> None:
    unbroken = optimizer(**given)
    expected = after(unbroken, 1.0, 2.0, 3.0)
    first = optimizer(**given)
    weight = after(first, 1.0, 2.0)
    second = optimizer(weight, **given)
    second.restore({name: array.copy() for name, array in first.state().items()})
    assert after(second, 3.0) == expected
    assert {name: array.tolist() for name, array in second.state().items()} == {
        name: array.tolist() for name, array in unbroken.state().items()
    }


def test_cross_entropy_by_hand() -> None:
    scores = np.array([[log(2.0), 0.0, 0.0]])
    found = cross_entropy(scores, np.array([0]), 1)
    assert found.value == pytest.approx(log(2))
    np.testing.assert_allclose(found.gradient, [[0.5 - 1, 0.25, 0.25]])
    smoothed = cross_entropy(scores, np.array([0]), 1, 0.3)
    assert smoothed.value == pytest.approx(0.8 * log(2) + 0.2 * log(4))
    np.testing.assert_allclose(smoothed.gradient, [[0.5 - 0.8, 0.25 - 0.1, 0.25 - 0.1]], atol=1e-15)


def test_cross_entropy_of_huge_scores() -> None:
    found = cross_entropy(np.array([[1e4, 0.0], [0.0, 1e4]], np.float32), np.array([0, 0]), 2)
    assert found.value == pytest.approx(5e3)
    assert found.correct == 1
    assert found.gradient.dtype == np.float32
    np.testing.assert_allclose(found.gradient, [[0.0, 0.0], [-0.5, 0.5]])


def parts(measure: Any, outputs: NDArray[np.float64], y: NDArray[Any]) -> Loss:
    """The loss of a batch whose two parts are measured apart."""
    found = [measure(outputs[part], y[part], len(y)) for part in (slice(0, 2), slice(2, None))]
    return Loss(
        sum(part.value for part in found),
        sum(part.correct for part in found),
        np.concatenate([part.gradient for part in found]),
    )


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 2, 3)])
def test_parts_of_a_batch_add_up(shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(0)
    outputs, labels = random.standard_normal(shape), random.integers(0, 4, (5, *shape[2:]))
    cases: list[tuple[Any, NDArray[Any]]] = [
        (cross_entropy, labels),
        (mean_squared_error, random.standard_normal(shape)),
    ]
    for measure, y in cases:
        whole, split = measure(outputs, y, 5), parts(measure, outputs, y)
        assert split.value == pytest.approx(whole.value)
        assert split.correct == whole.correct
        np.testing.assert_allclose(split.gradient, whole.gradient)


def test_mean_squared_error_by_hand() -> None:
    found = mean_squared_error(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [2.0, 4.0]]), 2)
    assert found.value == (4 + 1) / 4
    np.testing.assert_allclose(found.gradient, [[0.0, 1.0], [0.5, 0.0]])


def test_mean_squared_error_of_labels() -> None:
    outputs = np.array([[1.0, 0.0], [1.0, 0.0]])
    found = mean_squared_error(outputs, np.array([0, 1]), 2)
    assert (found.value, found.correct) == ((1 + 1) / 4, 1)


def test_schedules_by_hand() -> None:
    def rates(**given: Any) -> list[float]:
        settings = Train(rate=1.0, epochs=4, **given)
        return [rate(settings, step, 2) for step in range(8)]

    assert rates() == [1.0] * 8
    assert rates(schedule="step", every=2, factor=0.5) == [1.0] * 4 + [0.5] * 4
    assert rates(warmup=2.0) == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert rates(schedule="cosine")[::4] == pytest.approx([1.0, 0.5])
    cycle = rates(schedule="one-cycle")
    assert cycle[0] == pytest.approx(1 / 25)
    assert cycle[-1] == pytest.approx(1 / 250_000)
    assert all(0 < one <= 1 for one in cycle)


@pytest.mark.parametrize("schedule", ["constant", "step", "cosine", "one-cycle"])
@pytest.mark.parametrize(("epochs", "steps"), [(1, 1), (1, 2), (2, 1), (1, 4)])
def test_schedules_of_few_steps(schedule: Any, epochs: int, steps: int) -> None:
    settings = Train(schedule=schedule, epochs=epochs, rate=0.1)
    assert all(0 < rate(settings, step, steps) <= 0.1 + 1e-12 for step in range(epochs * steps))


def test_gradient_of_cross_entropy_adds_up_to_zero() -> None:
    found = cross_entropy(np.array([[1.0, 2.0, 3.0]]), np.array([1]), 1, 0.2)
    assert abs(found.gradient.sum()) < 1e-15
    total = sum(map(exp, (1, 2, 3)))
    assert found.gradient[0, 1] == pytest.approx(exp(2) / total - 0.8 - 0.2 / 3)
