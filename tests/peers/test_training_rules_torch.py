"""Losses, optimizers and schedules against PyTorch's, in float64 over many steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnspec.language.sections.train import Train
from cnnspec.train.flat_parameters import FlatParameters
from cnnspec.train.losses import binary_cross_entropy, class_weights, cross_entropy, mean_squared_error, measure
from cnnspec.train.optimizers import Optimizer
from cnnspec.train.schedules import rate

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.peers

Array = NDArray[np.floating[Any]]
SHAPES = {"conv.weight": (4, 3, 2, 2), "conv.bias": (4,), "dense.weight": (5, 7)}
STEPS = 60


def sgd(**given: Any) -> tuple[Train, Any]:
    def make(weights: Any) -> Any:
        return torch.optim.SGD(weights, 0.01, given["momentum"], 0, given.get("decay", 0), given.get("nesterov", False))

    return Train(optimizer="sgd", **given), make


def adam(kind: Any, **given: Any) -> tuple[Train, Any]:
    def make(weights: Any) -> Any:
        peer = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[kind]
        betas, eps = given.get("betas", (0.9, 0.999)), given.get("eps", 1e-8)
        return peer(weights, 0.01, betas, eps, given.get("decay", 0.0))

    return Train(optimizer=kind, **given), make


@pytest.mark.parametrize(
    ("settings", "make"),
    [
        sgd(momentum=0.0),
        sgd(momentum=0.0, decay=0.1),
        sgd(momentum=0.9),
        sgd(momentum=0.8, decay=0.01),
        sgd(momentum=0.9, nesterov=True, decay=0.01),
        adam("adam"),
        adam("adam", decay=0.1, betas=(0.8, 0.95), eps=1e-4),
        adam("adamw"),
        adam("adamw", decay=0.1),
    ],
)
def test_optimizer(settings: Train, make: Any) -> None:
    """The same weights after many steps whose gradients hang on them, with a rate that changes."""
    random = np.random.default_rng(0)
    weights = FlatParameters(SHAPES, np.float64)
    weights.whole[...] = random.standard_normal(weights.whole.size)
    theirs = {name: torch.tensor(array, requires_grad=True) for name, array in weights.named.items()}
    ours, peer = Optimizer(settings, weights), make(theirs.values())
    pieces = [slice(0, 30), slice(30, None)]
    for step in range(STEPS):
        changing = 0.01 / (1 + step)
        gradient = random.standard_normal(weights.whole.size) + weights.whole
        given = FlatParameters(SHAPES, np.float64)
        given.whole[...] = gradient
        update = ours.begin(changing)
        for piece in pieces:
            update.move(*ours.moving(piece, gradient[piece].copy()))
        for name, tensor in theirs.items():
            tensor.grad = torch.tensor(given.named[name])
        peer.param_groups[0]["lr"] = changing
        peer.step()
        for name, tensor in theirs.items():
            np.testing.assert_allclose(weights.named[name], tensor.detach().numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("shape", [(6, 5), (4, 3, 2, 5), (3, 4, 1, 1)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("size", [1.0, 100.0])
def test_cross_entropy(shape: tuple[int, ...], smoothing: float, size: float) -> None:
    random = np.random.default_rng(1)
    scores, labels = size * random.standard_normal(shape), random.integers(0, shape[1], (shape[0], *shape[2:]))
    peer = torch.tensor(scores, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(peer, torch.tensor(labels), label_smoothing=smoothing)
    loss.backward()
    before = scores.copy()
    found = cross_entropy(scores, labels, len(scores), smoothing)
    np.testing.assert_array_equal(scores, before)
    assert found.value == pytest.approx(loss.item(), rel=1e-12)
    assert found.correct == int((peer.argmax(1) == torch.tensor(labels)).sum())
    np.testing.assert_allclose(found.gradient, peer.grad.numpy(), atol=1e-14)


def test_mean_squared_error() -> None:
    random = np.random.default_rng(2)
    outputs, targets = random.standard_normal((2, 4, 3, 5, 2)), random.standard_normal((4, 3, 5, 2))
    peer = torch.tensor(outputs[0], requires_grad=True)
    loss = torch.nn.functional.mse_loss(peer, torch.tensor(targets))
    loss.backward()
    found = mean_squared_error(outputs[0], targets, 4)
    assert found.value == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(found.gradient, peer.grad.numpy(), rtol=1e-12)


EPOCHS, EACH = 12, 7


def rates(settings: Train) -> list[float]:
    return [rate(settings, step, EACH) for step in range(EPOCHS * EACH)]


def peer_rates(make: Any, epochs: bool = False) -> list[float]:
    """What a scheduler of PyTorch gives, which is told of every step, or of every epoch."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.5)
    scheduler = make(optimizer)
    found = []
    for step in range(EPOCHS * EACH):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if not epochs or (step + 1) % EACH == 0:
            scheduler.step()
    return found


def settings(**given: Any) -> Train:
    return Train(rate=0.5, epochs=EPOCHS, **given)


def test_schedules() -> None:
    peer = torch.optim.lr_scheduler
    total = EPOCHS * EACH
    cases: list[tuple[dict[str, Any], Any, bool]] = [
        ({"schedule": "constant"}, lambda o: peer.ConstantLR(o, 1.0), False),
        ({"schedule": "step", "every": 4, "factor": 0.3}, lambda o: peer.StepLR(o, 4, 0.3), True),
        ({"schedule": "cosine"}, lambda o: peer.CosineAnnealingLR(o, total), False),
        ({"schedule": "one-cycle"}, lambda o: peer.OneCycleLR(o, 0.5, total, cycle_momentum=False), False),
        ({"warmup": 2}, lambda o: peer.LinearLR(o, 1 / (2 * EACH), 1.0, 2 * EACH - 1), False),
    ]
    for given, make, epochs in cases:
        assert rates(settings(**given)) == pytest.approx(peer_rates(make, epochs), rel=1e-9, abs=1e-12)


def test_warmup_then_cosine() -> None:
    warm = EACH * 2

    def make(optimizer: Any) -> Any:
        peer = torch.optim.lr_scheduler
        rising = peer.LinearLR(optimizer, 1 / warm, 1.0, warm - 1)
        return peer.SequentialLR(optimizer, [rising, peer.CosineAnnealingLR(optimizer, EPOCHS * EACH - warm)], [warm])

    assert rates(settings(schedule="cosine", warmup=2)) == pytest.approx(peer_rates(make), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("shape", [(6, 5), (4, 3, 2, 5), (3, 4, 1, 1)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_weights_of_classes(shape: tuple[int, ...], smoothing: float) -> None:
    """Of a batch in two parts, as two workers have it."""
    random = np.random.default_rng(2)
    scores, labels = random.standard_normal(shape), random.integers(0, shape[1], (shape[0], *shape[2:]))
    weights = random.uniform(0.1, 5, shape[1])
    peer = torch.tensor(scores, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(
        peer, torch.tensor(labels), weight=torch.tensor(weights), label_smoothing=smoothing
    )
    loss.backward()
    settings = Train(smoothing=smoothing, class_weights=tuple(weights))
    measured = measure(settings, labels, class_weights(settings, labels, shape[1]))
    parts = [measured(scores[part], labels[part], len(scores)) for part in (slice(0, 1), slice(1, None))]
    assert sum(part.value for part in parts) == pytest.approx(float(loss.detach()), rel=1e-12)
    found = np.concatenate([part.gradient for part in parts])
    np.testing.assert_allclose(found, peer.grad.numpy(), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("shape", [(6, 5), (4, 3, 2, 5), (7, 1)])
@pytest.mark.parametrize("size", [1.0, 100.0, 1000.0])
def test_binary_cross_entropy(shape: tuple[int, ...], size: float) -> None:
    random = np.random.default_rng(3)
    scores, targets = size * random.standard_normal(shape), random.integers(0, 2, shape)
    peer = torch.tensor(scores, requires_grad=True)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(peer, torch.tensor(targets, dtype=torch.float64))
    loss.backward()
    before = scores.copy()
    parts = [binary_cross_entropy(scores[part], targets[part], len(scores)) for part in (slice(0, 2), slice(2, None))]
    np.testing.assert_array_equal(scores, before)
    assert sum(part.value for part in parts) == pytest.approx(float(loss.detach()), rel=1e-12)
    np.testing.assert_allclose(
        np.concatenate([part.gradient for part in parts]), peer.grad.numpy(), rtol=1e-10, atol=1e-15
    )
    assert sum(part.correct for part in parts) == int(((scores > 0) == (targets == 1)).sum())


def test_cross_entropy_goes_through_a_last_sigmoid() -> None:
    """It is no part of the loss: PyTorch's CrossEntropyLoss of its outputs, and a step by their gradients."""
    from trainers import drawn, graph, trainer

    text = "input: {C: 1, H: 3, W: 3}\nlayers: [flatten, {dense: {K: 3}, name: fc}, sigmoid]\n"
    ours = trainer(text, optimizer="sgd", momentum=0.0)
    x = np.random.default_rng(4).standard_normal((8, 1, 3, 3))
    y = np.arange(8) % 3
    start = drawn(graph(text))
    theirs = {name: torch.tensor(array, requires_grad=True) for name, array in start.items()}
    scores = torch.sigmoid(torch.tensor(x.reshape(8, 9)) @ theirs["fc.weight"].T + theirs["fc.bias"])
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(y))
    loss.backward()
    found = ours.step(x, y, 0.1)
    assert found.loss == pytest.approx(float(loss.detach()), rel=1e-12)
    for name, tensor in theirs.items():
        np.testing.assert_allclose(ours.tensors[name], start[name] - 0.1 * tensor.grad.numpy(), rtol=1e-10, atol=1e-14)
