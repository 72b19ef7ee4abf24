"""Training by another backend: the same steps but for rounding, and a run keeps the one that it was begun with."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import call
from numpy.typing import NDArray
from trainers import graph

import cnnspec
from cnnspec.diagnostics import TrainingError
from cnnspec.engine.backend import UnknownBackendError
from cnnspec.engine.backends.numba.training import calls
from cnnspec.graph.array import Array
from cnnspec.kernels.training import updates
from cnnspec.kernels.training.updates import Update
from cnnspec.language.sections.train import Train
from cnnspec.train.flat_parameters import FlatParameters
from cnnspec.train.optimizers import Optimizer
from cnnspec.train.trainer import Trainer
from cnnspec.weights import initial

NETWORK = """
name: All kinds with kernels of their own
input: {C: 3, H: 9, W: 8}
layers:
  - conv: {F: 3, K: 10, P: same, bias: false}
  - batchnorm
  - relu
  - conv: {F: 3, K: 10, G: 10, S: 2, P: 1}
  - relu6
  - conv: {F: 1, K: 6, G: 2}
  - deconv: {F: 2, K: 5, S: 2}
  - maxpool: {F: 2}
  - batchnorm: {affine: false}
  - flatten
  - batchnorm
  - dense: {K: 4}
"""


def trainer(backend: str, dtype: str = "float32", workers: int = 1, **given: Any) -> Trainer:
    network = graph(NETWORK)
    tensors = {name: array.astype(dtype) for name, array in initial(network.tensors, "he", 0).items()}
    return Trainer(network, Train(**{"optimizer": "sgd", **given}), tensors, workers, backend=backend)


def batch(dtype: str = "float32") -> tuple[Array, NDArray[np.int64]]:
    random = np.random.default_rng(0)
    return random.standard_normal((6, 3, 9, 8)).astype(dtype), random.integers(0, 4, 6)


def steps(backend: str, dtype: str = "float32", workers: int = 1) -> tuple[list[float], dict[str, Array]]:
    x, y = batch(dtype)
    learner = trainer(backend, dtype, workers)
    losses = [learner.step(x, y, 0.05).loss for _ in range(4)]
    return losses, learner.tensors


def test_steps_are_those_of_numpy_but_for_rounding() -> None:
    losses, tensors = steps("numba")
    exact, wanted = steps("numpy", "float64")
    np.testing.assert_allclose(losses, exact, rtol=1e-4)
    for name, found in tensors.items():
        np.testing.assert_allclose(found, wanted[name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_kernels_are_really_used() -> None:
    assert not all(
        np.array_equal(a, b) for a, b in zip(steps("numba")[1].values(), steps("numpy")[1].values(), strict=True)
    )


def test_the_same_bytes_come_out_for_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    losses, first = steps("numba")
    monkeypatch.setattr(calls, "WORTH", 1e-9)
    again, second = steps("numba", workers=3)
    assert losses == again
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])


@pytest.mark.parametrize(
    "given",
    [
        {"momentum": 0.0},
        {"momentum": 0.0, "decay": 0.1, "clip": 0.01},
        {"momentum": 0.8},
        {"decay": 0.1, "nesterov": True, "clip": 0.01},
        {"optimizer": "adam"},
        {"optimizer": "adam", "decay": 0.1, "betas": (0.8, 0.95), "eps": 1e-4, "clip": 0.01},
        {"optimizer": "adamw", "decay": 0.1},
    ],
    ids=str,
)
@pytest.mark.parametrize("workers", [1, 2])
def test_weights_move_as_by_numpy(given: dict[str, Any], workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Along the same gradients; and a run's state is either's."""
    monkeypatch.setattr(calls, "WORTH", 1e-9)
    x, y = batch()
    ours, theirs = (trainer(backend, workers=workers, **given) for backend in ("numba", "numpy"))
    settings, clip = ours.settings, ours.settings.clip or inf
    exact = Optimizer(settings, FlatParameters(ours.weights.shapes, np.float64))
    exact.weights.whole[...] = ours.weights.whole
    for _ in range(4):
        found = ours.vjp(x, y).gradient_norm
        gradient = ours.gradients[0].whole.astype(float)
        norm = float(np.linalg.norm(gradient))
        assert found == pytest.approx(norm, rel=1e-6)
        theirs.vjp(x, y)
        theirs.gradients[0].whole[...] = gradient
        theirs.optimizer.restore(ours.optimizer.state())
        theirs.weights.whole[...] = ours.weights.whole
        ours.move(0.05)
        theirs.move(0.05)
        exact.begin(0.05, min(1, clip / (norm + 1e-6))).move(*exact.moving(slice(None), gradient))
        for name, wanted in exact.weights.named.items():
            np.testing.assert_allclose(ours.tensors[name], wanted, rtol=1e-5, atol=1e-6, err_msg=name)
            np.testing.assert_allclose(ours.tensors[name], theirs.tensors[name], rtol=1e-5, atol=1e-6, err_msg=name)
        for name, array in exact.state().items():
            np.testing.assert_allclose(ours.optimizer.state()[name], array, rtol=1e-5, atol=1e-6, err_msg=name)


def test_weights_are_really_moved_by_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    learner = trainer("numba")
    x, y = batch()
    monkeypatch.setattr(Update, "move", lambda *_: pytest.fail("NumPy's"))
    monkeypatch.setattr(updates, "squared_norm", lambda _: pytest.fail("NumPy's"))
    before = learner.weights.whole.copy()
    assert learner.step(x, y, 0.05).is_finite
    assert (learner.weights.whole != before).any()


def test_what_is_not_float32_is_numpys() -> None:
    losses, tensors = steps("numba", "float64")
    exact, wanted = steps("numpy", "float64")
    assert losses == exact
    for name in wanted:
        np.testing.assert_array_equal(tensors[name], wanted[name])


def test_a_backend_that_there_is_not() -> None:
    with pytest.raises(UnknownBackendError):
        trainer("cupy")


def test_a_run_goes_on_with_its_backend(folder: Path) -> None:
    run = ("train", "net.yaml", "--threads", "1", "--set", "train.epochs=1")
    whole = call(*run, "--backend", "numba", "--set", "train.epochs=2", "-o", "whole.safetensors")
    assert whole.code == 0, whole.err
    assert call(*run, "--backend", "numba").code == 0
    more = ("--resume", "--set", "train.epochs=2")
    refused = call(*run, *more)
    assert refused.code == 1
    assert "it had the backend numba, has numpy" in " ".join(refused.err.split())
    assert call(*run, *more, "--backend", "numba").code == 0


def test_from_python_a_run_goes_on_with_its_backend(folder: Path) -> None:
    spec = cnnspec.load("net.yaml")
    output, kept = "net.safetensors", "net.checkpoint.safetensors"
    spec.train(output=output, checkpoint=kept, threads=1, backend="numba", epochs=1)
    with pytest.raises(TrainingError, match="backend"):
        spec.train(output=output, checkpoint=kept, threads=1, resume=True, epochs=2)
